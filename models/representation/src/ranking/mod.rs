//! Asking a model for items, and judging its answers.
//!
//! Invariants: equal scores are ranked by the smaller item id; a score that is NaN ranks last; results don't
//! depend on the number of threads.

mod evaluate;
mod recommender;

pub use evaluate::{AtK, Evaluation, UserMetrics, evaluate};
pub use recommender::{Query, Recommender, UNKNOWN_USER, recommend, top};
