//! The words of a room by time unit: what a unit's speech is, and whether it is known at all.
//!
//! A word belongs to the unit that holds its middle, so each word is in exactly one.

use std::collections::VecDeque;

use crate::{Heard, SpokenWord};

/// Words and gaps of a room until its units have been made.
#[derive(Clone, Debug, Default)]
pub struct SpeechTrack {
    words: VecDeque<SpokenWord>,
    /// Start and end of speech that has no words.
    missed: VecDeque<(i64, i64)>,
}

/// The speech of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitSpeech {
    /// What was said; empty when nobody spoke.
    pub text: String,
    /// Words in it.
    pub words: usize,
    /// Speech in the unit that was skipped or failed, microseconds. With no words and some of this, what was said
    /// is not known, which is another thing than silence.
    pub missed_us: i64,
}

impl UnitSpeech {
    /// The text as a model should see it: `None`, a missing modality, when all there was has been missed.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        (self.words > 0 || self.missed_us == 0).then_some(self.text.as_str())
    }
}

impl SpeechTrack {
    /// A track without words.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a push has brought.
    pub fn add(&mut self, heard: &Heard) {
        self.words.extend(heard.words.iter().cloned());
        self.missed.extend(heard.missed.iter().map(|missed| (missed.start_us, missed.end_us)));
    }

    /// The speech of the unit from `start_us` to before `end_us`.
    #[must_use]
    pub fn unit(&self, start_us: i64, end_us: i64) -> UnitSpeech {
        let mut speech = UnitSpeech::default();
        for word in self.words.iter().filter(|word| (start_us..end_us).contains(&middle(word))) {
            if speech.words > 0 && !without_spaces(word) {
                speech.text.push(' ');
            }
            speech.text.push_str(&word.text);
            speech.words += 1;
        }
        for &(from, to) in &self.missed {
            speech.missed_us += (to.min(end_us).saturating_sub(from.max(start_us))).max(0);
        }
        speech
    }

    /// Drops what lies wholly before `before_us`: its units have been made.
    pub fn forget(&mut self, before_us: i64) {
        self.words.retain(|word| middle(word) >= before_us);
        self.missed.retain(|&(_, to)| to > before_us);
    }
}

fn middle(word: &SpokenWord) -> i64 {
    word.start_us.midpoint(word.end_us)
}

fn without_spaces(word: &SpokenWord) -> bool {
    word.language.as_deref().is_some_and(|language| crate::pieces::WITHOUT_SPACES.contains(&language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Missed, MissedReason};

    fn track(words: &[(&str, i64, i64)], missed: &[(i64, i64)], language: &str) -> SpeechTrack {
        let word = |&(text, start_us, end_us): &(&str, i64, i64)| SpokenWord {
            text: text.into(),
            start_us,
            end_us,
            probability: 1.0,
            language: Some(language.into()),
        };
        let miss =
            |&(start_us, end_us): &(i64, i64)| Missed { start_us, end_us, reason: MissedReason::TooLate };
        let mut track = SpeechTrack::new();
        track.add(&Heard {
            words: words.iter().map(word).collect(),
            missed: missed.iter().map(miss).collect(),
        });
        track
    }

    #[test]
    fn a_word_across_the_border_is_in_one_unit() {
        let track = track(&[("what", 0, 90), ("a", 80, 130), ("play", 130, 190)], &[], "en");
        assert_eq!(track.unit(0, 100).text, "what");
        assert_eq!(track.unit(100, 200).text, "a play");
        assert_eq!(track.unit(200, 300).known(), Some(""));
    }

    #[test]
    fn missed_speech_is_not_silence() {
        let mut track = track(&[("so", 0, 20)], &[(50, 250)], "en");
        assert_eq!(track.unit(0, 100), UnitSpeech { text: "so".into(), words: 1, missed_us: 50 });
        assert_eq!(track.unit(0, 100).known(), Some("so"));
        assert_eq!(track.unit(100, 200).known(), None);
        track.forget(250);
        assert_eq!(track.unit(0, 300).known(), Some(""));
    }

    #[test]
    fn languages_without_spaces_get_none() {
        assert_eq!(
            track(&[("\u{597d}", 0, 2), ("\u{7684}", 2, 4)], &[], "zh").unit(0, 9).text,
            "\u{597d}\u{7684}"
        );
    }
}
