//! Recall, precision and NDCG of lists.
//!
//! Invariants: the protocol of [`kairos_representation::evaluate`]; an item nobody can recommend is a miss, not left out.

use kairos_representation::AtK;
use kairos_training::metrics::{ndcg_of_list, precision_of_list, recall_of_list};
use serde::Serialize;

use super::KS;

/// How good the lists are on one part of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// File of the part.
    pub part: &'static str,
    /// Users with an item in it that they don't have in training.
    pub users: usize,
    /// Means over these users, for lists of 10 and 20.
    pub at: Vec<AtK>,
}

/// Adds users up.
pub(super) struct Judge {
    part: &'static str,
    users: usize,
    sums: [[f64; 3]; KS.len()],
}

impl Judge {
    pub(super) fn new(part: &'static str) -> Self {
        Self { part, users: 0, sums: [[0.0; 3]; KS.len()] }
    }

    /// One user's list, and how many items would have been right.
    pub(super) fn add(&mut self, hits: &[bool], relevant: usize) {
        if relevant == 0 {
            return;
        }
        self.users += 1;
        for (k, sums) in KS.into_iter().zip(&mut self.sums) {
            let of = [
                recall_of_list(k, hits, relevant),
                precision_of_list(k, hits),
                ndcg_of_list(k, hits, relevant),
            ];
            sums.iter_mut().zip(of).for_each(|(sum, value)| *sum += value.unwrap_or(0.0));
        }
    }

    pub(super) fn finish(self) -> Option<Judged> {
        let count = self.users as f64;
        let at = KS.into_iter().zip(self.sums).map(|(k, [recall, precision, ndcg])| AtK {
            k,
            recall: recall / count,
            precision: precision / count,
            ndcg: ndcg / count,
        });
        (self.users > 0).then(|| Judged { part: self.part, users: self.users, at: at.collect() })
    }
}
