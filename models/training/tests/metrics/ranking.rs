//! Rankings and correlations against values worked out by hand and against their own definitions.

use crate::close;
use kairos_training::metrics::{
    average_precision, gauc, interpolated_average_precision, interval_recall, kendall_tau_above,
    kendall_tau_b, precision_at, roc_auc, spearman, uauc,
};
use proptest::prelude::*;

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
    assert_eq!(interpolated_average_precision(&[1.0], &[false]), None);
    assert_eq!(gauc(&[1, 1, 2], &[0.1, 0.2, 0.3], &[true, true, false]), None);
    assert_eq!(uauc(&[1, 1], &[0.1], &[true]), None);
    assert_eq!(kendall_tau_above(0.5, &[1.0, 2.0], &[1.0, 1.4]), None);
    assert_eq!(kendall_tau_above(0.0, &[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(kendall_tau_above(f64::NAN, &[1.0, 2.0], &[1.0, 2.0]), None);
    assert_eq!(kendall_tau_above(0.0, &[1.0, 2.0], &[f64::INFINITY; 2]), None);
}

#[test]
fn grouped_areas_weigh_groups_by_size_or_alike() {
    let users = ["a", "b", "a", "b", "a", "c", "a"];
    let scores = [0.9, 0.2, 0.8, 0.1, 0.7, 0.5, 0.6];
    let truth = [true, false, false, true, true, true, false];
    // User a: 3 of 4 pairs in order. User b: the one pair is not. User c has one class and takes no part.
    close(gauc(&users, &scores, &truth), 4.0 * 0.75 / 6.0);
    close(uauc(&users, &scores, &truth), 0.375);
}

#[test]
fn interpolation_lends_a_rank_the_best_precision_below_it() {
    let truth = [false, true, true, false, true];
    // Precisions at the positives: 1/2, 2/3, 3/5; the first gains by the second.
    let scores = [0.9, 0.8, 0.7, 0.6, 0.5];
    close(interpolated_average_precision(&scores, &truth), (2.0 / 3.0 + 2.0 / 3.0 + 3.0 / 5.0) / 3.0);
    // The first two positives tied are one threshold.
    let tied = [0.9, 0.8, 0.8, 0.6, 0.5];
    close(interpolated_average_precision(&tied, &truth), (2.0 / 3.0 + 3.0 / 5.0) / 2.0);
}

#[test]
fn tau_above_a_threshold_leaves_close_labels_out() {
    let (scores, labels) = ([0.1, 0.4, 0.3, 0.9], [0.0, 0.1, 0.5, 0.6]);
    // All pairs but (second, third) are concordant; it differs by .4 and is among the 4 pairs above .2.
    close(kendall_tau_above(0.0, &scores, &labels), 4.0 / 6.0);
    close(kendall_tau_above(0.2, &scores, &labels), 2.0 / 4.0);
    close(kendall_tau_above(0.45, &scores, &labels), 1.0);
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

    #[test]
    fn tau_above_is_the_count_over_pairs(
        pairs in prop::collection::vec((0_u8..6, 0_u8..9), 2..40),
        delta in 0_u8..6,
    ) {
        let x: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0)).collect();
        let y: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.1)).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        for i in 0..x.len() {
            for j in 0..x.len() {
                if y[i] - y[j] > f64::from(delta) && x[i] != x[j] {
                    sum += (x[i] - x[j]).signum();
                    count += 1.0;
                }
            }
        }
        match kendall_tau_above(f64::from(delta), &x, &y) {
            Some(tau) => prop_assert!((tau - sum / count).abs() < 1e-12),
            None => prop_assert_eq!(count, 0.0),
        }
    }

    #[test]
    fn order_of_groups_and_items_changes_no_grouped_area(
        items in prop::collection::vec((0_u8..4, -3.0_f64..3.0, any::<bool>()), 1..40),
    ) {
        let apart = |items: &[(u8, f64, bool)]| {
            let groups: Vec<u8> = items.iter().map(|item| item.0).collect();
            let scores: Vec<f64> = items.iter().map(|item| item.1).collect();
            let truth: Vec<bool> = items.iter().map(|item| item.2).collect();
            (gauc(&groups, &scores, &truth), uauc(&groups, &scores, &truth))
        };
        let turned: Vec<_> = items.iter().rev().copied().collect();
        prop_assert_eq!(apart(&items), apart(&turned));
    }
}
