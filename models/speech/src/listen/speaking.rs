//! A stretch of speech that has begun and not yet ended.

use crate::VOICE_CHUNK;

/// A window of speech, ready for the recogniser.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Media time of the first sample, microseconds.
    pub start_us: i64,
    /// Media time of the end of the last sample, microseconds.
    pub end_us: i64,
    /// Mono sound at 16 kHz.
    pub samples: Vec<f32>,
    /// Share of the window in which voice was likely, 0 to 1.
    pub voice_share: f32,
}

/// What voice activity said of a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chunk {
    /// First sample.
    pub(super) start: u64,
    pub(super) probability: f32,
    /// Sum of squares.
    pub(super) power: f64,
}

/// Speech in progress.
#[derive(Clone, Debug)]
pub(super) struct Speaking {
    /// First sample of the window, padding included.
    pub(super) start: u64,
    /// First sample of the voice itself.
    onset: u64,
    /// First sample of the silence that may end it.
    pub(super) quiet: Option<u64>,
    /// Chunks from the onset on.
    pub(super) chunks: Vec<Chunk>,
    /// Last chunk's end that held voice.
    voice_end: u64,
    threshold: f32,
    /// Whether it goes on from a window that was cut.
    continues: bool,
}

impl Speaking {
    /// A window from `start` on whose voice begins at `onset`.
    pub(super) fn new(start: u64, onset: u64, threshold: f32) -> Self {
        Self { start, onset, quiet: None, chunks: Vec::new(), voice_end: onset, threshold, continues: false }
    }

    /// Adds a chunk: voice from the threshold on, silence below `release`, in between neither.
    pub(super) fn hear(&mut self, chunk: Chunk, release: f32) {
        if chunk.probability >= self.threshold {
            self.quiet = None;
            self.voice_end = chunk.start + VOICE_CHUNK as u64;
        } else if chunk.probability < release {
            self.quiet.get_or_insert(chunk.start);
        }
        self.chunks.push(chunk);
    }

    /// Ends this one at `cut` and gives the speech that goes on from there.
    pub(super) fn split(&mut self, cut: u64, release: f32) -> Self {
        let at = self.chunks.partition_point(|chunk| chunk.start < cut);
        let mut rest = Self { continues: true, ..Self::new(cut, cut, self.threshold) };
        for chunk in self.chunks.split_off(at) {
            rest.hear(chunk, release);
        }
        self.voice_end = self.voice_end.min(cut);
        rest
    }

    /// Whether there is enough voice up to `end`. What follows a cut is the rest of something: any voice counts.
    pub(super) fn is_speech(&self, end: u64, min_speech: u64) -> bool {
        let voice = self.voice_end.min(end).saturating_sub(self.onset);
        end > self.start && if self.continues { voice > 0 } else { voice >= min_speech }
    }

    /// Share of the window up to `end` in which voice was likely.
    pub(super) fn voice_share(&self, end: u64) -> f32 {
        let voiced = self.chunks.iter().filter(|chunk| chunk.probability >= self.threshold).count();
        ((voiced * VOICE_CHUNK) as f64 / (end - self.start).max(1) as f64).min(1.0) as f32
    }
}
