//! From a demuxer's pad to units: parse into the form that segments hold, tell keyframes, keep times.

use std::str::FromStr;
use std::sync::mpsc::SyncSender;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use kairos_timeline::{Span, WallTime};

use super::Shared;
use crate::clock;
use crate::stream::{Kind, Unit, container};

/// NTP counts from 1900, Unix from 1970.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// How a codec is parsed, and the form in which it is kept: complete units that carry what decoding them takes.
fn form(caps: &gst::StructureRef) -> (Option<&'static str>, Option<&'static str>) {
    let version = caps.get::<i32>("mpegversion").unwrap_or(0);
    match (caps.name().as_str(), version) {
        ("video/x-h264", _) => (
            Some("h264parse config-interval=-1"),
            Some("video/x-h264,stream-format=byte-stream,alignment=au"),
        ),
        ("video/x-h265", _) => (
            Some("h265parse config-interval=-1"),
            Some("video/x-h265,stream-format=byte-stream,alignment=au"),
        ),
        ("video/x-av1", _) => (Some("av1parse"), Some("video/x-av1,stream-format=obu-stream,alignment=tu")),
        ("video/x-vp9", _) => (Some("vp9parse"), None),
        ("video/mpeg", 1 | 2) => (Some("mpegvideoparse"), None),
        ("video/mpeg", 4) => (Some("mpeg4videoparse config-interval=-1"), None),
        ("audio/mpeg", 1) => (Some("mpegaudioparse"), None),
        ("audio/mpeg", _) => (Some("aacparse"), Some("audio/mpeg,mpegversion=4,stream-format=raw")),
        ("audio/x-ac3" | "audio/x-eac3", _) => (Some("ac3parse"), None),
        ("audio/x-opus", _) => (Some("opusparse"), None),
        ("audio/x-flac", _) => (Some("flacparse"), None),
        _ => (None, None),
    }
}

/// Connects a pad that carries pictures or sound; any other is let run into nothing.
pub(super) fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    shared: &Shared,
    sender: &SyncSender<Unit>,
) -> Result<(), String> {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let structure = caps.structure(0).ok_or("a track without a type")?;
    let kind = match structure.name().split('/').next() {
        Some("video") => Some(Kind::Picture),
        Some("audio") => Some(Kind::Sound),
        _ => None,
    };
    let chain = match kind.filter(|kind| shared.lock().claim(*kind)) {
        Some(kind) => {
            let (parser, kept) = form(structure);
            let kept = kept.map(gst::Caps::from_str).transpose().map_err(|error| error.to_string())?;
            let chain = gst::parse::bin_from_description(parser.unwrap_or("identity"), true)
                .map_err(|error| error.message().to_owned())?;
            let sink = units(kind, shared, sender);
            sink.set_caps(kept.as_ref());
            pipeline.add(&sink).map_err(|error| error.to_string())?;
            pipeline.add(&chain).map_err(|error| error.to_string())?;
            chain.link(&sink).map_err(|error| error.to_string())?;
            sink.sync_state_with_parent().map_err(|error| error.to_string())?;
            chain.upcast::<gst::Element>()
        }
        None => {
            if kind.is_some() {
                shared.lock().ignored.push(format!("second {} track", structure.name()));
            }
            let sink = gst::ElementFactory::make("fakesink").property("sync", false).property("async", false);
            let sink = sink.build().map_err(|error| error.to_string())?;
            pipeline.add(&sink).map_err(|error| error.to_string())?;
            sink
        }
    };
    chain.sync_state_with_parent().map_err(|error| error.to_string())?;
    let input = chain.static_pad("sink").ok_or("a parser without input")?;
    pad.link(&input).map(drop).map_err(|error| format!("{}: {error}", structure.name()))
}

fn units(kind: Kind, shared: &Shared, sender: &SyncSender<Unit>) -> gst_app::AppSink {
    // No more than one unit waits here: the channel is the buffer, and holds back the source when it is full.
    let sink = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(1).build();
    let (sender, shared) = (sender.clone(), shared.clone());
    let mut judged: Option<(gst::Caps, bool)> = None;
    let new_sample = move |sink: &gst_app::AppSink| {
        let arrived = clock::wall();
        let sample = sink.pull_sample().map_err(|_ended| gst::FlowError::Eos)?;
        let Some(caps) = sample.caps_owned() else { return Ok(gst::FlowSuccess::Ok) };
        if judged.as_ref().is_none_or(|(known, _)| *known != caps) {
            let carried = container(std::iter::once(caps.as_ref())).is_some();
            if !carried {
                let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
                shared.lock().ignored.push(format!("{name}, which no container of segments carries"));
            }
            judged = Some((caps.clone(), carried));
        }
        if judged.as_ref().is_some_and(|(_, carried)| !carried) {
            return Ok(gst::FlowSuccess::Ok);
        }
        match unit(kind, &sample, caps, arrived, &shared) {
            // Whoever received has gone: the connection is being closed.
            Some(unit) => {
                sender.send(unit).map(|()| gst::FlowSuccess::Ok).map_err(|_gone| gst::FlowError::Eos)
            }
            None => Ok(gst::FlowSuccess::Ok),
        }
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(new_sample).build());
    sink
}

/// `None` for what holds nothing, or no time.
fn unit(
    kind: Kind,
    sample: &gst::Sample,
    caps: gst::Caps,
    arrived: WallTime,
    shared: &Shared,
) -> Option<Unit> {
    let buffer = sample.buffer_owned()?;
    if buffer.size() == 0 {
        return None;
    }
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let micros = |time: gst::ClockTime| {
        let running = segment.to_running_time_full(time)?;
        let (sign, time) = match running {
            gst::Signed::Positive(time) => (1, time),
            gst::Signed::Negative(time) => (-1, time),
        };
        Some(sign * i64::try_from(time.useconds()).ok()?)
    };
    let shown_raw = buffer.pts().or(buffer.dts()).and_then(micros)?;
    let decoded_raw = buffer.pts().and(buffer.dts()).and_then(micros);
    let duration = match buffer.duration() {
        Some(duration) => Span::from_micros(duration.useconds() as i64),
        None => frame(&caps),
    };
    let key = kind == Kind::Sound || !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let sender = captured(kind, &buffer, shared);
    Some(Unit { kind, caps, buffer, shown_raw, decoded_raw, duration, key, arrived, sender })
}

/// Length of a picture as the codec states it.
fn frame(caps: &gst::Caps) -> Span {
    let rate = caps.structure(0).and_then(|s| s.get::<gst::Fraction>("framerate").ok());
    match rate.map(|rate| (i64::from(rate.numer()), i64::from(rate.denom()))) {
        Some((pictures, seconds)) if pictures > 0 => Span::from_micros(1_000_000 * seconds / pictures),
        _ => Span::ZERO,
    }
}

/// When the unit was captured, by the sender's clock, if it told one.
fn captured(kind: Kind, buffer: &gst::BufferRef, shared: &Shared) -> Option<WallTime> {
    let mut news = shared.lock();
    let own = buffer.pts()?;
    if kind == Kind::Picture {
        let first = *news.first_picture.get_or_insert(own);
        if let Some(date) = news.first_date.take() {
            news.sent = Some((first, date));
        }
    }
    let (shown, sent) = news.sent?;
    let apart = own.nseconds() as i64 - shown.nseconds() as i64;
    Some(sent + Span::from_micros(apart / 1_000))
}

/// The sender's clock as an RTP packet carries it along, once a sender report (RTCP) has told it.
pub(super) fn sent(packet: &gst::BufferRef) -> Option<WallTime> {
    packet.iter_meta::<gst::ReferenceTimestampMeta>().find_map(|meta| {
        let seconds = match meta.reference().structure(0)?.name().as_str() {
            "timestamp/x-ntp" => NTP_TO_UNIX,
            "timestamp/x-unix" => 0,
            _ => return None,
        };
        let unix = meta.timestamp().checked_sub(gst::ClockTime::from_seconds(seconds))?;
        Some(WallTime::from_micros(i64::try_from(unix.useconds()).ok()?))
    })
}
