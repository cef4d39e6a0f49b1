//! Simulated rooms with known truth: media, comments, gifts and feedback of streams that never happened.
//!
//! A room is made in two steps. [`RoomEvents`] decides everything that happens (moments of interest, comments
//! with the room's lag, gifts, impressions and clicks) without drawing a picture; [`write_rooms`] renders it
//! into a folder that reads like any recording. Everything follows from [`Plan::seed`] and the room's number:
//! the same plan writes the same bytes, and room `k` is the same however many rooms are asked for. Nothing
//! made here passes for a real stream: titles, files and pictures say "simulated".

mod audience;
mod canvas;
mod chat;
mod clock;
mod error;
mod events;
mod feedback;
mod files;
mod gifts;
mod moment;
mod mux;
mod phrases;
mod plan;
mod render;
mod rooms;
mod scene;
mod seed;
mod sound;
mod speech;
mod truth;
mod voice;
mod words;

pub use clock::{Dropout, RoomClock};
pub use error::SimulateError;
pub use events::RoomEvents;
pub use moment::{Kind, Moment};
pub use plan::{Plan, Traits};
pub use rooms::{Progress, write_rooms};
pub use speech::Phrase;
pub use truth::{Counts, RoomTruth};
