//! Pictures and sound of the units that are still open.
//!
//! Pictures and sound are placed by media time alone. A unit is kept until it is settled, because pictures may
//! still be added around candidates; what is held is bounded by the comment lag plus the allowed lateness.

use std::collections::BTreeMap;

use kairos_decode::{Picture, Sound};
use kairos_timeline::{MediaTime, Position, PositionRange, Span};

/// Samples per second of all sound behind the decoder.
pub const SAMPLE_RATE: i64 = 16_000;

/// Pictures and sound of one unit.
#[derive(Debug, Default)]
pub struct UnitMedia {
    /// In order of time, at the encoder's size.
    pub pictures: Vec<Picture>,
    /// 16 kHz mono from the unit's start; holes are silent, the end may be missing.
    pub sound: Vec<f32>,
    /// The messages that pictures and sound came from.
    pub positions: Option<PositionRange>,
    /// Whether a candidate had them decoded more densely than by keyframes.
    pub pictures_are_sampled: bool,
}

impl UnitMedia {
    /// Whether there is anything to see or hear.
    pub fn has_content(&self) -> bool {
        !self.pictures.is_empty() || !self.sound.is_empty()
    }
}

/// The open units of one room.
#[derive(Debug)]
pub struct OpenUnits {
    unit: Span,
    open: BTreeMap<i64, UnitMedia>,
    /// Units before this are settled and take nothing any more.
    settled: i64,
}

impl OpenUnits {
    /// No units yet; those before `first` are none of ours.
    pub fn new(unit: Span, first: i64) -> Self {
        Self { unit, open: BTreeMap::new(), settled: first }
    }

    /// Start of unit `index`.
    pub fn start(&self, index: i64) -> MediaTime {
        MediaTime::ZERO + self.unit.times(index)
    }

    /// End of unit `index`.
    pub fn end(&self, index: i64) -> MediaTime {
        self.start(index + 1)
    }

    fn entry(&mut self, index: i64) -> Option<&mut UnitMedia> {
        (index >= self.settled && index >= 0).then(|| self.open.entry(index).or_default())
    }

    /// Takes a picture; `false` if its unit is settled.
    pub fn add_picture(&mut self, picture: Picture) -> bool {
        let index = picture.at.unit(self.unit);
        let Some(unit) = self.entry(index) else { return false };
        let place = unit.pictures.partition_point(|known| known.at <= picture.at);
        unit.pictures.insert(place, picture);
        true
    }

    /// Replaces the pictures between `from` and `to` by others of the same stretch, decoded more densely.
    pub fn replace_pictures(&mut self, from: MediaTime, to: MediaTime, pictures: Vec<Picture>) {
        for index in from.unit(self.unit)..=to.unit(self.unit) {
            if let Some(unit) = self.entry(index) {
                unit.pictures.retain(|known| known.at < from || known.at >= to);
                unit.pictures_are_sampled = true;
            }
        }
        for picture in pictures {
            self.add_picture(picture);
        }
    }

    /// Takes sound, cut at the borders of units.
    pub fn add_sound(&mut self, sound: &Sound) {
        let mut rest = sound.samples.as_slice();
        let mut at = sound.start;
        while !rest.is_empty() {
            let index = at.unit(self.unit);
            let (start, end) = (self.start(index), self.end(index));
            let until_end = (samples(end - at) as usize).max(1).min(rest.len());
            let (here, after) = rest.split_at(until_end);
            if let Some(unit) = self.entry(index) {
                let first = samples(at - start) as usize;
                let needed = first + here.len();
                if unit.sound.len() < needed {
                    unit.sound.resize(needed, 0.0);
                }
                unit.sound[first..needed].copy_from_slice(here);
            }
            at += Span::from_micros(here.len() as i64 * 1_000_000 / SAMPLE_RATE).max(Span::from_micros(1));
            rest = after;
        }
    }

    /// Notes the message that the media between `from` and `to` came from.
    pub fn note_position(&mut self, from: MediaTime, to: MediaTime, position: &Position) {
        let last = (to - Span::from_micros(1)).max(from);
        for index in from.unit(self.unit)..=last.unit(self.unit) {
            if let Some(unit) = self.entry(index) {
                match &mut unit.positions {
                    Some(range) => range.extend(position),
                    None => unit.positions = Some(PositionRange::of(position)),
                }
            }
        }
    }

    /// The media of unit `index`, if there was any.
    pub fn get(&self, index: i64) -> Option<&UnitMedia> {
        self.open.get(&index)
    }

    /// Takes unit `index` out; it and all before it are settled.
    pub fn settle(&mut self, index: i64) -> UnitMedia {
        let media = self.open.remove(&index).unwrap_or_default();
        self.settled = self.settled.max(index + 1);
        media
    }
}

fn samples(span: Span) -> i64 {
    (span.as_micros() as i128 * SAMPLE_RATE as i128 / 1_000_000).clamp(0, i64::MAX as i128) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(at: f64) -> MediaTime {
        MediaTime::from_secs_f64(at)
    }

    fn picture(at: f64) -> Picture {
        Picture { at: secs(at), width: 1, height: 1, keyframe: true, rgb: vec![0; 3] }
    }

    fn units() -> OpenUnits {
        OpenUnits::new(Span::from_millis(2_000), 0)
    }

    #[test]
    fn sound_is_cut_at_the_borders_of_units() {
        let mut units = units();
        units.add_sound(&Sound { start: secs(1.0), samples: vec![1.0; 16_000 * 4] });
        assert_eq!(units.get(0).unwrap().sound.len(), 32_000);
        assert_eq!(units.get(0).unwrap().sound[15_999..16_001], [0.0, 1.0]);
        assert_eq!(units.get(1).unwrap().sound.len(), 32_000);
        assert_eq!(units.get(2).unwrap().sound.len(), 16_000);
    }

    #[test]
    fn a_settled_unit_takes_nothing_more() {
        let mut units = units();
        assert!(units.add_picture(picture(1.0)));
        assert_eq!(units.settle(0).pictures.len(), 1);
        assert!(!units.add_picture(picture(1.5)));
        assert!(units.add_picture(picture(2.5)));
    }

    #[test]
    fn denser_pictures_replace_their_stretch_only() {
        let mut units = units();
        for at in [0.0, 2.0, 4.0] {
            units.add_picture(picture(at));
        }
        units.replace_pictures(secs(2.0), secs(4.0), vec![picture(2.0), picture(2.5), picture(3.5)]);
        let counts: Vec<usize> = (0..3).map(|i| units.get(i).unwrap().pictures.len()).collect();
        assert_eq!(counts, [1, 3, 1]);
    }
}
