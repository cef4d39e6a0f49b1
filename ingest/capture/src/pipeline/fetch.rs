//! A small text over HTTP, within a deadline, by the same client that fetches media.

use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

/// Playlists are far smaller.
const LARGEST: usize = 4 << 20;

/// The text at `address`; `None` when it can't be had in time, is too large or no text.
pub(super) fn text(address: &str, timeout: Duration) -> Option<String> {
    let seconds = u32::try_from(timeout.as_secs().max(1)).unwrap_or(u32::MAX);
    let input = gst::ElementFactory::make("souphttpsrc").build().ok()?;
    input.set_property("location", address);
    input.set_property("timeout", seconds);
    input.set_property("retries", 0_i32);
    let sink = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(4).build();
    let pipeline = gst::Pipeline::new();
    pipeline.add(&input).ok()?;
    pipeline.add(&sink).ok()?;
    input.link(&sink).ok()?;
    let mut bytes = Vec::new();
    if pipeline.set_state(gst::State::Playing).is_ok() {
        let limit = gst::ClockTime::from_seconds(u64::from(seconds));
        while let Some(sample) = sink.try_pull_sample(limit) {
            if let Some(map) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) {
                bytes.extend_from_slice(map.as_slice());
            }
            if bytes.len() > LARGEST {
                bytes.clear();
                break;
            }
        }
    }
    let whole = sink.is_eos();
    pipeline.set_state(gst::State::Null).ok()?;
    String::from_utf8(bytes).ok().filter(|text| whole && !text.is_empty())
}
