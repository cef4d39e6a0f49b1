//! The vocabulary of live rooms: instants, segments, comments, gifts, positions and watermarks.
//!
//! Invariants kept here and relied on everywhere else: media time and wall time are different types and
//! never mix, a [`Bridge`] is the only way from one to the other, and nothing in this crate reads a clock.

mod bridge;
mod comment;
mod feedback;
mod gift;
mod instant;
mod position;
mod room;
mod segment;
mod unwrap;
mod watermark;

pub use bridge::{Bridge, BridgeError};
pub use comment::Comment;
pub use feedback::{Feedback, FeedbackKind};
pub use gift::{Gift, GiftKind, Money};
pub use instant::{MediaTime, Span, WallTime};
pub use position::{Position, PositionRange};
pub use room::{IdentityError, RoomId, StreamId};
pub use segment::{ContentType, Segment};
pub use unwrap::{Discontinuity, TimestampUnwrapper};
pub use watermark::{Lateness, Modality, Watermarks};
