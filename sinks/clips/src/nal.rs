//! NAL units of H.264 and HEVC: finding them, and the parameter sets among them.
//!
//! Invariants: everything past this file is an Annex B byte stream; every keyframe carries the parameter sets
//! in force, so decoding can start at any of them. Units as in ITU-T H.264 7.3.1 and H.265 7.3.1.

use std::collections::BTreeMap;

/// A codec whose pictures are made of NAL units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NalCodec {
    H264,
    Hevc,
}

/// What this crate tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// Video parameter set (HEVC alone).
    Video,
    /// Sequence parameter set.
    Sequence,
    /// Picture parameter set.
    Picture,
    /// Access unit delimiter.
    Delimiter,
    /// A slice from which decoding may start, whatever came before.
    Clean,
    /// A slice of an HEVC clean random access picture: clean once its leading pictures are dropped.
    RandomAccess,
    /// Anything else.
    Other,
}

impl NalCodec {
    pub(crate) fn unit(self, nal: &[u8]) -> Unit {
        let Some(&first) = nal.first() else { return Unit::Other };
        match self {
            Self::H264 => match first & 0x1f {
                5 => Unit::Clean,
                7 => Unit::Sequence,
                8 => Unit::Picture,
                9 => Unit::Delimiter,
                _ => Unit::Other,
            },
            Self::Hevc => match (first >> 1) & 0x3f {
                16..=20 => Unit::Clean,
                21 => Unit::RandomAccess,
                32 => Unit::Video,
                33 => Unit::Sequence,
                34 => Unit::Picture,
                35 => Unit::Delimiter,
                _ => Unit::Other,
            },
        }
    }

    /// Length of a unit's length field and the parameter sets of an `avcC` or `hvcC` box; `None` when the
    /// bytes are not one, that is when the stream is already Annex B.
    pub(crate) fn configuration(self, extradata: &[u8]) -> Option<(usize, Vec<Vec<u8>>)> {
        if extradata.first() != Some(&1) {
            return None;
        }
        let mut sets = Vec::new();
        let (length, mut at) = match self {
            Self::H264 => (extradata.get(4)? & 3, 5),
            Self::Hevc => (extradata.get(21)? & 3, 22),
        };
        let arrays = match self {
            Self::H264 => 2,
            Self::Hevc => {
                at += 1;
                usize::from(*extradata.get(22)?)
            }
        };
        for array in 0..arrays {
            let count = match self {
                Self::H264 => {
                    at += 1;
                    usize::from(*extradata.get(at - 1)? & if array == 0 { 0x1f } else { 0xff })
                }
                Self::Hevc => {
                    at += 3;
                    usize::from(u16::from_be_bytes([*extradata.get(at - 2)?, *extradata.get(at - 1)?]))
                }
            };
            for _ in 0..count {
                let size = usize::from(u16::from_be_bytes([*extradata.get(at)?, *extradata.get(at + 1)?]));
                sets.push(extradata.get(at + 2..at + 2 + size)?.to_vec());
                at += 2 + size;
            }
        }
        Some((usize::from(length) + 1, sets))
    }

    /// Identity of a parameter set: H.264's own number; HEVC's picture sets alone have theirs in reach, its
    /// others count as one each.
    fn set_id(self, unit: Unit, nal: &[u8]) -> u32 {
        let skip = match (self, unit) {
            (Self::H264, Unit::Sequence) => 4,
            (Self::H264, _) => 1,
            (Self::Hevc, Unit::Picture) => 2,
            (Self::Hevc, _) => return 0,
        };
        exp_golomb(&unescape(nal, 24), skip * 8)
    }
}

/// Units of an Annex B stream, without start codes.
pub(crate) fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|s| s - 3).chain([stream.len()]).collect();
    starts.into_iter().zip(ends).filter_map(move |(start, end)| {
        let nal = &stream[start..end];
        let length = nal.iter().rposition(|&b| b != 0)? + 1;
        Some(&nal[..length])
    })
}

/// Units preceded by their length, as in MP4 and Matroska, into Annex B. A truncated unit is left out.
pub(crate) fn from_lengths(data: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 16);
    let mut rest = data;
    while let Some((size, after)) = rest.split_at_checked(length) {
        let size = size.iter().fold(0_usize, |n, &b| (n << 8) | usize::from(b));
        let Some((nal, after)) = after.split_at_checked(size) else { break };
        push(&mut out, nal);
        rest = after;
    }
    out
}

/// Appends a unit with its start code.
pub(crate) fn push(stream: &mut Vec<u8>, nal: &[u8]) {
    stream.extend_from_slice(&[0, 0, 0, 1]);
    stream.extend_from_slice(nal);
}

/// The parameter sets of a stretch of one stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParameterSets {
    sets: BTreeMap<(Unit, u32), Vec<u8>>,
    /// Whether a set ever changed its content: then no single `avcC` describes the stretch.
    pub(crate) changed: bool,
}

impl ParameterSets {
    /// Notes the set if the unit is one.
    pub(crate) fn note(&mut self, codec: NalCodec, nal: &[u8]) {
        let unit = codec.unit(nal);
        if matches!(unit, Unit::Video | Unit::Sequence | Unit::Picture) {
            let former = self.sets.insert((unit, codec.set_id(unit, nal)), nal.to_vec());
            self.changed |= former.is_some_and(|former| former != nal);
        }
    }

    /// All sets as an Annex B stream: video, sequence, picture.
    pub(crate) fn stream(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for nal in self.sets.values() {
            push(&mut out, nal);
        }
        out
    }

    /// A number that no sequence or picture set uses (x264 gives both the same); at most 30.
    pub(crate) fn free_id(&self) -> Option<u32> {
        (0..=30).rev().find(|&id| self.sets.keys().all(|&(_, used)| used != id))
    }

    /// Profile and level of an H.264 stream.
    pub(crate) fn h264_profile(&self) -> Option<(u8, u8)> {
        let sequence = self.sets.iter().find(|((unit, _), _)| *unit == Unit::Sequence)?.1;
        Some((*sequence.get(1)?, *sequence.get(3)?))
    }
}

/// The first `limit` bytes of a unit without emulation prevention.
fn unescape(nal: &[u8], limit: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(limit);
    for &byte in nal.iter().take(limit) {
        if byte != 3 || !out.ends_with(&[0, 0]) {
            out.push(byte);
        }
    }
    out
}

/// An unsigned Exp-Golomb number at a bit (H.264 9.1); `u32::MAX` where the bytes end before it does.
fn exp_golomb(bytes: &[u8], from_bit: usize) -> u32 {
    let bit = |at: usize| bytes.get(at / 8).map(|byte| u32::from(byte >> (7 - at % 8) & 1));
    let Some(zeros) = (0..31).find(|&n| bit(from_bit + n) != Some(0)) else { return u32::MAX };
    let mut value = 0_u32;
    for n in 0..=zeros {
        let Some(bit) = bit(from_bit + zeros + n) else { return u32::MAX };
        value = value << 1 | bit;
    }
    value - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exp_golomb_numbers_are_read() {
        // 1 | 010 | 011 | 00100
        let bytes = [0b1010_0110, 0b0100_0000];
        assert_eq!([0, 1, 4, 7].map(|bit| exp_golomb(&bytes, bit)), [0, 1, 2, 3]);
        assert_eq!(exp_golomb(&[], 0), u32::MAX);
        assert_eq!(exp_golomb(&[0; 8], 0), u32::MAX);
    }

    #[test]
    fn changed_parameter_set_is_noticed() {
        let mut sets = ParameterSets::default();
        sets.note(NalCodec::H264, &[0x67, 66, 0, 30, 0x80, 1]);
        sets.note(NalCodec::H264, &[0x68, 0x80, 9]);
        sets.note(NalCodec::H264, &[0x67, 66, 0, 30, 0x80, 1]);
        assert!(!sets.changed);
        assert_eq!(sets.h264_profile(), Some((66, 30)));
        assert_eq!(sets.free_id(), Some(30));
        sets.note(NalCodec::H264, &[0x67, 66, 0, 30, 0x80, 2]);
        assert!(sets.changed);
    }

    proptest! {
        #[test]
        fn lengths_and_start_codes_hold_the_same_units(
            nals in prop::collection::vec(prop::collection::vec(4_u8..255, 1..40), 0..6),
        ) {
            let mut lengths = Vec::new();
            for nal in &nals {
                lengths.extend_from_slice(&(nal.len() as u32).to_be_bytes());
                lengths.extend_from_slice(nal);
            }
            let stream = from_lengths(&lengths, 4);
            let back: Vec<Vec<u8>> = units(&stream).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(back, nals);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for codec in [NalCodec::H264, NalCodec::Hevc] {
                let mut sets = ParameterSets::default();
                units(&bytes).for_each(|nal| sets.note(codec, nal));
                let mut boxed = vec![1];
                boxed.extend_from_slice(&bytes);
                prop_assert!(codec.configuration(&boxed).is_none_or(|(length, _)| (1..=4).contains(&length)));
                prop_assert!(from_lengths(&bytes, 4).len() <= bytes.len() + 4);
            }
        }
    }
}
