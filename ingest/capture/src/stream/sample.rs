//! Units without content, for tests.

use gstreamer as gst;
use kairos_timeline::{Span, WallTime};

use super::unit::{Kind, Unit};

fn unit(kind: Kind, raw: i64, key: bool, size: usize, millis: i64) -> Unit {
    gst::init().expect("gstreamer is installed");
    Unit {
        kind,
        caps: gst::Caps::new_empty_simple(if kind == Kind::Picture { "video/x-h264" } else { "audio/mpeg" }),
        buffer: gst::Buffer::with_size(size).expect("memory"),
        shown_raw: raw,
        decoded_raw: Some(raw),
        duration: Span::from_millis(millis),
        key,
        arrived: WallTime::from_micros(1_700_000_000_000_000),
        sender: None,
    }
}

/// A picture of 40 ms.
pub(crate) fn picture(raw: i64, key: bool) -> Unit {
    unit(Kind::Picture, raw, key, 1_000, 40)
}

/// A picture of this size.
pub(crate) fn picture_of(raw: i64, key: bool, size: usize) -> Unit {
    unit(Kind::Picture, raw, key, size, 40)
}

/// A packet of sound of 20 ms.
pub(crate) fn sound(raw: i64) -> Unit {
    unit(Kind::Sound, raw, true, 100, 20)
}
