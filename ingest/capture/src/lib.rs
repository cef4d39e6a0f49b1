//! Live sources into segments of whole groups of pictures.
//!
//! [`Rooms`] captures any number of [`Source`]s; what they give comes out of [`Captures`] as [`Captured`]. Pictures and
//! sound are never decoded and never encoded again.
//!
//! **Segments.** Each begins with a keyframe and holds whole groups of pictures with the sound beside them, in a
//! container that can be read by itself: MPEG-TS where it carries the codecs, else Matroska. Segments of a stream touch,
//! and their bytes in a row play as one. A group of pictures that is larger than `segment_bytes` or longer than
//! `longest_group_ms` is *continued* in further segments: the first holds the keyframe and decodes by itself, those
//! behind it hold the rest, whose sound can be decoded and whose pictures only with the first. The room says so once per
//! stream; a keyframe every two seconds at the sender avoids it. Pictures before the first keyframe are left out.
//!
//! **Time.** Media time is zero at the first picture (first sound, where there are no pictures) and goes on through
//! resets, jumps and wraps of the sender's timestamps. When it was captured is told by the sender's own clock, where it
//! has one that lies within `sender_clock_within_ms` of ours (RTCP sender reports of RTSP, `EXT-X-PROGRAM-DATE-TIME` of
//! HLS), else by the pictures that arrived with the least delay; from there media time advances, and drift between the
//! clocks is followed slowly. The arrival of a single segment places nothing. Capture times never run back. What
//! some senders tell of their clock over RTMP (`onFI`) is not read.
//!
//! **Streams.** A sender that restarts begins a new stream, `live-` and the Unix second of its start, unless it is back
//! within `resume_within_ms`: then the stream goes on, with a gap. A sender that says goodbye (RTMP) has ended its
//! stream at once.
//!
//! **Rooms** share nothing: each has its own thread, pipeline and queue. A slow reader costs a room whole segments,
//! recorded as a gap, never memory and never another room's time.

mod backoff;
mod captured;
mod clock;
mod error;
mod options;
mod outlet;
mod pace;
mod pipeline;
mod room;
mod rooms;
mod rooms_file;
mod rtmp;
mod source;
mod stream;

pub use captured::{Captured, GapReason, RoomState};
pub use error::CaptureError;
pub use options::CaptureOptions;
pub use outlet::{Captures, Empty};
pub use room::RoomStatus;
pub use rooms::Rooms;
pub use source::Source;
