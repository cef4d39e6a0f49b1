//! The encoded pictures and sound of a row of segments, on one clock.
//!
//! Invariants: times are 90 kHz ticks of media time, whatever the containers' clocks; pictures are in
//! decoding order, start with a keyframe and have distinct times; H.264 and HEVC are Annex B with their
//! parameter sets at every keyframe; lost segments leave their hole.

use std::collections::BTreeSet;
use std::io::Cursor;

use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::{Dictionary, Rational, format, media};

use crate::clip::{ClipSegment, FAR_US};
use crate::nal::{self, NalCodec, ParameterSets, Unit};
use crate::native;

/// Ticks per second of the one clock.
pub(crate) const CLOCK: i64 = 90_000;

/// How far past the interval a segment may start and still be read: its leading pictures are shown earlier.
const NEAR_US: i64 = 500_000;

/// One coded picture, or one packet of sound.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    pub(crate) pts: i64,
    /// Decoding can start here.
    pub(crate) key: bool,
    /// A splice can come right before it.
    pub(crate) clean: bool,
    pub(crate) data: Vec<u8>,
    /// Index into [`Track::runs`].
    pub(crate) run: usize,
    /// Which of the readable segments it came from.
    pub(crate) segment: usize,
}

/// Pictures or sound, with the codec parameters of each stretch.
#[derive(Default)]
pub(crate) struct Track {
    pub(crate) runs: Vec<(Id, Parameters)>,
    pub(crate) coded: Vec<Coded>,
    pub(crate) sets: ParameterSets,
}

impl Track {
    /// The codec family, when one set of parameters describes all of it.
    pub(crate) fn spliceable(&self) -> Option<NalCodec> {
        match self.runs.as_slice() {
            [(id, _)] if !self.sets.changed => nal_codec(*id),
            _ => None,
        }
    }
}

/// Everything read.
#[derive(Default)]
pub(crate) struct Material {
    pub(crate) pictures: Track,
    pub(crate) sound: Track,
    /// Start and end of each readable segment, ticks.
    pub(crate) segments: Vec<(i64, i64)>,
    /// Starts of the segments that could not be read at all, microseconds.
    pub(crate) unreadable_us: Vec<i64>,
}

/// The codec of NAL units behind a codec identifier.
pub(crate) fn nal_codec(id: Id) -> Option<NalCodec> {
    match id {
        Id::H264 => Some(NalCodec::H264),
        Id::HEVC => Some(NalCodec::Hevc),
        _ => None,
    }
}

/// Microseconds to ticks.
pub(crate) fn ticks(us: i64) -> i64 {
    rescale(us, Rational(1, 1_000_000))
}

/// Ticks to microseconds.
pub(crate) fn micros(ticks: i64) -> i64 {
    (i128::from(ticks) * 100).div_euclid(9) as i64
}

fn rescale(value: i64, base: Rational) -> i64 {
    let (num, den) =
        (i128::from(base.numerator()) * i128::from(CLOCK), i128::from(base.denominator().max(1)));
    let product = i128::from(value) * num;
    // Damaged containers claim any time; this far away sums of a few still fit.
    (product + den / 2).div_euclid(den).clamp(-(1 << 58), 1 << 58) as i64
}

struct Piece {
    pictures: Option<(Parameters, Vec<Coded>)>,
    sound: Option<(Parameters, Vec<Coded>)>,
}

impl Material {
    /// Reads the segments around an interval (microseconds) in the order of their start; of two that start
    /// together the first counts. The one before the interval is read too: pictures may depend on it.
    pub(crate) fn read(segments: &[ClipSegment], from_us: i64, to_us: i64) -> Self {
        let mut order: Vec<&ClipSegment> = segments.iter().collect();
        order.sort_by_key(|s| s.start_us);
        order.retain(|s| s.start_us.unsigned_abs() < FAR_US.unsigned_abs());
        order.dedup_by_key(|s| s.start_us);
        let before = order.partition_point(|s| s.start_us <= from_us).saturating_sub(2);
        let after = order.partition_point(|s| s.start_us < to_us.saturating_add(NEAR_US));
        let order = order.get(before..after).unwrap_or_default();
        let mut material = Self::default();
        let mut by_key = false;
        for segment in order {
            match demux(segment) {
                Ok(piece) => material.add(segment, piece, &mut by_key),
                Err(_unreadable) => material.unreadable_us.push(segment.start_us),
            }
        }
        let seen =
            material.pictures.coded.iter().position(|c| c.key).unwrap_or(material.pictures.coded.len());
        material.pictures.coded.drain(..seen);
        distinct_times(&mut material.pictures.coded);
        material
    }

    fn add(&mut self, segment: &ClipSegment, piece: Piece, by_key: &mut bool) {
        let start = ticks(segment.start_us);
        let shift = match (&piece.pictures, &piece.sound) {
            (Some((_, pictures)), _) => {
                shift(start, pictures, self.pictures.coded.iter().map(|c| c.pts).max(), by_key)
            }
            (None, Some((_, sound))) => sound.first().map_or(0, |first| start - first.pts),
            (None, None) => return self.unreadable_us.push(segment.start_us),
        };
        let index = self.segments.len();
        self.segments.push((start, ticks(segment.start_us.saturating_add(segment.duration_us.max(0)))));
        if let Some((parameters, coded)) = piece.pictures {
            // A segment that overlaps what is already there counts from its first later keyframe.
            let last = self.pictures.coded.iter().map(|c| c.pts).max().unwrap_or(i64::MIN);
            let fresh = coded.iter().position(|c| c.key && c.pts + shift > last).unwrap_or(coded.len());
            self.pictures.append(parameters, coded.into_iter().skip(fresh), shift, index);
        }
        if let Some((parameters, coded)) = piece.sound {
            self.sound.append(parameters, coded.into_iter(), shift, index);
        }
    }
}

/// From the container's clock to media time. A keyframe's leading pictures are shown before it, and it is not
/// said which of both a segment's start means. Where only one of the readings runs on from `last`, the picture
/// before, it decides, and holds for what follows (`by_key`).
fn shift(start: i64, pictures: &[Coded], last: Option<i64>, by_key: &mut bool) -> i64 {
    let mut times: Vec<i64> = pictures.iter().map(|c| c.pts).collect();
    times.sort_unstable();
    let first = times.first().copied().unwrap_or(0);
    let key = pictures.iter().find(|c| c.key).map_or(first, |c| c.pts);
    let step = times.windows(2).map(|w| w[1] - w[0]).min().unwrap_or(CLOCK / 25);
    if let Some(last) = last
        && key > first
    {
        let jump = |shift: i64| (first + shift - last - step).abs();
        let (to_first, to_key) = (jump(start - first), jump(start - key));
        if to_first.min(to_key) < step && to_first != to_key {
            *by_key = to_key < to_first;
        }
    }
    start - if *by_key { key } else { first }
}

fn distinct_times(pictures: &mut [Coded]) {
    let mut taken = BTreeSet::new();
    for picture in pictures {
        while !taken.insert(picture.pts) {
            picture.pts += 1;
        }
    }
}

fn demux(segment: &ClipSegment) -> Result<Piece, ffmpeg_next::Error> {
    let io = format::context::StreamIo::from_read_seek(Cursor::new(segment.bytes.clone()))?;
    // Pictures bring their times along; a guess of their rate would cost more than reading them.
    let mut options = Dictionary::new();
    options.set("fpsprobesize", "0");
    let mut input = format::input_from_stream(io, None, Some(options))?;
    let pick = |kind| input.streams().best(kind).map(|s| (s.index(), s.time_base(), s.parameters()));
    let mut tracks = [media::Type::Video, media::Type::Audio]
        .map(|kind| pick(kind).map(|(index, base, parameters)| (index, base, parameters, Vec::new())));
    for (stream, packet) in input.packets() {
        let index = stream.index();
        for (track, base, _, coded) in tracks.iter_mut().flatten() {
            let (Some(data), Some(pts)) = (packet.data(), packet.pts().or_else(|| packet.dts())) else {
                continue;
            };
            if *track == index {
                let (pts, key) = (rescale(pts, *base), packet.is_key());
                coded.push(Coded { pts, key, clean: false, data: data.to_vec(), run: 0, segment: 0 });
            }
        }
    }
    let [pictures, sound] = tracks.map(|track| {
        track.filter(|(.., coded)| !coded.is_empty()).map(|(_, _, parameters, coded)| (parameters, coded))
    });
    Ok(Piece { pictures, sound })
}

impl Track {
    fn append(
        &mut self,
        parameters: Parameters,
        coded: impl Iterator<Item = Coded>,
        shift: i64,
        segment: usize,
    ) {
        let id = parameters.id();
        let family = nal_codec(id);
        let extradata = native::extradata(&parameters);
        let size = native::picture_size(&parameters);
        // In-band parameter sets make the out-of-band ones of a container redundant.
        let same = |(other, former): &(Id, Parameters)| {
            *other == id
                && (family.is_some()
                    || (native::picture_size(former) == size && native::extradata(former) == extradata))
        };
        if !self.runs.last().is_some_and(same) {
            self.runs.push((id, parameters));
        }
        let run = self.runs.len() - 1;
        let lengths = family.and_then(|f| f.configuration(&extradata));
        if let (Some(family), Some((_, sets))) = (family, &lengths) {
            sets.iter().for_each(|nal| self.sets.note(family, nal));
        }
        for mut packet in coded {
            if let Some(family) = family {
                if let Some((length, _)) = lengths {
                    packet.data = nal::from_lengths(&packet.data, length);
                }
                self.complete(family, &mut packet);
            }
            packet.pts += shift;
            self.coded.push(Coded { run, segment, ..packet });
        }
    }

    /// Notes parameter sets, and puts those in force before a keyframe that has none.
    fn complete(&mut self, family: NalCodec, packet: &mut Coded) {
        let mut carries = false;
        for nal in nal::units(&packet.data) {
            self.sets.note(family, nal);
            match family.unit(nal) {
                Unit::Sequence => carries = true,
                Unit::Clean | Unit::RandomAccess => packet.clean = true,
                _ => (),
            }
        }
        packet.key |= packet.clean;
        if packet.key && !carries {
            let mut data = self.sets.stream();
            data.extend_from_slice(&packet.data);
            packet.data = data;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_microseconds_agree_to_a_tick() {
        for us in [0, 1, 33_367, 1_000_000, 7_200_000_011] {
            assert!((micros(ticks(us)) - us).abs() <= 6);
        }
        assert_eq!(ticks(1_001_000), 90_090);
    }

    #[test]
    fn pictures_of_the_same_time_are_told_apart() {
        let at = |pts| Coded { pts, key: true, clean: true, data: vec![], run: 0, segment: 0 };
        let mut pictures = [at(5), at(5), at(6)];
        distinct_times(&mut pictures);
        assert_eq!(pictures.map(|p| p.pts), [5, 6, 7]);
    }
}
