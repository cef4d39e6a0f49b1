//! The viewers: few do most of the talking, fewer pay nearly everything.
//!
//! A viewer's habits follow from the seed alone, so that the same people meet in every room; how much they like
//! a room follows from the room.

use rand::Rng;
use rand_distr::StandardNormal;

use crate::plan::Plan;
use crate::seed::{Purpose, log_normal, numbers};

/// Spread (sigma of the logarithm) of what a viewer pays per gift against other viewers. Together with the
/// spread between gifts it gives P99/P50 of about 700.
const GENEROSITY_SIGMA: f64 = 2.2;

/// Viewers as one room sees them.
#[derive(Debug, Clone)]
pub(crate) struct Audience {
    /// Running sums of how much each viewer talks here.
    talk: Vec<f64>,
    /// Running sums of how often each viewer comes by.
    visits: Vec<f64>,
    /// How much each pays per gift, median 1.
    pub generosity: Vec<f64>,
    /// How readily each pays, mean 1.
    pub readiness: Vec<f64>,
}

impl Audience {
    pub(crate) fn new(plan: &Plan, room: usize) -> Self {
        let mut people = numbers(plan.seed, 0, Purpose::Audience);
        let mut here = numbers(plan.seed, room, Purpose::Affinity);
        let (mut talked, mut visited) = (0.0, 0.0);
        let mut audience =
            Self { talk: Vec::new(), visits: Vec::new(), generosity: Vec::new(), readiness: Vec::new() };
        for _ in 0..plan.users {
            // Pareto with exponent 1.2: the tail of chat activity.
            let activity = (1.0 - people.random::<f64>()).powf(-1.0 / 1.2).min(1e4);
            let z: f64 = people.sample(StandardNormal);
            audience.generosity.push((GENEROSITY_SIGMA * z).exp());
            let z: f64 = people.sample(StandardNormal);
            audience.readiness.push((z - 0.5).exp());
            let affinity = log_normal(&mut here, 1.0, 1.5);
            talked += activity * affinity;
            visited += (activity * affinity).powf(0.4);
            audience.talk.push(talked);
            audience.visits.push(visited);
        }
        audience
    }

    /// Somebody who talks.
    pub(crate) fn talker(&self, rng: &mut impl Rng) -> usize {
        pick(&self.talk, rng)
    }

    /// Somebody to whom the room is shown.
    pub(crate) fn visitor(&self, rng: &mut impl Rng) -> usize {
        pick(&self.visits, rng)
    }
}

fn pick(sums: &[f64], rng: &mut impl Rng) -> usize {
    let total = sums.last().copied().unwrap_or(0.0);
    let drawn = rng.random::<f64>() * total;
    sums.partition_point(|&sum| sum <= drawn).min(sums.len().saturating_sub(1))
}

/// The platform's id of viewer number `user`.
pub(crate) fn user_id(user: usize) -> String {
    format!("viewer-{user:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_viewers_do_most_of_the_talking() {
        let plan = Plan { users: 1_000, ..Plan::default() };
        let audience = Audience::new(&plan, 2);
        let mut rng = numbers(9, 9, Purpose::Chat);
        let mut said = vec![0_u32; 1_000];
        for _ in 0..10_000 {
            said[audience.talker(&mut rng)] += 1;
        }
        said.sort_unstable_by(|a, b| b.cmp(a));
        let loudest: u32 = said[..100].iter().sum();
        assert!(loudest > 5_000, "{loudest}");
        assert!(said.iter().filter(|&&n| n > 0).count() > 200);
    }
}
