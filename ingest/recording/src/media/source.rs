//! A file's packets with media time, in the order of the file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Once;

use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::format::stream::Disposition;
use ffmpeg_next::{Dictionary, Error, Packet, Rational, Rescale, codec, format, media};
use kairos_timeline::{Discontinuity, MediaTime, Span};

use super::clock::FileClock;
use super::error::MediaError;
use super::libav;

const MICROS: Rational = Rational(1, 1_000_000);

/// How often in a row the demuxer may stumble without a packet in between: it makes no progress any more.
const STUMBLES: u32 = 256;

/// Demuxers that read one plain file. Playlists and the like, which open other files, are not among them.
const DEMUXERS: &str =
    "mpegts,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,flv,wav,w64,mp3,ogg,flac,aac,avi,mpeg,aiff,asf,h264,hevc";

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaInfo {
    /// Container, as FFmpeg names it.
    pub container: String,
    /// Length as the container states or estimates it.
    pub duration: Option<Span>,
    /// The pictures.
    pub video: Option<VideoInfo>,
    /// The sound.
    pub sound: Option<SoundInfo>,
}

/// The video track.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoInfo {
    /// Codec, as FFmpeg names it.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Mean pictures per second.
    pub frame_rate: Option<f64>,
}

/// The sound track.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundInfo {
    /// Codec, as FFmpeg names it.
    pub codec: String,
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
}

/// Which of the two tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Video,
    Sound,
}

/// A packet in its place.
pub(super) struct Timed {
    pub(super) kind: Kind,
    pub(super) key: bool,
    pub(super) decoded_at: MediaTime,
    pub(super) shown_at: MediaTime,
    pub(super) duration: Span,
    pub(super) packet: Packet,
}

/// A track that is read.
pub(super) struct Track {
    index: usize,
    time_base: Rational,
    next: Option<i64>,
    pub(super) parameters: codec::Parameters,
}

/// What comes out of a file.
pub(super) enum Event {
    Packet(Timed),
    Repaired(MediaTime, Discontinuity),
    Damaged { byte: Option<u64>, at: MediaTime, reason: String },
}

/// An open file.
pub(super) struct Source {
    input: Input,
    clock: FileClock,
    pub(super) video: Option<Track>,
    pub(super) sound: Option<Track>,
    reached: MediaTime,
    stumbles: u32,
    damaged: bool,
    waiting: Option<Timed>,
}

fn name_of(id: codec::Id) -> String {
    id.name().to_owned()
}

fn positive(rate: Rational) -> Option<f64> {
    let hertz = f64::from(rate.numerator()) / f64::from(rate.denominator());
    (hertz.is_finite() && hertz > 0.0).then_some(hertz)
}

/// FFmpeg's messages have to be loaded before they can be shown, and are shown as errors, not on standard error.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ffmpeg_next::init() {
            tracing::warn!(%error, "ffmpeg could not be initialised");
        }
        ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    });
}

/// Whether a file starts like an MP4 and none of its top-level boxes is the index.
fn lacks_index(file: &mut File) -> std::io::Result<bool> {
    let mut at = 0_u64;
    let mut first = true;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let mut got = 0;
        while got < head.len() {
            match file.read(&mut head[got..])? {
                0 => break,
                n => got += n,
            }
        }
        if got < 8 {
            return Ok(!first);
        }
        let kind = &head[4..8];
        if (first && kind != b"ftyp") || kind == b"moov" {
            return Ok(false);
        }
        first = false;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let mut long = [0; 8];
        long.copy_from_slice(&head[8..]);
        let size = match short {
            0 => return Ok(true),
            1 => u64::from_be_bytes(long),
            size => size,
        };
        at = match at.checked_add(size.max(8)) {
            Some(next) => next,
            None => return Ok(true),
        };
    }
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<(Self, MediaInfo), MediaError> {
        prepare();
        let io = |source| MediaError::Io { path: path.to_owned(), source };
        let container =
            |error: Error| MediaError::Container { path: path.to_owned(), reason: error.to_string() };
        let mut file = File::open(path).map_err(io)?;
        let stream = StreamIo::from_read_seek(file.try_clone().map_err(io)?).map_err(container)?;
        // The clock's own repairs need the counter as it is.
        let options = [("format_whitelist", DEMUXERS), ("correct_ts_overflow", "0")];
        let hint = path.file_name().map(|name| name.to_string_lossy().replace('\0', ""));
        let input =
            match format::input_from_stream(stream, hint.as_deref(), Some(Dictionary::from_iter(options))) {
                Ok(input) => input,
                Err(_) if lacks_index(&mut file).map_err(io)? => {
                    return Err(MediaError::NoIndex { path: PathBuf::from(path) });
                }
                Err(error) => return Err(container(error)),
            };
        let track = |kind| {
            let cover = |stream: &format::stream::Stream<'_>| {
                stream.disposition().contains(Disposition::ATTACHED_PIC)
                    || stream.parameters().id() == codec::Id::None
            };
            let best = input.streams().best(kind).filter(|stream| !cover(stream));
            best.or_else(|| input.streams().find(|s| s.parameters().medium() == kind && !cover(s))).map(
                |stream| {
                    let mut parameters = stream.parameters().clone();
                    libav::clear_tag(&mut parameters);
                    let rate = positive(stream.avg_frame_rate());
                    (
                        Track {
                            index: stream.index(),
                            time_base: stream.time_base(),
                            next: None,
                            parameters,
                        },
                        rate,
                    )
                },
            )
        };
        let (video, sound) = (track(media::Type::Video), track(media::Type::Audio));
        if video.is_none() && sound.is_none() {
            return Err(MediaError::Empty { path: path.to_owned() });
        }
        let info = MediaInfo {
            container: input.format().name().to_owned(),
            duration: (input.duration() > 0).then(|| Span::from_micros(input.duration())),
            video: video.as_ref().map(|(track, frame_rate)| {
                let (width, height, _, _) = libav::shape(&track.parameters);
                VideoInfo { codec: name_of(track.parameters.id()), width, height, frame_rate: *frame_rate }
            }),
            sound: sound.as_ref().map(|(track, _)| {
                let (_, _, sample_rate, channels) = libav::shape(&track.parameters);
                SoundInfo { codec: name_of(track.parameters.id()), sample_rate, channels }
            }),
        };
        let wraps = info.container.contains("mpegts");
        let clock = FileClock::new(wraps, wraps || info.container.contains("flv"));
        let (video, sound) = (video.map(|(track, _)| track), sound.map(|(track, _)| track));
        let reached = MediaTime::ZERO;
        Ok((Self { input, clock, video, sound, reached, stumbles: 0, damaged: false, waiting: None }, info))
    }

    /// The next packet or repair; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Event> {
        if let Some(timed) = self.waiting.take() {
            return Some(Event::Packet(timed));
        }
        loop {
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => self.stumbles = 0,
                Err(Error::Eof | Error::Exit) => return None,
                Err(error) => {
                    self.stumbles += 1;
                    if self.stumbles > STUMBLES {
                        return None;
                    }
                    if !std::mem::replace(&mut self.damaged, true) {
                        return Some(Event::Damaged {
                            byte: None,
                            at: self.reached,
                            reason: error.to_string(),
                        });
                    }
                    continue;
                }
            }
            let corrupt = packet.is_corrupt();
            let byte = u64::try_from(packet.position()).ok();
            let Some((timed, repair)) = self.place(packet) else { continue };
            self.reached = self.reached.max(timed.shown_at);
            let at = timed.shown_at;
            let reported = std::mem::replace(&mut self.damaged, corrupt);
            if let Some(repair) = repair {
                self.waiting = Some(timed);
                return Some(Event::Repaired(at, repair));
            }
            if corrupt && !reported {
                self.waiting = Some(timed);
                let reason = "data is missing or marked damaged".to_owned();
                return Some(Event::Damaged { byte, at, reason });
            }
            return Some(Event::Packet(timed));
        }
    }

    fn place(&mut self, packet: Packet) -> Option<(Timed, Option<Discontinuity>)> {
        let tracks = [(Kind::Video, &mut self.video), (Kind::Sound, &mut self.sound)];
        let (kind, track) = tracks.into_iter().find_map(|(kind, track)| {
            track.as_mut().filter(|track| track.index == packet.stream()).map(|track| (kind, track))
        })?;
        if packet.size() == 0 {
            return None;
        }
        let micros = |stamp: i64| stamp.rescale(track.time_base, MICROS);
        let duration = micros(packet.duration().max(0)).max(0);
        let shown = packet.pts().map(micros);
        let raw = packet.dts().map(micros).or(track.next).or(shown).unwrap_or(0);
        track.next = Some(raw.saturating_add(duration));
        let duration = Span::from_micros(duration);
        let (decoded_at, repair) = self.clock.place(raw, duration);
        let ahead = Span::from_micros(shown.unwrap_or(raw).saturating_sub(raw));
        let key = packet.is_key();
        Some((Timed { kind, key, decoded_at, shown_at: decoded_at + ahead, duration, packet }, repair))
    }
}
