//! Media into open units, and the second look at candidates.

use kairos_decode::{Mode, Picture, Sound};
use kairos_encoders::sound_activity;
use kairos_timeline::{MediaTime, Modality, Segment, Span};

use super::{Ending, RoomJob};
use crate::config::DecodeMode;

/// Media is looked at again this far around a candidate.
const AROUND: Span = Span::from_millis(3_000);

/// A segment and what a first decoding gave.
#[derive(Debug)]
pub struct Decoded {
    /// The segment; kept for clips and for a second look.
    pub segment: Segment,
    /// Its pictures, at the encoder's size.
    pub pictures: Vec<Picture>,
    /// Its sound.
    pub sound: Vec<Sound>,
    /// Pictures per second of the source, when there are pictures.
    pub frame_rate: Option<f64>,
    /// What was damaged.
    pub faults: Vec<String>,
}

impl Decoded {
    /// Whether nothing at all could be read of it.
    pub fn is_unreadable(&self) -> bool {
        self.pictures.is_empty() && self.sound.is_empty() && !self.faults.is_empty()
    }
}

impl RoomJob {
    /// A segment that is left out on purpose: its time passes, its units have no media.
    pub(super) fn skip_media(&mut self, segment: &Segment, why: &str) {
        self.check_sequence(segment);
        self.seen.drops += 1;
        if let Err(error) = self.bridge.anchor(segment.start, segment.captured_at) {
            self.fault(Some(segment.position.clone()), format!("segment {}: {error}", segment.sequence));
        }
        self.ledger.note(&segment.position, Ending::Skipped, why);
        let end = segment.end();
        self.media_end = Some(self.media_end.map_or(end, |known| known.max(end)));
        self.watermarks.advance(Modality::Picture, end);
        self.watermarks.advance(Modality::Sound, end);
    }

    pub(super) fn take_media(&mut self, decoded: Decoded) {
        let Decoded { segment, pictures, sound, frame_rate, faults } = decoded;
        let (start, end) = (segment.start, segment.end());
        self.check_sequence(&segment);
        let is_damaged = !faults.is_empty();
        for what in faults {
            self.seen.drops += 1;
            self.fault(Some(segment.position.clone()), what);
        }
        if let Err(error) = self.bridge.anchor(start, segment.captured_at) {
            self.fault(Some(segment.position.clone()), format!("segment {}: {error}", segment.sequence));
        }
        let open = self.units.start(self.next_settled);
        if end <= open {
            self.ledger.note(&segment.position, Ending::Late, "its units were settled without it");
            self.seen.late += 1;
            return;
        }
        self.seen.frame_rate = frame_rate.unwrap_or(self.seen.frame_rate);
        self.media_end = Some(self.media_end.map_or(end, |known| known.max(end)));
        self.units.note_position(start, end, &segment.position);
        match pictures.is_empty() && sound.is_empty() && is_damaged {
            true => self.ledger.note(&segment.position, Ending::Dead, "can't be decoded"),
            false => self.ledger.note(&segment.position, Ending::Scored, ""),
        }
        for picture in pictures {
            self.units.add_picture(picture);
        }
        for sound in &sound {
            self.hear(sound);
            self.units.add_sound(sound);
        }
        self.spool.push(segment);
        if self.settings.decode_mode == DecodeMode::Attentive {
            self.listen(&sound, start, end);
        }
        self.watermarks.advance(Modality::Picture, end);
        self.watermarks.advance(Modality::Sound, end);
    }

    /// The last unit, which the media fills only in part, waits for nothing any more.
    pub(super) fn end_media(&mut self) {
        self.hear_last();
        let Some(end) = self.media_end.filter(|&end| end > MediaTime::ZERO) else { return };
        let last = (end - Span::from_micros(1)).unit(self.settings.unit);
        while self.next_early <= last {
            self.score_early();
        }
    }

    fn check_sequence(&mut self, segment: &Segment) {
        if let Some(expected) = self.seen.next_sequence
            && segment.sequence > expected
        {
            let lost = segment.sequence - expected;
            self.seen.drops += lost;
            let what = format!("{lost} segments are missing before segment {}", segment.sequence);
            self.fault(Some(segment.position.clone()), what);
        }
        self.seen.next_sequence = Some(segment.sequence + 1);
    }

    /// A candidate raised by sound: the segment itself is looked at again at once.
    fn listen(&mut self, sound: &[Sound], start: MediaTime, end: MediaTime) {
        self.budget.pass((end - start).as_secs_f64());
        let peak = sound
            .iter()
            .flat_map(|sound| sound_activity(&sound.samples, kairos_encoders::SOUND_RATE, 500_000))
            .fold(0.0_f32, f32::max);
        if self.sound_level.stands_out(f64::from(peak)) {
            self.look_again(start, end);
        }
    }

    /// A candidate raised by comments sent around `at`: what they react to lies `lag` before.
    pub(super) fn read(&mut self, at: MediaTime, comments: u32) {
        if self.settings.decode_mode == DecodeMode::Attentive
            && self.comment_level.stands_out(f64::from(comments))
        {
            let moment = at - self.applied_lag.peek();
            self.look_again(moment - AROUND, moment + self.settings.unit + AROUND);
        }
    }

    fn look_again(&mut self, from: MediaTime, to: MediaTime) {
        let open = self.units.start(self.next_settled);
        let segments: Vec<Segment> = self.spool.covering(from.max(open), to).cloned().collect();
        for segment in segments {
            let unit = segment.start.max(open).unit(self.settings.unit);
            let was_looked_at = self.units.get(unit).is_some_and(|unit| unit.pictures_are_sampled);
            if was_looked_at || !self.budget.spend(segment.duration.as_secs_f64()) {
                continue;
            }
            let mode = Mode::Sampled { per_second: self.settings.pictures_per_second };
            match self.looker.pictures(&segment, mode) {
                Ok(decoded) if !decoded.pictures.is_empty() => {
                    self.units.replace_pictures(segment.start.max(open), segment.end(), decoded.pictures);
                }
                // The first decoding has already reported what is damaged; its pictures stay.
                Ok(_) => {}
                Err(error) => tracing::debug!(room = %self.settings.room, %error, "second look failed"),
            }
        }
    }
}
