//! Recorded chats: every format that the file itself reveals, as one sorted log of comments, gifts and feedback.
//!
//! The format is told from the content, never from the file's name; `.gz` is seen through. A broken file gives
//! everything that can be read, and each thing that could not is named with its position and reason. An item of a
//! file becomes at most one event: a paid message is a gift that carries its text, not a gift and a comment.

mod assemble;
mod derive;
mod draft;
mod formats;
mod json;
mod lines;
mod log;
mod money;
mod options;
mod read;
mod stamp;
mod xml;

pub use draft::{Broadcast, Collector, Draft, SkipReason, What};
pub use formats::{ChatFormat, FormatName, sniff};
pub use log::{ChatEvent, ChatLog, Clocks, Event, Skipped, StartSource};
pub use money::{Rates, parse_money};
pub use options::{ChatOptions, Limits};
pub use read::{open_text, read_chat, read_chat_from, read_item};
pub use stamp::parse_time;
