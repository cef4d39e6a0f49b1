//! Judges a model per second over recordings and chats whose seconds are labelled.
//!
//! The score of second t at a decision delay D rests on nothing later than t + D: it is read off the newest row that
//! ends by then, at the model's longest delay that is at most D. Where the recording ends before, the longest delay
//! that is over by then counts. Nothing is normalised over a recording.

mod judge;
mod keep;
mod plots;
mod score;

pub use judge::{Judged, Table, judge};
pub use keep::{About, keep};
pub use plots::write as write_plots;
pub use score::{Scored, score};
