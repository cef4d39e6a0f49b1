//! Metrics of the first few of a list, and of peaks, against values worked out by hand.

use crate::close;
use kairos_training::metrics::{
    Gain, f1_at_half, hit_rate_at, interval_average_precision, ndcg_at, ndcg_of_list, peak_precision_at,
    peaks, precision_at, precision_of_list, recall_at, recall_of_list,
};
use proptest::prelude::*;

#[test]
fn first_of_a_list_have_the_values_worked_out_by_hand() {
    let scores = [0.1, 0.9, 0.8, 0.3, 0.7];
    let truth = [true, false, true, false, true];
    close(recall_at(2, &scores, &truth), 1.0 / 3.0);
    close(recall_at(9, &scores, &truth), 1.0);
    close(hit_rate_at(1, &scores, &truth), 0.0);
    close(hit_rate_at(2, &scores, &truth), 1.0);
    close(hit_rate_at(2, &scores, &[false; 5]), 0.0);
    // Two of five are called positive, one of them is; three are in truth.
    close(f1_at_half(&scores, &truth), 2.0 / 5.0);
    close(f1_at_half(&[0.0], &[true]), 1.0);
}

#[test]
fn gain_is_discounted_by_rank() {
    let scores = [0.9, 0.8, 0.7, 0.6];
    let relevance = [1.0, 0.0, 3.0, 2.0];
    let third = 4.0_f64.log2();
    let second = 3.0_f64.log2();
    close(
        ndcg_at(3, &scores, &relevance, Gain::Linear),
        (1.0 + 3.0 / third) / (3.0 + 2.0 / second + 1.0 / third),
    );
    close(
        ndcg_at(3, &scores, &relevance, Gain::Exponential),
        (1.0 + 7.0 / third) / (7.0 + 3.0 / second + 1.0 / third),
    );
    close(ndcg_at(1, &scores, &relevance, Gain::Linear), 1.0 / 3.0);
}

#[test]
fn equal_scores_are_taken_in_the_order_they_are_shown() {
    close(precision_at(1, &[0.0, -0.0], &[true, false]), 1.0);
    close(precision_at(1, &[-0.0, 0.0], &[true, false]), 1.0);
    close(ndcg_at(1, &[0.5, 0.5], &[0.0, 1.0], Gain::Linear), 0.0);
}

#[test]
fn ranked_list_has_the_metrics_of_its_scores() {
    let scores = [0.9, 0.8, 0.7, 0.6, 0.5];
    let truth = [true, false, true, false, true];
    let relevance = truth.map(f64::from);
    for k in 1..7 {
        assert_eq!(recall_of_list(k, &truth, 3), recall_at(k, &scores, &truth));
        let whole = ndcg_at(k, &scores, &relevance, Gain::Linear).expect("something is relevant");
        close(ndcg_of_list(k, &truth, 3), whole);
    }
    // A relevant item that the list doesn't hold counts against it.
    close(recall_of_list(2, &truth[..2], 4), 0.25);
    close(precision_of_list(10, &truth), 0.3);
    close(ndcg_of_list(1, &[false, true], 1), 0.0);
    assert_eq!(recall_of_list(1, &truth, 2), None);
    assert_eq!(ndcg_of_list(0, &truth, 3), None);
    assert_eq!(precision_of_list(0, &truth), None);
}

#[test]
fn peaks_keep_their_distance() {
    let scores = [0.1, 0.9, 0.8, 0.2, 0.7, 0.7, 0.3];
    assert_eq!(peaks(3, &scores, 2), Some(vec![1, 4, 6]));
    assert_eq!(peaks(3, &scores, 1), Some(vec![1, 2, 4]));
    assert_eq!(peaks(3, &scores, 0), Some(vec![1, 2, 4]));
    assert_eq!(peaks(3, &scores, usize::MAX), Some(vec![1]));
    // The peaks 1 and 4: the interval is open at its end.
    close(peak_precision_at(2, &scores, 2, &[(0.5, 1.5), (3.0, 4.0)]), 0.5);
    close(peak_precision_at(2, &scores, 2, &[(1.0, 4.5)]), 1.0);
    close(peak_precision_at(5, &scores, 4, &[(5.0, 6.0)]), 0.5);
    close(peak_precision_at(2, &scores, 2, &[]), 0.0);
}

#[test]
fn undefined_metrics_are_none() {
    let (scores, nan) = ([0.5, 0.4], [f64::NAN, 0.1]);
    assert_eq!(recall_at(1, &scores, &[false; 2]), None);
    assert_eq!(recall_at(0, &scores, &[true; 2]), None);
    assert_eq!(hit_rate_at(1, &nan, &[true; 2]), None);
    assert_eq!(f1_at_half(&scores, &[false; 2]), None);
    assert_eq!(f1_at_half(&[], &[]), None);
    assert_eq!(ndcg_at(1, &scores, &[0.0; 2], Gain::Linear), None);
    assert_eq!(ndcg_at(1, &scores, &[-1.0, 1.0], Gain::Linear), None);
    assert_eq!(ndcg_at(1, &scores, &[2000.0, 1.0], Gain::Exponential), None);
    assert_eq!(peaks(1, &nan, 2), None);
    assert_eq!(peak_precision_at(1, &scores, 1, &[(2.0, 1.0)]), None);
    assert_eq!(interval_average_precision(&[], &[(0.0, 1.0, 1.0)], 0.5), None);
    assert_eq!(interval_average_precision(&[(0.0, 1.0)], &[(0.0, 1.0, f64::NAN)], 0.5), None);
}

proptest! {
    #[test]
    fn no_two_peaks_are_near_and_nothing_better_was_left(
        scores in prop::collection::vec(0_u8..20, 1..60),
        distance in 0_usize..10,
    ) {
        let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let found = peaks(usize::MAX, &scores, distance).expect("no NaN");
        for (at, &one) in found.iter().enumerate() {
            prop_assert!(found[..at].iter().all(|&other| one.abs_diff(other) >= distance.max(1)));
        }
        for position in 0..scores.len() {
            let near = |&&peak: &&usize| position.abs_diff(peak) < distance.max(1);
            let best = found.iter().filter(near).map(|&peak| scores[peak]).fold(-1.0, f64::max);
            prop_assert!(best >= scores[position]);
        }
    }

    #[test]
    fn best_order_has_all_the_gain(relevance in prop::collection::vec(0_u8..5, 1..30), k in 1_usize..40) {
        let relevance: Vec<f64> = relevance.into_iter().map(f64::from).collect();
        let some = relevance.iter().any(|&one| one > 0.0);
        for gain in [Gain::Linear, Gain::Exponential] {
            let reached = ndcg_at(k, &relevance, &relevance, gain);
            prop_assert_eq!(reached, some.then_some(1.0));
        }
    }
}
