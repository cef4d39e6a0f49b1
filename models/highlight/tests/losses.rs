//! Losses against values of an independent implementation (`tools/golden/losses.py`), against the published
//! losses' own values where `KAIROS_SHARED` names the reference data, and against finite differences.

use candle_core::{DType, Device, Tensor, Var};
use kairos_highlight::losses::{
    AlignmentKeys, Difference, Positive, alignment_loss, binary_cross_entropy, border_aware_pairwise,
    cosine_distance, first_difference, listwise_cross_entropy, live_mean, soft_dtw,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Values {
    alignment: Vec<Alignment>,
    border_aware_pairwise: Vec<Pairwise>,
}

#[derive(Deserialize)]
struct Alignment {
    text: Vec<Vec<f64>>,
    frames: Vec<Vec<f64>>,
    row_orders: Vec<Vec<usize>>,
    swap: Option<(usize, usize)>,
    soft_dtw: Vec<f64>,
    loss: f64,
    swapped_loss: Option<f64>,
}

#[derive(Deserialize)]
struct Pairwise {
    labels: Vec<Vec<f64>>,
    scores: Vec<Vec<f64>>,
    loss: f64,
    gradient: Vec<Vec<f64>>,
}

fn matrix(rows: &[Vec<f64>]) -> Tensor {
    Tensor::from_vec(rows.concat(), (rows.len(), rows[0].len()), &Device::Cpu).expect("rectangular")
}

fn number(tensor: &Tensor) -> f64 {
    tensor.to_dtype(DType::F64).expect("op").to_scalar().expect("a scalar")
}

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "got {got}, want {want}");
}

fn check(values: &Values, tolerance: f64) {
    for case in &values.alignment {
        let (text, frames) = (matrix(&case.text), matrix(&case.frames));
        let keys = AlignmentKeys { orders: case.row_orders.clone(), swap: case.swap.unwrap_or((0, 1)) };
        let distance = cosine_distance(&text, &frames).expect("same width");
        for (order, &want) in case.row_orders.iter().zip(&case.soft_dtw) {
            let order: Vec<u32> = order.iter().map(|&at| at as u32).collect();
            let order = Tensor::new(order, &Device::Cpu).expect("new");
            let key = distance.index_select(&order, 0).expect("rows").unsqueeze(0).expect("op");
            let value = soft_dtw(&key, 0.1).expect("finite").get(0).expect("one");
            close(number(&value), want, tolerance);
        }
        let loss = |positive| number(&alignment_loss(&text, &frames, &keys, positive).expect("fits"));
        close(loss(Positive::Plain), case.loss, tolerance);
        if let Some(want) = case.swapped_loss {
            close(loss(Positive::Swapped), want, tolerance);
        }
    }
    for case in &values.border_aware_pairwise {
        let scores = Var::from_tensor(&matrix(&case.scores)).expect("new");
        let loss = border_aware_pairwise(&scores, &case.labels.concat()).expect("fits");
        close(number(&loss), case.loss, tolerance);
        let gradients = loss.backward().expect("differentiable");
        let slopes: Vec<Vec<f64>> = gradients.get(&scores).expect("pairs exist").to_vec2().expect("f64");
        for (got, want) in slopes.concat().iter().zip(case.gradient.concat()) {
            close(*got, want, tolerance);
        }
    }
}

#[test]
fn losses_agree_with_the_independent_implementation() {
    let text = include_str!("fixtures/losses.json");
    check(&serde_json::from_str(text).expect("the fixture is what the tool wrote"), 1e-9);
}

#[test]
fn losses_agree_with_the_published_values() {
    let Some(folder) = std::env::var_os("KAIROS_SHARED") else {
        eprintln!("skipped: KAIROS_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("data/golden/highlight_losses.json");
    let text = std::fs::read_to_string(path).expect("the reference data holds the published losses");
    check(&serde_json::from_str(&text).expect("its format is known"), 1e-6);
}

fn random(rows: usize, cols: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..rows * cols).map(|_| random.random_range(-1.5..1.5)).collect()
}

/// Compares the gradient at every value with the slope of the loss there.
fn check_slopes(values: &[f64], shape: (usize, usize), loss: impl Fn(&Tensor) -> Tensor) {
    let at = |values: &[f64]| Tensor::from_slice(values, shape, &Device::Cpu).expect("fits");
    let variable = Var::from_tensor(&at(values)).expect("new");
    let gradients = loss(&variable).backward().expect("differentiable");
    let slopes: Vec<f64> =
        gradients.get(&variable).expect("used").flatten_all().expect("op").to_vec1().expect("f64");
    for (place, &slope) in slopes.iter().enumerate() {
        let moved = |by: f64| {
            let mut values = values.to_vec();
            values[place] += by;
            number(&loss(&at(&values)))
        };
        close(slope, (moved(1e-5) - moved(-1e-5)) / 2e-5, 1e-6);
    }
}

#[test]
fn gradients_are_the_slopes() {
    let (n, d) = (6, 4);
    let frames = Tensor::from_vec(random(n, d, 2), (n, d), &Device::Cpu).expect("fits");
    let similarity: Vec<f64> = random(n, n, 5);
    let keys =
        (0..).find_map(|seed| AlignmentKeys::draw(&similarity, n, &mut ChaCha8Rng::seed_from_u64(seed)));
    let keys = keys.expect("seven of 720 permutations rarely repeat");
    for positive in [Positive::Plain, Positive::Swapped] {
        check_slopes(&random(n, d, 1), (n, d), |text| {
            alignment_loss(text, &frames, &keys, positive).expect("fits")
        });
    }
    let labels: Vec<f64> =
        random(2, 5, 3).iter().map(|x| if *x < -1.0 { f64::NAN } else { x.abs().min(1.0) }).collect();
    check_slopes(&random(2, 5, 4), (2, 5), |x| binary_cross_entropy(x, &labels).expect("fits"));
    check_slopes(&random(2, 5, 6), (2, 5), |x| border_aware_pairwise(x, &labels).expect("fits"));
    check_slopes(&random(2, 5, 7), (2, 5), |x| listwise_cross_entropy(x, &labels).expect("fits"));
    for kind in [Difference::Squared, Difference::Absolute] {
        check_slopes(&random(2, 5, 8), (2, 5), |x| first_difference(x, &labels, kind).expect("fits"));
    }
    let scores: Vec<f64> = random(2, 5, 9).iter().map(|x| 0.5 + x / 4.0).collect();
    check_slopes(&scores, (2, 5), |x| live_mean(x, &labels, &[0.3, 0.8]).expect("fits"));
}

#[test]
fn optional_losses_have_the_values_worked_out_by_hand() {
    let scores = Tensor::new(&[[0.2_f64, 0.8, 0.3], [0.4, 0.1, 0.9]], &Device::Cpu).expect("new");
    // Row 1: targets softmax(0, 5), scores softmax(1, 4). Row 2 has one label: no list, no difference.
    let labels = [0.0, 1.0, f64::NAN, f64::NAN, 0.5, f64::NAN];
    let e = f64::exp;
    let target = 1.0 / (1.0 + e(5.0));
    let want = target * (1.0 + e(3.0)).ln() + (1.0 - target) * (1.0 + e(-3.0)).ln();
    close(number(&listwise_cross_entropy(&scores, &labels).expect("fits")), want, 1e-12);
    close(want, 0.068_665_904, 1e-9);
    // The score rises by 0.6, the label by 1.
    let difference = |kind| number(&first_difference(&scores, &labels, kind).expect("fits"));
    close(difference(Difference::Squared), 0.16, 1e-12);
    close(difference(Difference::Absolute), 0.4, 1e-12);
    // Mean scores of labelled units are 0.5 and 0.1, the rooms' means 0.25 and 0.5.
    let want = (2.0_f64.ln() - 0.5 * 0.1_f64.ln() - 0.5 * 0.9_f64.ln()) / 2.0;
    close(number(&live_mean(&scores, &labels, &[0.25, 0.5]).expect("fits")), want, 1e-12);
}

#[test]
fn optional_losses_are_least_where_scores_are_labels() {
    let labels = [0.1, 0.9, 0.4, 0.3];
    let right = Tensor::new(&[labels], &Device::Cpu).expect("new");
    let wrong = Tensor::new(&[[0.9_f64, 0.1, 0.4, 0.8]], &Device::Cpu).expect("new");
    let losses = |scores: &Tensor| {
        [
            number(&listwise_cross_entropy(scores, &labels).expect("fits")),
            number(&first_difference(scores, &labels, Difference::Squared).expect("fits")),
            number(&live_mean(scores, &labels, &[0.425]).expect("fits")),
        ]
    };
    for (right, wrong) in losses(&right).into_iter().zip(losses(&wrong)) {
        assert!(right < wrong - 1e-3, "{right} {wrong}");
    }
}

#[test]
fn keys_are_eight_distinct_orders_or_none() {
    let similarity = vec![0.0; 64];
    let mut drawn = 0;
    for seed in 0..50 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        assert_eq!(AlignmentKeys::draw(&similarity[..9], 3, &mut random), None);
        let Some(keys) = AlignmentKeys::draw(&similarity, 8, &mut random) else { continue };
        drawn += 1;
        assert_eq!((keys.orders.len(), &keys.orders[0]), (8, &(0..8).collect::<Vec<_>>()));
        let mut negatives = keys.orders[1..].to_vec();
        negatives.sort();
        negatives.dedup();
        assert_eq!(negatives.len(), 7);
        assert!(keys.swap.0 < keys.swap.1 && keys.swap.1 < 8);
    }
    assert!(drawn > 45, "{drawn}");
}

#[test]
fn likely_pairs_are_swapped_most() {
    let mut similarity = vec![0.0; 36];
    similarity[6 + 4] = 1.0;
    let keys =
        (0..40).filter_map(|seed| AlignmentKeys::draw(&similarity, 6, &mut ChaCha8Rng::seed_from_u64(seed)));
    let swaps: Vec<(usize, usize)> = keys.map(|keys| keys.swap).collect();
    assert!(swaps.iter().filter(|&&swap| swap == (1, 4)).count() * 10 > swaps.len() * 9, "{swaps:?}");
}

#[test]
fn nothing_to_learn_from_is_zero() {
    let scores = Tensor::new(&[[0.1_f64, 0.9]], &Device::Cpu).expect("new");
    for labels in [[f64::NAN, 0.5], [0.5, 0.5], [-1.0, -1.0], [0.5, 1.0]] {
        assert_eq!(number(&border_aware_pairwise(&scores, &labels).expect("fits")), 0.0, "{labels:?}");
    }
    assert_eq!(number(&binary_cross_entropy(&scores, &[f64::NAN; 2]).expect("fits")), 0.0);
    assert!(binary_cross_entropy(&scores, &[0.0]).is_err());
    let none = [f64::NAN; 2];
    assert_eq!(number(&listwise_cross_entropy(&scores, &none).expect("fits")), 0.0);
    assert_eq!(number(&first_difference(&scores, &none, Difference::Squared).expect("fits")), 0.0);
    assert_eq!(number(&live_mean(&scores, &none, &[0.5]).expect("fits")), 0.0);
    assert!(listwise_cross_entropy(&scores, &[0.0]).is_err());
    assert!(first_difference(&scores, &[0.0], Difference::Squared).is_err());
    assert!(live_mean(&scores, &[0.0; 2], &[]).is_err());
}
