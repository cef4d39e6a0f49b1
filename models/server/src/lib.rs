//! Encoders that many rooms share: their texts and pictures run together, a few at a time, on one thread per encoder.
//!
//! Invariants:
//! * A vector does not depend on what else was in its batch, nor on who waited (on the CPU, where encoders keep that promise).
//! * What is asked is answered once: by vectors of the encoder that the room began with, or by the reason why not. An encoder that fails
//!   or panics takes nobody along but those whose own texts or pictures it fails on.
//! * Turns go round: whoever waits is in the next batch or the one that it may lead, however much another one asks.
//! * Bounded: so many items wait at most. Who may not wait is refused, who must (a replay) is held until there is room.
//! * The clock decides who is refused, never what a vector is; who waits without a limit is never refused.

mod clock;
mod config;
mod kind;
mod queue;
mod room;
mod run;
mod server;
mod state;
mod tally;

pub use config::{ServerConfig, ServerError};
pub use kind::{Kind, OwnedPicture, Pictures, Texts};
pub use room::{Patience, RoomHandle};
pub use server::Server;
pub use tally::{Served, Tally};
