//! From encoded segments to pictures and sound that encoders take.
//!
//! Invariants: nothing touches the disk; the result depends on the segments' bytes alone, whatever the number
//! of threads; any bytes at all end in bounded time with what could be decoded and the faults that were met;
//! and a damaged segment leaves no trace in those that follow it.

mod deadline;
mod fault;
mod input;
mod libav;
mod options;
mod sampling;
mod scale;
mod segment;
mod sound;
mod video;

pub use fault::{DecodeError, Fault, FaultKind, SegmentName, Track};
pub use options::{DecodeOptions, Limits, Mode};
pub use segment::{Decoded, SegmentDecoder};
pub use sound::{SAMPLE_RATE, Sound};
pub use video::Picture;
