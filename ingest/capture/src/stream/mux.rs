//! The pictures and sound of a segment to the bytes of a container, in memory, never encoded again.
//!
//! MPEG-TS where it carries the codecs, else Matroska. Timestamps are media time plus ten seconds, so that segments
//! written one behind the other play as one and no decoding timestamp is negative.

use bytes::Bytes;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use kairos_timeline::{ContentType, MediaTime, Span};

use super::continuity::Continuity;
use super::cut::Cut;
use super::unit::Timed;

const AHEAD: Span = Span::from_millis(10_000);
/// A muxer that gives nothing for this long is broken: its input is complete.
const DEADLINE: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Writes the segments of one stream.
#[derive(Debug, Default)]
pub(crate) struct Muxer {
    continuity: Continuity,
}

fn takes(muxer: &str, caps: &gst::CapsRef) -> bool {
    let Some(factory) = gst::ElementFactory::find(muxer) else { return false };
    let templates = factory.static_pad_templates();
    templates.iter().any(|template| {
        template.direction() == gst::PadDirection::Sink && template.caps().can_intersect(caps)
    })
}

/// The container that carries all of these; `None` when one of them fits into none.
pub(crate) fn container<'a>(tracks: impl Iterator<Item = &'a gst::CapsRef> + Clone) -> Option<ContentType> {
    if tracks.clone().all(|caps| takes("mpegtsmux", caps)) {
        return Some(ContentType::MpegTs);
    }
    // Its templates want H.264 and H.265 in the other form, into which the parser before it brings them.
    let name = |caps: &gst::CapsRef| caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
    let mut tracks = tracks;
    let fits = |caps: &gst::CapsRef| parser(&name(caps)).is_some() || takes("matroskamux", caps);
    tracks.all(fits).then_some(ContentType::Matroska)
}

/// What brings a codec into the form that Matroska wants.
fn parser(name: &str) -> Option<&'static str> {
    match name {
        "video/x-h264" => Some("h264parse"),
        "video/x-h265" => Some("h265parse"),
        _ => None,
    }
}

impl Muxer {
    /// The container and bytes of one segment.
    pub(crate) fn write(&mut self, cut: &Cut) -> Result<(ContentType, Bytes), String> {
        let tracks: Vec<&[Timed]> =
            [&cut.pictures[..], &cut.sound[..]].into_iter().filter(|t| !t.is_empty()).collect();
        let caps = tracks.iter().filter_map(|track| track.first().map(|first| first.caps.as_ref()));
        let content_type = container(caps).ok_or("no container carries these codecs")?;
        let pipeline = gst::Pipeline::new();
        let result = run(&pipeline, content_type, &tracks);
        pipeline.set_state(gst::State::Null).map_err(|error| error.to_string())?;
        let mut bytes = result?;
        if content_type == ContentType::MpegTs {
            self.continuity.apply(&mut bytes);
        }
        Ok((content_type, bytes.into()))
    }
}

fn element(name: &str) -> Result<gst::Element, String> {
    gst::ElementFactory::make(name).build().map_err(|_missing| format!("gstreamer has no element {name}"))
}

fn muxer(content_type: ContentType) -> Result<gst::Element, String> {
    if content_type != ContentType::MpegTs {
        let muxer = element("matroskamux")?;
        muxer.set_property("streamable", true);
        muxer.set_property("writing-app", "kairos");
        return Ok(muxer);
    }
    let muxer = element("mpegtsmux")?;
    // Tables once, in front: a segment is read from its beginning.
    for table in ["pat-interval", "pmt-interval", "si-interval"] {
        muxer.set_property(table, u32::MAX / 2);
    }
    Ok(muxer)
}

fn run(pipeline: &gst::Pipeline, content_type: ContentType, tracks: &[&[Timed]]) -> Result<Vec<u8>, String> {
    let failed = |error: gst::glib::BoolError| error.message.to_string();
    let muxer = muxer(content_type)?;
    let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
    pipeline.add(&muxer).map_err(failed)?;
    pipeline.add(&sink).map_err(failed)?;
    muxer.link(&sink).map_err(failed)?;
    let mut sources = Vec::with_capacity(tracks.len());
    for track in tracks {
        let Some(first) = track.first() else { continue };
        let source =
            gst_app::AppSrc::builder().caps(&first.caps).format(gst::Format::Time).max_bytes(0).build();
        pipeline.add(&source).map_err(failed)?;
        let name = first.caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
        let mut last: gst::Element = source.clone().upcast();
        if let Some(parser) = parser(&name).filter(|_| content_type != ContentType::MpegTs) {
            let parser = element(parser)?;
            pipeline.add(&parser).map_err(failed)?;
            last.link(&parser).map_err(failed)?;
            last = parser;
        }
        // A source says only later what it gives, so the kind of input is asked for by name.
        let input = match content_type {
            ContentType::MpegTs => "sink_%d",
            _ if name.starts_with("audio/") => "audio_%u",
            _ => "video_%u",
        };
        last.link_pads(Some("src"), &muxer, Some(input)).map_err(failed)?;
        sources.push((source, *track));
    }
    pipeline.set_state(gst::State::Playing).map_err(|error| error.to_string())?;
    for (source, track) in sources {
        for buffer in placed(track) {
            source.push_buffer(buffer).map_err(|error| format!("muxer refused a packet: {error:?}"))?;
        }
        source.end_of_stream().map_err(|error| format!("muxer refused the end: {error:?}"))?;
    }
    let mut bytes = Vec::new();
    while let Some(sample) = sink.try_pull_sample(DEADLINE) {
        let Some(buffer) = sample.buffer() else { continue };
        let map = buffer.map_readable().map_err(failed)?;
        bytes.extend_from_slice(map.as_slice());
    }
    if let Some(error) = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]))
        && let gst::MessageView::Error(error) = error.view()
    {
        return Err(error.error().to_string());
    }
    match sink.is_eos() && !bytes.is_empty() {
        true => Ok(bytes),
        false => Err("muxer gave nothing".to_owned()),
    }
}

fn clock_time(at: MediaTime) -> gst::ClockTime {
    gst::ClockTime::from_useconds((at + AHEAD).as_micros().max(0) as u64)
}

/// The packets of a track with their times. Where the source tells no decoding times, they are made from presentation
/// times: the packets keep their order, each is decoded no later than it is shown, and the times rise.
fn placed(track: &[Timed]) -> Vec<gst::Buffer> {
    let mut sorted: Vec<MediaTime> = track.iter().map(|timed| timed.shown_at).collect();
    sorted.sort_unstable();
    let late = sorted.iter().zip(track).map(|(at, timed)| *at - timed.shown_at).max().unwrap_or_default();
    let told = track.iter().all(|timed| timed.decoded_at.is_some());
    let place = |(at, timed): (MediaTime, &Timed)| {
        let decoded = timed.decoded_at.filter(|_| told).unwrap_or(at - late);
        let mut buffer = timed.buffer.copy();
        let writable = buffer.make_mut();
        writable.set_pts(clock_time(timed.shown_at));
        writable.set_dts(clock_time(decoded.min(timed.shown_at)));
        let duration = timed.duration.as_micros();
        writable.set_duration((duration > 0).then(|| gst::ClockTime::from_useconds(duration as u64)));
        writable.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        buffer
    };
    sorted.into_iter().zip(track).map(place).collect()
}
