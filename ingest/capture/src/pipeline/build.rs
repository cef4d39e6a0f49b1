//! The elements of each kind of source, up to the pads that carry its tracks.

use std::sync::mpsc::SyncSender;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

use super::feed::Feed;
use super::{Over, Shared, track};
use crate::options::CaptureOptions;
use crate::source::{Source, SourceKind};
use crate::stream::Unit;

/// Puts the elements of `source` into `pipeline`; units go to `sender`.
pub(super) fn build(
    pipeline: &gst::Pipeline,
    source: &Source,
    options: &CaptureOptions,
    shared: &Shared,
    sender: &SyncSender<Unit>,
) -> Result<Option<Feed>, String> {
    let plan = Plan { pipeline: pipeline.downgrade(), shared: shared.clone(), sender: sender.clone() };
    let seconds = |millis: u64| u32::try_from(millis.div_ceil(1_000)).unwrap_or(u32::MAX);
    match &source.kind {
        SourceKind::RtmpPull => {
            let input = make("rtmp2src")?;
            input.set_property("location", source.secret_text());
            input.set_property("timeout", seconds(options.connect_timeout_ms));
            input.set_property("idle-timeout", seconds(options.reconnect_silent_after_ms));
            plan.demux(&input, "flvdemux")?;
        }
        SourceKind::RtmpListen { .. } => {
            let caps = gst::Caps::new_empty_simple("video/x-flv");
            let input =
                gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Bytes).max_bytes(0).build();
            plan.demux(input.upcast_ref(), "flvdemux")?;
            return Ok(Some(Feed::new(input, shared.clone())));
        }
        SourceKind::Srt { listener } => {
            let input = make("srtsrc")?;
            input.set_property("uri", source.secret_text());
            if !source.secret_text().contains("latency=") {
                input.set_property("latency", i32::try_from(options.network_latency_ms).unwrap_or(i32::MAX));
            }
            input.set_property("wait-for-connection", *listener);
            if input.has_property("auto-reconnect") {
                // An own reconnection is a new stream, which has to be known.
                input.set_property("auto-reconnect", false);
            }
            forget_arrival(&input);
            plan.find(&input)?;
        }
        SourceKind::Http => {
            let input = make("souphttpsrc")?;
            input.set_property("location", source.secret_text());
            input.set_property("timeout", seconds(options.reconnect_silent_after_ms));
            input.set_property("retries", 0_i32);
            plan.find(&input)?;
        }
        SourceKind::Rtsp => {
            shared.lock().clock_expected = true;
            plan.rtsp(source, options)?;
        }
        SourceKind::File(path) => {
            let input = make("filesrc")?;
            input.set_property("location", path.to_str().ok_or("the path is no text")?);
            plan.find(&input)?;
        }
    }
    Ok(None)
}

fn make(name: &str) -> Result<gst::Element, String> {
    gst::ElementFactory::make(name).build().map_err(|_missing| {
        format!("gstreamer has no element {name}: install its plugins base, good and bad")
    })
}

/// Takes the times of arrival off a live transport, so that the demuxer keeps the sender's own instead of bending them
/// to ours.
fn forget_arrival(input: &gst::Element) {
    let Some(pad) = input.static_pad("src") else { return };
    let types = gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER;
    let _stays = pad.add_probe(types, |_, info| {
        match &mut info.data {
            Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::Segment => {
                let bytes = gst::FormattedSegment::<gst::format::Bytes>::new();
                *event = gst::event::Segment::new(&bytes);
            }
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let buffer = buffer.make_mut();
                buffer.set_pts(gst::ClockTime::NONE);
                buffer.set_dts(gst::ClockTime::NONE);
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

/// What pads that appear later need.
#[derive(Clone)]
struct Plan {
    pipeline: gst::glib::WeakRef<gst::Pipeline>,
    shared: Shared,
    sender: SyncSender<Unit>,
}

impl Plan {
    fn add(&self, element: &gst::Element) -> Result<(), String> {
        let pipeline = self.pipeline.upgrade().ok_or("the connection is over")?;
        pipeline.add(element).map_err(|error| error.to_string())
    }

    /// A failure in a thread of the pipeline ends the connection.
    fn note(&self, result: Result<(), String>) {
        if let Err(problem) = result {
            self.shared.over(Over::Broken(problem));
        }
    }

    /// The tracks of `demuxer` as they appear.
    fn tracks(&self, demuxer: &gst::Element) {
        let plan = self.clone();
        demuxer.connect_pad_added(move |_, pad| {
            if pad.direction() == gst::PadDirection::Src
                && let Some(pipeline) = plan.pipeline.upgrade()
            {
                plan.note(track::attach(&pipeline, pad, &plan.shared, &plan.sender));
            }
        });
    }

    fn demux(&self, input: &gst::Element, demuxer: &str) -> Result<(), String> {
        let demuxer = make(demuxer)?;
        self.add(input)?;
        self.add(&demuxer)?;
        self.tracks(&demuxer);
        input.link(&demuxer).map_err(|error| error.to_string())
    }

    /// Looks at the first bytes to tell the container.
    fn find(&self, input: &gst::Element) -> Result<(), String> {
        let finder = make("typefind")?;
        self.add(input)?;
        self.add(&finder)?;
        let plan = self.clone();
        finder.connect("have-type", false, move |values| {
            let finder = values.first().and_then(|value| value.get::<gst::Element>().ok());
            let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
            if let (Some(finder), Some(caps)) = (finder, caps) {
                plan.note(plan.found(&finder, &caps));
            }
            None
        });
        input.link(&finder).map_err(|error| error.to_string())
    }

    fn found(&self, finder: &gst::Element, caps: &gst::Caps) -> Result<(), String> {
        let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
        if name.starts_with("text/") {
            return Err(format!("the source sends {name}, no media"));
        }
        // These show their tracks one by one; the automatic choice would wait for a track that may never come.
        let demuxer = match name.as_str() {
            "video/x-flv" => "flvdemux",
            "video/mpegts" => "tsdemux",
            _ => "parsebin",
        };
        let demuxer = make(demuxer)?;
        self.add(&demuxer)?;
        self.tracks(&demuxer);
        finder.link(&demuxer).map_err(|error| error.to_string())?;
        demuxer.sync_state_with_parent().map_err(|error| error.to_string())
    }

    fn rtsp(&self, source: &Source, options: &CaptureOptions) -> Result<(), String> {
        let input = make("rtspsrc")?;
        input.set_property("location", source.secret_text());
        input.set_property("latency", options.network_latency_ms);
        let micros = options.connect_timeout_ms.saturating_mul(1_000);
        input.set_property("tcp-timeout", micros);
        input.set_property("timeout", micros.min(5_000_000));
        // The sender's timestamps as they are: drift against our clock is corrected elsewhere, and not in media time.
        input.set_property_from_str("buffer-mode", "none");
        if options.rtsp_tcp {
            input.set_property_from_str("protocols", "tcp");
        }
        if input.has_property("add-reference-timestamp-meta") {
            input.set_property("add-reference-timestamp-meta", true);
        }
        self.add(&input)?;
        let plan = self.clone();
        input.connect_pad_added(move |_, pad| plan.note(plan.rtp(pad)));
        Ok(())
    }

    fn rtp(&self, pad: &gst::Pad) -> Result<(), String> {
        // What comes after this loses the sender's clock, which is told per packet.
        let shared = self.shared.clone();
        let _stays = pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data
                && let (Some(shown), Some(sent)) = (buffer.pts(), track::sent(buffer))
            {
                shared.lock().sent = Some((shown, sent));
            }
            gst::PadProbeReturn::Ok
        });
        let parse = make("parsebin")?;
        self.add(&parse)?;
        self.tracks(&parse);
        parse.sync_state_with_parent().map_err(|error| error.to_string())?;
        let input = parse.static_pad("sink").ok_or("a parser without input")?;
        pad.link(&input).map(drop).map_err(|error| error.to_string())
    }
}
