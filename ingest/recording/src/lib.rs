//! Recorded streams on disk: media files, chats in every format that users keep, and folders of both.
//!
//! Whatever the source, a recording comes out as one sequence of segments, comments, gifts and feedback in time
//! order. The same files give the same sequence; no clock is read. Damage costs what is damaged and is reported.

pub mod chat;
mod error;
mod inspect;
mod inspect_chat;
mod manifest;
pub mod media;
mod merge;
mod opener;
mod recording;
mod write;

pub use error::RecordingError;
pub use inspect::{Inspection, MediaInspection, inspect};
pub use inspect_chat::{ChatInspection, Paid, inspect_chat};
pub use manifest::{MANIFEST, Manifest};
pub use merge::{Fault, Item, MediaSegments, Merge, captured_until};
pub use recording::{MediaRequest, OpenMedia, Overrides, RecordedStream, Recording, RecordingInfo, is_chat};
pub use write::{write_comments, write_events, write_feedback, write_gifts};
