//! Calibration against values worked out by hand, and the pictures of it.

use crate::close;
use kairos_training::metrics::{
    Binning, ReliabilityBin, brier_score, expected_calibration_error, log_loss, reliability,
};
use kairos_training::plot::{curves_svg, reliability_svg};
use proptest::prelude::*;

const SCORES: [f64; 6] = [0.05, 0.15, 0.2, 0.6, 0.7, 0.95];
const TRUTH: [bool; 6] = [false, true, false, true, false, true];

#[test]
fn bins_of_equal_width_include_their_upper_edge() {
    let points = reliability(&SCORES, &TRUTH, 5, Binning::EqualWidth).expect("defined");
    let counts: Vec<usize> = points.iter().map(|bin| bin.count).collect();
    assert_eq!(counts, [3, 1, 1, 1], "0.2 is in the first, 0.6 in the third, 0.7 in the fourth");
    close(Some(points[0].mean_score), 0.4 / 3.0);
    close(Some(points[0].positive_share), 1.0 / 3.0);
    let error = expected_calibration_error(&SCORES, &TRUTH, 5, Binning::EqualWidth);
    close(error, (0.6 + 0.4 + 0.7 + 0.05) / 6.0);
    let edges: Vec<f64> = (0..=10).map(|edge| f64::from(edge) / 10.0).collect();
    let points = reliability(&edges, &[true; 11], 10, Binning::EqualWidth).expect("defined");
    let counts: Vec<usize> = points.iter().map(|bin| bin.count).collect();
    assert_eq!(counts, [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn bins_of_equal_mass_share_the_scores_out() {
    let points = reliability(&SCORES, &TRUTH, 3, Binning::EqualMass).expect("defined");
    let want = [(0.1, 0.5, 2), (0.4, 0.5, 2), (0.825, 0.5, 2)];
    assert_eq!(points.len(), 3);
    for (bin, (score, share, count)) in points.iter().zip(want) {
        close(Some(bin.mean_score), score);
        close(Some(bin.positive_share), share);
        assert_eq!(bin.count, count);
    }
    close(expected_calibration_error(&SCORES, &TRUTH, 3, Binning::EqualMass), (0.8 + 0.2 + 0.65) / 6.0);
    // A run of equal scores isn't torn apart by its order.
    let points = reliability(&[0.3, 0.3, 0.3, 0.8], &TRUTH[..4], 2, Binning::EqualMass).expect("defined");
    assert_eq!(points.iter().map(|bin| bin.count).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn proper_scores_have_the_values_worked_out_by_hand() {
    close(brier_score(&[0.8, 0.4], &[true, false]), 0.1);
    close(log_loss(&[0.5, 0.25], &[true, false]), -(0.5_f64.ln() + 0.75_f64.ln()) / 2.0);
    let wrong = log_loss(&[0.0, 1.0], &[true, false]).expect("finite");
    assert!((wrong - 36.04).abs() < 0.01, "{wrong}");
    assert!(log_loss(&[0.0, 1.0], &[false, true]).is_some_and(|right| right.abs() < 1e-15));
}

#[test]
fn what_is_no_probability_has_no_calibration() {
    for scores in [[1.5, 0.5], [-0.1, 0.5], [f64::NAN, 0.5]] {
        assert_eq!(reliability(&scores, &[true, false], 5, Binning::EqualWidth), None);
        assert_eq!(expected_calibration_error(&scores, &[true, false], 5, Binning::EqualMass), None);
        assert_eq!(brier_score(&scores, &[true, false]), None);
        assert_eq!(log_loss(&scores, &[true, false]), None);
    }
    assert_eq!(reliability(&[0.5], &[true], 0, Binning::EqualMass), None);
    assert_eq!(reliability(&[], &[], 5, Binning::EqualMass), None);
    assert_eq!(brier_score(&[], &[]), None);
}

#[test]
fn pictures_hold_what_they_are_given() {
    let points = reliability(&SCORES, &TRUTH, 5, Binning::EqualWidth).expect("defined");
    let svg = reliability_svg("week <8> & 9", &points).expect("drawn");
    assert!(svg.starts_with("<svg") && svg.contains("week &lt;8&gt; &amp; 9"), "{svg}");
    assert_eq!(svg.matches("<circle").count(), 4);
    assert_eq!(svg, reliability_svg("week <8> & 9", &points).expect("drawn"));

    let falling: Vec<(f64, f64)> = (0..50).map(|step| (f64::from(step), 1.0 / f64::from(step + 1))).collect();
    let odd = vec![(0.0, f64::NAN), (10.0, 0.5), (f64::INFINITY, 0.1)];
    let curves = [("training", falling), ("validation", odd), ("none", vec![])];
    let svg = curves_svg("loss", "step", "nats", &curves).expect("drawn");
    for part in ["loss", "step", "nats", "training", "validation", "none"] {
        assert!(svg.contains(part), "{part}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(svg, curves_svg("loss", "step", "nats", &curves).expect("drawn"));
    assert!(curves_svg("", "", "", &[]).expect("drawn").starts_with("<svg"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bins_hold_every_score_once_in_rising_order(
        items in prop::collection::vec((0_u8..=40, any::<bool>()), 1..80),
        bins in 1_usize..20,
    ) {
        let scores: Vec<f64> = items.iter().map(|item| f64::from(item.0) / 40.0).collect();
        let truth: Vec<bool> = items.iter().map(|item| item.1).collect();
        for binning in [Binning::EqualWidth, Binning::EqualMass] {
            let points = reliability(&scores, &truth, bins, binning).expect("probabilities");
            prop_assert!(points.len() <= bins);
            prop_assert_eq!(points.iter().map(|bin| bin.count).sum::<usize>(), items.len());
            prop_assert!(points.windows(2).all(|pair| pair[0].mean_score < pair[1].mean_score));
            let mean = points.iter().map(|bin| bin.mean_score * bin.count as f64).sum::<f64>();
            prop_assert!((mean - scores.iter().sum::<f64>()).abs() < 1e-9);
            let error = expected_calibration_error(&scores, &truth, bins, binning).expect("defined");
            prop_assert!((0.0..=1.0).contains(&error));
        }
    }

    #[test]
    fn any_curve_can_be_drawn(
        points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..6),
        shares in prop::collection::vec((any::<f64>(), any::<f64>(), any::<usize>()), 0..4),
    ) {
        let svg = curves_svg("t", "x", "y", &[("c", points)]).expect("drawn");
        prop_assert!(svg.ends_with("</svg>\n") || svg.ends_with("</svg>"));
        let bin = |(mean_score, positive_share, count)| ReliabilityBin { mean_score, positive_share, count };
        let bins: Vec<ReliabilityBin> = shares.into_iter().map(bin).collect();
        prop_assert!(reliability_svg("t", &bins).is_ok());
    }
}
