//! The packets of a segment to the bytes of a container, in memory.
//!
//! Timestamps are media time plus ten seconds, so that segments written one behind the other play as one and no
//! decoding timestamp is negative. The same packets give the same bytes.

use std::io::{Cursor, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ffmpeg_next::format::context::{Output, StreamIo};
use ffmpeg_next::{Codec, Dictionary, Error, Packet, Rational, Rescale, codec, format};
use kairos_timeline::{ContentType, MediaTime, Span};

use super::cut::Cut;
use super::source::Timed;

const MICROS: Rational = Rational(1, 1_000_000);
const AHEAD: Span = Span::from_millis(10_000);

/// Writes segments of one file, all in the same container.
pub(super) struct Remuxer {
    pub(super) content_type: ContentType,
    video: Option<codec::Parameters>,
    sound: Option<codec::Parameters>,
}

/// What a muxer writes to; the muxer owns one end.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(to)
    }
}

fn fits_transport(video: Option<&codec::Parameters>, sound: Option<&codec::Parameters>) -> bool {
    use codec::Id;
    let pictures = [Id::H264, Id::HEVC, Id::MPEG2VIDEO];
    let sounds = [Id::AAC, Id::MP3, Id::MP2, Id::AC3, Id::EAC3];
    video.is_none_or(|video| pictures.contains(&video.id()))
        && sound.is_none_or(|sound| sounds.contains(&sound.id()))
}

impl Remuxer {
    /// MPEG-TS where it carries the codecs, else Matroska, which carries almost any.
    pub(super) fn new(
        video: Option<codec::Parameters>,
        sound: Option<codec::Parameters>,
    ) -> Result<Self, Error> {
        let transport = fits_transport(video.as_ref(), sound.as_ref());
        let mut remuxer = Self { content_type: ContentType::MpegTs, video, sound };
        if transport && remuxer.open(true, true).is_ok() {
            return Ok(remuxer);
        }
        remuxer.content_type = ContentType::Matroska;
        remuxer.open(true, true).map(|_| ())?;
        Ok(remuxer)
    }

    fn open(&self, pictures: bool, sound: bool) -> Result<(Output, Memory), Error> {
        let memory = Memory::default();
        let name = if self.content_type == ContentType::MpegTs { "mpegts" } else { "matroska" };
        let stream = StreamIo::from_write_seek(memory.clone())?;
        let mut output = format::output_to_stream(stream, None, Some(name))?;
        let tracks = [self.video.as_ref().filter(|_| pictures), self.sound.as_ref().filter(|_| sound)];
        for parameters in tracks.into_iter().flatten() {
            let mut stream = output.add_stream(None::<Codec>)?;
            stream.set_parameters(parameters.clone());
            stream.set_time_base(MICROS);
        }
        // Identifiers and dates would make equal input give unequal bytes; the flags tell whoever plays segments
        // in a row that their packet counters start anew.
        let mut options = vec![("fflags", "+bitexact")];
        if self.content_type == ContentType::MpegTs {
            options.push(("mpegts_flags", "initial_discontinuity"));
        }
        output.write_header_with(Dictionary::from_iter(options)).map(|_| ())?;
        Ok((output, memory))
    }

    /// The bytes of one segment; `origin` is the file clock's reading at media time zero.
    pub(super) fn write(&self, cut: Cut, origin: MediaTime) -> Result<Vec<u8>, Error> {
        let (pictures, sound) = (!cut.pictures.is_empty(), !cut.sound.is_empty());
        let (mut output, memory) = self.open(pictures, sound)?;
        let mut packets = decoding_order(cut.pictures, 0);
        packets.extend(decoding_order(cut.sound, usize::from(pictures)));
        packets.sort_by_key(|(decoded_at, stream, _)| (*decoded_at, *stream));
        let mut last = [i64::MIN; 2];
        for (decoded_at, stream, timed) in packets {
            let time_base = output.stream(stream).ok_or(Error::StreamNotFound)?.time_base();
            let ticks = |at: MediaTime| (at - origin + AHEAD).as_micros().rescale(MICROS, time_base);
            let previous = last.get_mut(stream).ok_or(Error::StreamNotFound)?;
            // Muxers refuse decoding times that stand still, as clocks of a millisecond let them.
            let dts = ticks(decoded_at).max(previous.saturating_add(1));
            *previous = dts;
            let mut packet: Packet = timed.packet;
            packet.set_stream(stream);
            packet.set_dts(Some(dts));
            packet.set_pts(Some(ticks(timed.shown_at).max(dts)));
            packet.set_duration(timed.duration.as_micros().rescale(MICROS, time_base));
            packet.set_position(-1);
            packet.write_interleaved(&mut output)?;
        }
        output.write_trailer()?;
        drop(output);
        let bytes = std::mem::take(&mut *memory.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(bytes.into_inner())
    }
}

/// Decoding times from presentation times alone: containers that store one of them leave gaps in the other. The
/// packets keep their order, each is decoded no later than it is shown, and the times rise.
fn decoding_order(packets: Vec<Timed>, stream: usize) -> Vec<(MediaTime, usize, Timed)> {
    let mut times: Vec<MediaTime> = packets.iter().map(|timed| timed.shown_at).collect();
    times.sort_unstable();
    let late = times.iter().zip(&packets).map(|(at, timed)| *at - timed.shown_at).max().unwrap_or_default();
    let place = |(at, timed): (MediaTime, Timed)| (at - late, stream, timed);
    times.into_iter().zip(packets).map(place).collect()
}
