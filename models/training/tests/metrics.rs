//! Metrics against values worked out by hand and against their own definitions.

use kairos_training::metrics::{
    average_precision, interval_recall, kendall_tau_b, precision_at, roc_auc, spearman,
};
use proptest::prelude::*;

fn close(got: Option<f64>, want: f64) {
    assert!(got.is_some_and(|got| (got - want).abs() < 1e-12), "got {got:?}, want {want}");
}

#[test]
fn small_rankings_have_the_values_worked_out_by_hand() {
    let scores = [0.9, 0.8, 0.7, 0.6];
    let truth = [true, false, true, false];
    close(average_precision(&scores, &truth), (1.0 + 2.0 / 3.0) / 2.0);
    close(roc_auc(&scores, &truth), 0.75);
    close(precision_at(3, &scores, &truth), 2.0 / 3.0);
    close(precision_at(9, &scores, &truth), 0.5);
    // All tied: one threshold, precision is the share of positives.
    close(average_precision(&[0.5; 4], &truth), 0.5);
    close(roc_auc(&[0.5; 4], &truth), 0.5);
    close(kendall_tau_b(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]), 4.0 / 6.0);
    // One tie in x: 5 comparable pairs of 6, all concordant.
    close(kendall_tau_b(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]), 5.0 / 30.0_f64.sqrt());
    close(spearman(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]), 0.8);
}

#[test]
fn undefined_metrics_are_none() {
    assert_eq!(average_precision(&[1.0], &[false]), None);
    assert_eq!(roc_auc(&[1.0, 2.0], &[true, true]), None);
    assert_eq!(average_precision(&[f64::NAN, 1.0], &[true, false]), None);
    assert_eq!(average_precision(&[1.0], &[true, false]), None);
    assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(spearman(&[], &[]), None);
    assert_eq!(precision_at(0, &[1.0], &[true]), None);
    assert_eq!(interval_recall(&[], &[(0.0, 1.0)], 0.5), None);
}

#[test]
fn one_found_interval_serves_one_true_interval() {
    let truth = [(0.0, 10.0), (10.0, 20.0), (50.0, 60.0)];
    close(interval_recall(&truth, &[(0.0, 20.0)], 0.5), 1.0 / 3.0);
    close(interval_recall(&truth, &[(1.0, 9.0), (12.0, 20.0), (70.0, 80.0)], 0.5), 2.0 / 3.0);
}

proptest! {
    #[test]
    fn tau_b_is_the_count_over_pairs(pairs in prop::collection::vec((0_u8..6, 0_u8..6), 2..40)) {
        let x: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0)).collect();
        let y: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.1)).collect();
        let (mut sum, mut in_x, mut in_y) = (0.0, 0.0, 0.0);
        for i in 0..x.len() {
            for j in 0..i {
                let sign = |a: f64, b: f64| if a == b { 0.0 } else { (a - b).signum() };
                let (a, b) = (sign(x[i], x[j]), sign(y[i], y[j]));
                sum += a * b;
                in_x += a * a;
                in_y += b * b;
            }
        }
        match kendall_tau_b(&x, &y) {
            Some(tau) => prop_assert!((tau - sum / f64::sqrt(in_x * in_y)).abs() < 1e-12),
            None => prop_assert_eq!(in_x * in_y, 0.0),
        }
    }

    #[test]
    fn auc_is_the_chance_that_a_positive_wins(items in prop::collection::vec((0_u8..6, any::<bool>()), 2..40)) {
        let scores: Vec<f64> = items.iter().map(|item| f64::from(item.0)).collect();
        let truth: Vec<bool> = items.iter().map(|item| item.1).collect();
        let (mut wins, mut count) = (0.0, 0.0);
        for a in items.iter().filter(|item| item.1) {
            for b in items.iter().filter(|item| !item.1) {
                wins += if a.0 > b.0 { 1.0 } else if a.0 == b.0 { 0.5 } else { 0.0 };
                count += 1.0;
            }
        }
        match roc_auc(&scores, &truth) {
            Some(auc) => prop_assert!((auc - wins / count).abs() < 1e-12),
            None => prop_assert_eq!(count, 0.0),
        }
    }

    #[test]
    fn monotone_rescaling_changes_no_ranking_metric(
        items in prop::collection::vec((-3.0_f64..3.0, any::<bool>()), 1..40),
    ) {
        let scores: Vec<f64> = items.iter().map(|item| item.0).collect();
        let scaled: Vec<f64> = scores.iter().map(|score| score * 4.0).collect();
        let truth: Vec<bool> = items.iter().map(|item| item.1).collect();
        prop_assert_eq!(average_precision(&scores, &truth), average_precision(&scaled, &truth));
        prop_assert_eq!(roc_auc(&scores, &truth), roc_auc(&scaled, &truth));
    }
}
