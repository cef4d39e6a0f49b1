//! What happened to a room's speech, in numbers: heard, recognised, not believed, skipped.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counts since a room was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechTally {
    /// Windows of speech.
    pub windows: u64,
    /// Their length, microseconds.
    pub speech_us: u64,
    /// Windows that the recogniser has read.
    pub recognised: u64,
    /// Words believed.
    pub words: u64,
    /// Segments dropped because nobody seems to have spoken.
    pub doubted_silence: u64,
    /// Segments dropped or shortened because the recogniser ran in a loop.
    pub doubted_loops: u64,
    /// Windows skipped to catch up with the room.
    pub skipped: u64,
    /// Their length, microseconds.
    pub skipped_us: u64,
    /// Windows on which the recogniser failed or was aborted.
    pub failed: u64,
}

impl SpeechTally {
    /// Adds the counts of another room.
    pub fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.speech_us += other.speech_us;
        self.recognised += other.recognised;
        self.words += other.words;
        self.doubted_silence += other.doubted_silence;
        self.doubted_loops += other.doubted_loops;
        self.skipped += other.skipped;
        self.skipped_us += other.skipped_us;
        self.failed += other.failed;
    }
}

/// One sentence for people, such as `12 windows of speech (31.5 s), 87 words; 2 windows (4.0 s) skipped`.
impl fmt::Display for SpeechTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |us: u64| us as f64 / 1e6;
        if self.windows == 0 {
            return write!(f, "no speech heard");
        }
        write!(f, "{} windows of speech ({:.1} s), ", self.windows, seconds(self.speech_us))?;
        match self.words {
            0 => write!(f, "nothing recognised")?,
            words => write!(f, "{words} words")?,
        }
        if self.doubted_silence + self.doubted_loops > 0 {
            write!(f, "; {} segments not believed", self.doubted_silence + self.doubted_loops)?;
        }
        if self.skipped > 0 {
            write!(f, "; {} windows ({:.1} s) skipped to catch up", self.skipped, seconds(self.skipped_us))?;
        }
        if self.failed > 0 {
            write!(f, "; {} windows failed", self.failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_when_nothing_was_recognised_and_what_was_skipped() {
        assert_eq!(SpeechTally::default().to_string(), "no speech heard");
        let mut tally = SpeechTally { windows: 2, speech_us: 3_500_000, ..SpeechTally::default() };
        assert_eq!(tally.to_string(), "2 windows of speech (3.5 s), nothing recognised");
        tally.add(&SpeechTally {
            words: 7,
            skipped: 1,
            skipped_us: 2_000_000,
            failed: 1,
            ..SpeechTally::default()
        });
        assert_eq!(
            tally.to_string(),
            "2 windows of speech (3.5 s), 7 words; 1 windows (2.0 s) skipped to catch up; 1 windows failed"
        );
    }
}
