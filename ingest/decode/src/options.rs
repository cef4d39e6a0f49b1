//! What to decode of a segment, and how much work it may cost.

use std::time::Duration;

use kairos_timeline::Span;

/// Which pictures are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    /// Keyframes only: some thirteen times cheaper than all pictures.
    Keyframes,
    /// The pictures nearest to a grid of `per_second` instants per second of media time. The grid starts at
    /// media time zero and knows no segments: every grid point belongs to the one segment that spans it, and
    /// gets the first picture at or after it, or the segment's last. Where at least eight pictures lie
    /// between two grid points, pictures that no other refers to are skipped undecoded.
    Sampled {
        /// Grid points per second; zero, negative and not-a-number give no pictures.
        per_second: f32,
    },
    /// Every picture.
    Full,
}

/// What to decode, at which size.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodeOptions {
    /// Width of the pictures handed out, pixels; the aspect ratio is not kept.
    pub width: u32,
    /// Height of the pictures handed out, pixels.
    pub height: u32,
    /// Which pictures; `None` for sound alone.
    pub pictures: Option<Mode>,
    /// Whether sound is decoded.
    pub sound: bool,
    /// Threads that scale pictures while one decodes them. One does both; the result is the same. Decoding
    /// itself stays on one thread because concealment of damage is a race on several.
    pub threads: usize,
    /// Wall time after which a segment is given up: a last resort behind `limits`, which do not depend on
    /// the machine.
    pub deadline: Duration,
    /// Bounds of the work.
    pub limits: Limits,
}

/// Bounds of what one segment may cost. What lies beyond them is left out and reported as a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of an encoded picture.
    pub picture_pixels: u32,
    /// Encoded packets.
    pub packets: usize,
    /// Pictures handed out.
    pub pictures: usize,
    /// Sound handed out.
    pub sound: Span,
    /// How far beyond the segment's own duration a timestamp may lie before it is taken for damage.
    pub overhang: Span,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            width: 224,
            height: 224,
            pictures: Some(Mode::Sampled { per_second: 1.0 }),
            sound: true,
            threads: 1,
            deadline: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            picture_pixels: 8_192 * 4_320,
            packets: 100_000,
            pictures: 8_192,
            sound: Span::from_millis(600_000),
            overhang: Span::from_millis(10_000),
        }
    }
}
