//! Live comments, gifts and feedback from chat services, as events with the platform's own time.
//!
//! Every connector sends [`Heard`] into one bounded channel: [`twitch()`] (IRC), [`websocket()`] (JSON lines, as a
//! client), [`router()`] (HTTP) and [`read_lines()`] (standard input and the like). A full channel holds the connector
//! back and loses nothing that the peer can hold for it; nothing is kept in memory beyond the line at hand.
//!
//! Lines are read by the same code that reads them from a recording. The time of an event is the platform's; a line
//! without one is broken, never stamped with its arrival. What can't be read comes out as [`Heard::Broken`] with its
//! original bytes. Tokens are sent to the peer alone: they are in no error and no log.

mod backoff;
mod clock;
mod counts;
mod error;
mod heard;
mod http;
mod line;
mod options;
mod secret;
mod stdin;
mod twitch;
mod websocket;
mod wire;

pub use counts::{Counts, CountsSnapshot};
pub use error::ChatError;
pub use heard::{ChatState, Heard};
pub use http::router;
pub use options::{ChatOptions, HttpOptions, LineOptions, TwitchOptions, WebSocketOptions};
pub use secret::Secret;
pub use stdin::read_lines;
pub use twitch::twitch;
pub use websocket::websocket;
