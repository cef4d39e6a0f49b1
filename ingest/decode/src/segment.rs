//! The decoder of one stream: segments in, pictures and sound out.

use std::sync::Once;

use kairos_timeline::{MediaTime, Segment, Span};

use crate::deadline::Deadline;
use crate::fault::{DecodeError, Fault, FaultKind, Faults, SegmentName, Track};
use crate::input::{self, Packets};
use crate::options::{DecodeOptions, Mode};
use crate::scale::{self, Scaler};
use crate::sound::{Sound, SoundDecoder};
use crate::video::{Picture, Plan, VideoDecoder};

/// What was decoded of one segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded {
    /// Pictures in the order in which they are shown.
    pub pictures: Vec<Picture>,
    /// Stretches of sound; one, unless sound is missing inside the segment. The first continues the last one
    /// of the segment before to the sample, and so may begin and end a few samples before the segment does.
    pub sound: Vec<Sound>,
    /// What was wrong, and left out or concealed.
    pub faults: Vec<Fault>,
    /// Mean pictures per second of the encoded video, whatever the mode; `None` without pictures.
    pub frame_rate: Option<f64>,
    /// Whether the segment holds a video track.
    pub has_video: bool,
    /// Whether the segment holds a sound track.
    pub has_sound: bool,
}

/// Decodes the segments of one stream.
pub struct SegmentDecoder {
    options: DecodeOptions,
    video: VideoDecoder,
    sound: SoundDecoder,
    scalers: Vec<Scaler>,
}

/// From a segment's container clock to media time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: i64,
    start: MediaTime,
    furthest: Span,
}

impl Clock {
    pub(crate) fn start(&self) -> MediaTime {
        self.start
    }

    /// Media time of the timestamp `micros`; `None` where it lies too far from the segment to be true.
    pub(crate) fn place(&self, micros: i64) -> Option<MediaTime> {
        let offset = Span::from_micros(micros.saturating_sub(self.origin));
        (offset.abs() <= self.furthest).then(|| self.start + offset)
    }
}

/// FFmpeg's messages have to be loaded before they can be shown; what it writes to standard error by itself lacks
/// the room and the segment, which faults have.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ffmpeg_next::init() {
            tracing::warn!(%error, "ffmpeg could not be initialised");
        }
        ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    });
}

impl SegmentDecoder {
    /// A decoder for one stream. Sizes and thread counts of zero count as one.
    pub fn new(options: DecodeOptions) -> Self {
        prepare();
        let (width, height) = (options.width.max(1), options.height.max(1));
        let scalers = (0..options.threads.max(1)).map(|_| Scaler::new(width, height)).collect();
        Self { options, video: VideoDecoder::default(), sound: SoundDecoder::default(), scalers }
    }

    /// Decodes pictures and sound as the options say. Segments of a stream are given in their order; sound
    /// continues across those whose sequence numbers follow one another.
    ///
    /// # Errors
    /// If the container can't be opened or is empty. Any lesser damage is in [`Decoded::faults`].
    pub fn decode(&mut self, segment: &Segment) -> Result<Decoded, DecodeError> {
        self.run(segment, self.options.pictures, self.options.sound)
    }

    /// Decodes only the pictures, in another mode than the options say. The sound is left alone, so that a
    /// segment can be looked at again more closely, before or after its neighbours were decoded.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn pictures(&mut self, segment: &Segment, mode: Mode) -> Result<Decoded, DecodeError> {
        self.run(segment, Some(mode), false)
    }

    /// Ends the stream: the last samples, which were held back for a next segment.
    pub fn finish(&mut self) -> Option<Sound> {
        self.sound.drain()
    }

    fn run(
        &mut self,
        segment: &Segment,
        mode: Option<Mode>,
        with_sound: bool,
    ) -> Result<Decoded, DecodeError> {
        let deadline = Deadline::after(self.options.deadline);
        let limits = &self.options.limits;
        let mut faults = Faults::default();
        let demuxed = input::demux(segment, limits, deadline, &mut faults)?;
        let video_origin = demuxed.video.as_ref().and_then(Packets::origin);
        let origin = video_origin.or_else(|| demuxed.sound.as_ref().and_then(Packets::origin)).unwrap_or(0);
        let known = if segment.duration > Span::ZERO { segment.duration } else { limits.sound };
        let clock = Clock { origin, start: segment.start, furthest: known + limits.overhang };
        let frame = demuxed.video.as_ref().and_then(|packets| frame_distance(packets, clock));
        let mut decoded = Decoded {
            has_video: demuxed.video.is_some(),
            has_sound: demuxed.sound.is_some(),
            frame_rate: frame.map(|frame| 1.0 / frame.as_secs_f64()),
            ..Decoded::default()
        };
        if let (Some(packets), Some(mode)) = (&demuxed.video, mode) {
            let end = match segment.duration > Span::ZERO {
                true => segment.end(),
                false => last(packets, clock).unwrap_or(segment.start) + frame.unwrap_or_default(),
            };
            let plan = Plan { packets, mode, clock, frame, end, limits, deadline };
            let video = &mut self.video;
            let pictures = scale::scale_all(&mut self.scalers, |sink| video.decode(&plan, sink, &mut faults));
            for picture in pictures {
                match picture {
                    Ok(picture) => decoded.pictures.push(picture),
                    Err(error) => faults.add(Track::Video, FaultKind::Decode(error.to_string())),
                }
            }
        }
        if let Some(packets) = demuxed.sound.as_ref().filter(|_| with_sound) {
            decoded.sound = self.sound.decode(segment, packets, clock, limits, deadline, &mut faults);
        }
        decoded.faults = faults.named(&SegmentName::from(segment));
        Ok(decoded)
    }
}

fn placed(packets: &Packets, clock: Clock) -> impl Iterator<Item = MediaTime> {
    packets
        .packets
        .iter()
        .filter_map(move |packet| packets.micros(packet.pts()).and_then(|micros| clock.place(micros)))
}

fn last(packets: &Packets, clock: Clock) -> Option<MediaTime> {
    placed(packets, clock).max()
}

/// Mean distance between the pictures of a track, from their timestamps, or what the container states where
/// there are too few.
fn frame_distance(packets: &Packets, clock: Clock) -> Option<Span> {
    let count = placed(packets, clock).count() as i64;
    let range = last(packets, clock)? - placed(packets, clock).min()?;
    let measured = range.as_micros() / (count - 1).max(1);
    if measured > 0 {
        return Some(Span::from_micros(measured));
    }
    packets.rate.map(|rate| Span::from_secs_f64(1.0 / rate)).filter(|frame| *frame > Span::ZERO)
}
