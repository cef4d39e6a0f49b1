//! How gifts are distributed: the figures by which the public set is described.
//!
//! Invariants: 0 where there is nothing to divide by.

use crate::gifting::Records;

/// Figures of a set of gifts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape {
    /// Gifts per click.
    pub gift_rate: f64,
    /// Gini coefficient of what users give, all users counted; 0.942 in KuaiLive.
    pub gini_over_users: f64,
    /// What the 1 % of users who give most give of all; 0.599 in KuaiLive.
    pub share_of_top_percent: f64,
    /// The 99th over the 50th percentile of a gift; 744 in KuaiLive.
    pub tail: f64,
}

impl Shape {
    /// Figures of what each user gave (0 for those who gave nothing), of gifts one by one, and of the number of clicks.
    #[must_use]
    pub fn of(given_by_user: &[f64], gifts: &[f64], clicks: u64) -> Self {
        let (mut users, mut gifts) = (given_by_user.to_vec(), gifts.to_vec());
        users.sort_by(f64::total_cmp);
        gifts.sort_by(f64::total_cmp);
        let total: f64 = users.iter().sum();
        let count = users.len() as f64;
        let over = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let ranked: f64 = users.iter().zip(1_u32..).map(|(given, rank)| given * f64::from(rank)).sum();
        let top = users.len().div_ceil(100);
        let percentile = |of: f64| {
            let at = (of * gifts.len().saturating_sub(1) as f64).round() as usize;
            gifts.get(at).copied().unwrap_or(0.0)
        };
        Self {
            gift_rate: over(gifts.len() as f64, clicks as f64),
            gini_over_users: if total > 0.0 {
                2.0 * ranked / (count * total) - (count + 1.0) / count
            } else {
                0.0
            },
            share_of_top_percent: over(users.iter().rev().take(top).sum(), total),
            tail: over(percentile(0.99), percentile(0.5)),
        }
    }

    /// Figures of records; `users` counts those without an event too.
    #[must_use]
    pub fn of_records(records: &Records, users: usize) -> Self {
        let mut given = vec![0.0; users.max(records.users.len())];
        for gift in &records.gifts {
            if let Some(given) = given.get_mut(gift.user as usize) {
                *given += gift.value;
            }
        }
        let gifts: Vec<f64> = records.gifts.iter().map(|gift| gift.value).collect();
        let clicks = records.impressions.iter().filter(|one| one.clicked).count() as u64;
        Self::of(&given, &gifts, clicks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_definitions() {
        let equal = Shape::of(&[2.0; 200], &[4.0; 100], 1000);
        assert!(equal.gini_over_users.abs() < 1e-12);
        assert_eq!((equal.share_of_top_percent, equal.tail, equal.gift_rate), (0.01, 1.0, 0.1));
        let mut one = vec![0.0; 99];
        one.push(7.0);
        let one = Shape::of(&one, &[7.0], 0);
        assert!((one.gini_over_users - 0.99).abs() < 1e-12);
        assert_eq!((one.share_of_top_percent, one.gift_rate), (1.0, 0.0));
        // By mean differences: sum over pairs of |a - b| / (2 n^2 mean).
        let some = [1.0, 2.0, 6.0, 11.0];
        let pairs: f64 = some.iter().flat_map(|a| some.iter().map(move |b| f64::abs(a - b))).sum();
        let gini = pairs / (2.0 * 16.0 * 5.0);
        assert!((Shape::of(&some, &[], 1).gini_over_users - gini).abs() < 1e-12);
        assert_eq!(Shape::of(&[], &[], 0), Shape::default());
    }
}
