//! From what was recognised in a window to believed words in the room's media time.
//!
//! Words of a room come in time order and don't overlap, whatever the recogniser says of their times.

use crate::filter::{Doubt, believed};
use crate::language::RoomLanguage;
use crate::listen::Window;
use crate::{FilterConfig, SpeechTally, SpokenWord, Transcript};

/// Reads the windows of one room in their order.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    language: RoomLanguage,
    filters: FilterConfig,
    /// End of the last word.
    end_us: i64,
}

impl Reader {
    pub(crate) fn new(language: Option<&str>, filters: &FilterConfig) -> Self {
        Self { language: RoomLanguage::new(language), filters: filters.clone(), end_us: i64::MIN }
    }

    /// Language to read the next window in.
    pub(crate) fn language(&self) -> Option<String> {
        self.language.assumed().map(str::to_owned)
    }

    /// Believed words of a window that was recognised in `assumed`; counts in `tally` what was not believed.
    pub(crate) fn read(
        &mut self,
        window: &Window,
        transcript: Transcript,
        assumed: Option<&str>,
        tally: &mut SpeechTally,
    ) -> Vec<SpokenWord> {
        let language = transcript.language;
        let mut spoken = Vec::new();
        for segment in transcript.segments {
            let (words, doubt) = believed(segment, window.voice_share, &self.filters);
            match doubt {
                Some(Doubt::Silence) => tally.doubted_silence += 1,
                Some(Doubt::Loop) => tally.doubted_loops += 1,
                None => {}
            }
            for word in words {
                let start_us = self.place(window, word.start_s).max(self.end_us);
                let end_us = self.place(window, word.end_s).max(start_us);
                self.end_us = end_us;
                spoken.push(SpokenWord {
                    text: word.text,
                    start_us,
                    end_us,
                    probability: word.probability,
                    language: language.clone(),
                });
            }
        }
        if !spoken.is_empty() {
            self.language.learn(language.as_deref(), assumed.is_some());
        }
        tally.words += spoken.len() as u64;
        spoken
    }

    fn place(&self, window: &Window, seconds: f32) -> i64 {
        let offset = (f64::from(seconds) * 1e6).round() as i64;
        window.start_us.saturating_add(offset).clamp(window.start_us, window.end_us)
    }
}
