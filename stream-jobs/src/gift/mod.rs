//! Who is likely to send a gift, while the room is live.
//!
//! [`Act`]s of viewers wait at a [`Desk`] until the unit that they belong to is settled; then the [`Predictor`] takes
//! them into its [`Audience`] (people and gift graph) and ranks everybody who is there with the room's content. What is
//! seen and said comes encoded from the room's job, the same vectors that highlights are scored on. [`RoomGifts`] is all
//! of that for one room; replays and [`job`] drive it. Invariants: no clock, no map order in a prediction; a prediction
//! as of a unit's end knows nothing later.

pub mod act;
pub mod audience;
pub mod config;
mod content;
pub mod desk;
pub mod job;
pub mod model;
mod predictor;
mod reason;
pub mod recordings;
mod room;
mod side;
pub mod training;
mod users;
mod viewers;

pub use act::Act;
pub use audience::Audience;
pub use config::GiftConfig;
pub use desk::Desk;
pub use model::GiftModel;
pub use predictor::{Predicted, Predictor};
pub use room::RoomGifts;
