//! A segment's bytes to the packets of its first video and its first sound track.
//!
//! All packets are read before anything is decoded: they are no larger than the segment, and the plan of what
//! to decode needs the frame rate and the last timestamp.

use std::ffi::CStr;
use std::io::Cursor;

use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::Disposition;
use ffmpeg_next::{Error, Packet, Rational, Rescale, codec, media};
use kairos_timeline::{ContentType, Segment};

use crate::deadline::Deadline;
use crate::fault::{DecodeError, FaultKind, Faults, SegmentName, Track};
use crate::libav;
use crate::options::Limits;

const MICROS: Rational = Rational(1, 1_000_000);

/// How often in a row the demuxer may stumble: it makes no progress any more.
const STUMBLES: usize = 64;

/// Bytes that a demuxer may look at before it says what is inside.
const PROBE: usize = 256 * 1024;

/// The packets of one track, in decoding order.
pub(crate) struct Packets {
    pub(crate) parameters: codec::Parameters,
    pub(crate) time_base: Rational,
    pub(crate) rate: Option<f64>,
    pub(crate) packets: Vec<Packet>,
}

/// What the container holds.
pub(crate) struct Demuxed {
    pub(crate) video: Option<Packets>,
    pub(crate) sound: Option<Packets>,
}

impl Packets {
    /// Presentation time in microseconds of the container's clock.
    pub(crate) fn micros(&self, stamp: Option<i64>) -> Option<i64> {
        let sane = self.time_base.numerator() > 0 && self.time_base.denominator() > 0;
        stamp.filter(|_| sane).map(|stamp| stamp.rescale(self.time_base, MICROS))
    }

    /// Presentation time of the first picture that can be decoded by itself, or the earliest there is.
    pub(crate) fn origin(&self) -> Option<i64> {
        let key = self.packets.iter().find(|packet| packet.is_key()).and_then(Packet::pts);
        self.micros(key.or_else(|| self.packets.iter().filter_map(Packet::pts).min()))
    }
}

fn demuxer(content_type: ContentType) -> Option<&'static CStr> {
    Some(match content_type {
        ContentType::MpegTs => c"mpegts",
        ContentType::Mp4 => c"mp4",
        ContentType::Matroska => c"matroska",
        ContentType::Flv => c"flv",
        _ => return None,
    })
}

fn kind_of(input: &Input, index: usize) -> Option<media::Type> {
    let stream = input.stream(index)?;
    let cover = stream.disposition().contains(Disposition::ATTACHED_PIC);
    (!cover).then(|| stream.parameters().medium())
}

/// Reads all packets of the first video and the first sound track.
pub(crate) fn demux(
    segment: &Segment,
    limits: &Limits,
    deadline: Deadline,
    faults: &mut Faults,
) -> Result<Demuxed, DecodeError> {
    let name = || SegmentName::from(segment);
    let content_type = segment.content_type;
    let Some(format) = demuxer(content_type) else {
        return Err(DecodeError::ContentType { segment: name(), content_type });
    };
    let bytes = Cursor::new(segment.bytes.clone());
    let mut input = libav::open(bytes, format, PROBE, deadline).map_err(|error| DecodeError::Container {
        segment: name(),
        content_type,
        reason: error.to_string(),
    })?;
    let mut tracks: [Option<(usize, Vec<Packet>)>; 2] = [None, None];
    for index in 0..input.nb_streams() as usize {
        adopt(&input, index, &mut tracks);
    }
    read(&mut input, &mut tracks, limits, deadline, faults);
    let [video, sound] = tracks.map(|track| {
        let (index, packets) = track?;
        let stream = input.stream(index)?;
        let rate = libav::stated_rate(&stream);
        let parameters = stream.parameters().clone();
        let packets = Packets { parameters, time_base: stream.time_base(), rate, packets };
        (!packets.packets.is_empty()).then_some(packets)
    });
    if video.is_none() && sound.is_none() {
        return Err(DecodeError::Empty { segment: name() });
    }
    Ok(Demuxed { video, sound })
}

fn adopt(input: &Input, index: usize, tracks: &mut [Option<(usize, Vec<Packet>)>; 2]) {
    let slot = match kind_of(input, index) {
        Some(media::Type::Video) => 0,
        Some(media::Type::Audio) => 1,
        _ => return,
    };
    if let Some(track @ None) = tracks.get_mut(slot) {
        *track = Some((index, Vec::new()));
    }
}

fn read(
    input: &mut Input,
    tracks: &mut [Option<(usize, Vec<Packet>)>; 2],
    limits: &Limits,
    deadline: Deadline,
    faults: &mut Faults,
) {
    let (mut count, mut stumbles) = (0, 0);
    while stumbles < STUMBLES {
        if deadline.passed() {
            return faults.add(Track::Container, FaultKind::Deadline);
        }
        let mut packet = Packet::empty();
        match packet.read(input) {
            Ok(()) => stumbles = 0,
            Err(Error::Eof) => return,
            Err(error @ (Error::InvalidData | Error::Other { .. } | Error::PatchWelcome)) => {
                stumbles += 1;
                faults.add(Track::Container, FaultKind::Demux(error.to_string()));
                continue;
            }
            Err(Error::Exit) => return faults.add(Track::Container, FaultKind::Deadline),
            Err(error) => return faults.add(Track::Container, FaultKind::Demux(error.to_string())),
        }
        count += 1;
        if count > limits.packets {
            return faults.add(Track::Container, FaultKind::Limit("packets"));
        }
        // FLV and transport streams declare a track when its first packet comes.
        adopt(input, packet.stream(), tracks);
        for (slot, track) in tracks.iter_mut().enumerate() {
            if let Some((_, packets)) = track.as_mut().filter(|(index, _)| *index == packet.stream()) {
                if packet.is_corrupt() {
                    let track = if slot == 0 { Track::Video } else { Track::Sound };
                    faults.add(track, FaultKind::Corrupt);
                }
                packets.push(packet);
                break;
            }
        }
    }
}
