//! Scoring while live: what depends on a user alone or on a room alone is computed once, and shared by all pairs.
//!
//! One user before many rooms shares the user's keys and values (Climber, 2502.09888: "single user, multiple items"
//! with a key-value cache), one room before many viewers shares the room's content and neighbours. What is left for
//! each pair is attention over short lists and two small layers, in plain loops over packed numbers.
//!
//! Invariants: the log odds are those of [`Ranker::predict`](crate::Ranker::predict) to 1e-4 (sums have another order,
//! and a user's keys and values sixteen bits); a pass of another architecture is refused.

mod attend;
mod eight;
mod fetch;
mod kernels;
mod narrow;
mod packed;
mod passes;
mod prepare;
mod reasons;
mod scorer;
mod search;

pub use passes::{RoomPass, UserPass};
pub use reasons::{Origin, Reason};
pub use scorer::Scorer;
