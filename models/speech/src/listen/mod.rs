//! From a room's sound to windows of speech: starts before a voice, ends with silence or at the longest length.
//!
//! Sound is read in chunks of [`VOICE_CHUNK`] samples counted from the first sample after a gap, so that the
//! windows depend on the samples and their times, not on how they were cut into pushes. Windows don't overlap.
//! What is kept is bounded by the longest window.

mod clock;
mod cut;
mod speaking;

use std::collections::VecDeque;

pub use speaking::Window;

use crate::{SpeechError, VOICE_CHUNK, VoiceActivity, WindowConfig};
use clock::{Arrival, SampleClock, samples_of};
use speaking::{Chunk, Speaking};

/// Cuts the sound of one room into windows.
pub struct Listener {
    voice: Box<dyn VoiceActivity>,
    limits: Limits,
    clock: SampleClock,
    /// Sound from sample `first` on.
    sound: VecDeque<f32>,
    first: u64,
    /// First sample that voice activity has not read.
    read: u64,
    /// Sound before this belongs to an earlier window.
    floor: u64,
    speaking: Option<Speaking>,
}

/// The settings in samples.
#[derive(Clone, Copy, Debug)]
struct Limits {
    threshold: f32,
    release: f32,
    min_speech: u64,
    min_silence: u64,
    padding: u64,
    longest: u64,
}

impl Listener {
    /// A listener that has heard nothing. `config` must have been checked.
    #[must_use]
    pub fn new(voice: Box<dyn VoiceActivity>, config: &WindowConfig) -> Self {
        let samples = |ms: u32| samples_of(i64::from(ms) * 1_000);
        Self {
            voice,
            limits: Limits {
                threshold: config.threshold,
                // The hysteresis of Silero's own segmentation.
                release: (config.threshold - 0.15).max(0.01),
                min_speech: samples(config.min_speech_ms),
                min_silence: samples(config.min_silence_ms),
                padding: samples(config.padding_ms),
                longest: samples(config.max_ms),
            },
            clock: SampleClock::default(),
            sound: VecDeque::new(),
            first: 0,
            read: 0,
            floor: 0,
            speaking: None,
        }
    }

    /// Takes mono sound at 16 kHz whose first sample is at media time `at_us`, and gives the windows that it ends.
    ///
    /// Sound already heard is dropped; a gap below a second is filled with silence, a longer one ends the speech.
    /// Values that are not finite become 0, others are kept within -1..=1.
    ///
    /// # Errors
    /// When voice activity fails; the listener then starts anew with the next sound.
    pub fn push(&mut self, at_us: i64, samples: &[f32]) -> Result<Vec<Window>, SpeechError> {
        let mut windows = Vec::new();
        let samples = match self.clock.arrive(at_us, samples.len()) {
            Arrival::Heard => return Ok(windows),
            Arrival::Continues { skip } => &samples[skip..],
            Arrival::Gap { silence } => {
                self.sound.extend(std::iter::repeat_n(0.0, silence));
                samples
            }
            Arrival::Anew => {
                windows.extend(self.finish()?);
                self.clock.restart(at_us, samples.len());
                samples
            }
        };
        let sane = |&sample: &f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        self.sound.extend(samples.iter().map(sane));
        let heard = self.listen(&mut windows);
        self.or_restart(heard)?;
        Ok(windows)
    }

    /// Ends the speech that is going on: the room has ended or its sound has a gap.
    ///
    /// # Errors
    /// When voice activity fails; the listener then starts anew with the next sound.
    pub fn finish(&mut self) -> Result<Vec<Window>, SpeechError> {
        let mut windows = Vec::new();
        let end = self.end();
        let rest = (end - self.read) as usize;
        if rest > 0 {
            self.sound.extend(std::iter::repeat_n(0.0, VOICE_CHUNK - rest));
            let heard = self.listen(&mut windows);
            self.or_restart(heard)?;
        }
        if let Some(speaking) = self.speaking.take() {
            let end = speaking.quiet.map_or(end, |quiet| end.min(quiet + self.limits.padding));
            windows.extend(self.close(&speaking, end));
        }
        self.restart();
        Ok(windows)
    }

    /// Media time up to which all windows have been given: a later one starts here or after. `None` before sound.
    #[must_use]
    pub fn settled_us(&self) -> Option<i64> {
        let settled = match &self.speaking {
            Some(speaking) => speaking.start,
            None => self.read.saturating_sub(self.limits.padding).max(self.floor),
        };
        self.clock.at(settled)
    }

    /// Media time of the end of all sound taken. `None` before sound.
    #[must_use]
    pub fn heard_us(&self) -> Option<i64> {
        self.clock.end_us()
    }

    fn end(&self) -> u64 {
        self.first + self.sound.len() as u64
    }

    fn restart(&mut self) {
        self.voice.reset();
        self.clock = SampleClock::default();
        self.sound.clear();
        (self.first, self.read, self.floor) = (0, 0, 0);
        self.speaking = None;
    }

    fn or_restart(&mut self, heard: Result<(), SpeechError>) -> Result<(), SpeechError> {
        if heard.is_err() {
            self.restart();
        }
        heard
    }

    /// Reads all whole chunks.
    fn listen(&mut self, windows: &mut Vec<Window>) -> Result<(), SpeechError> {
        while self.end() - self.read >= VOICE_CHUNK as u64 {
            let chunk = self.copy(self.read, self.read + VOICE_CHUNK as u64);
            let probability = self.voice.probability(&chunk)?;
            let power = chunk.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
            self.step(Chunk { start: self.read, probability, power }, windows);
        }
        Ok(())
    }

    fn step(&mut self, chunk: Chunk, windows: &mut Vec<Window>) {
        let limits = self.limits;
        self.read = chunk.start + VOICE_CHUNK as u64;
        let Some(mut speaking) = self.speaking.take() else {
            if chunk.probability >= limits.threshold {
                let start = chunk.start.saturating_sub(limits.padding).max(self.floor).max(self.first);
                let mut speaking = Speaking::new(start, chunk.start, limits.threshold);
                speaking.hear(chunk, limits.release);
                self.speaking = Some(speaking);
            } else {
                self.forget(self.read.saturating_sub(limits.padding));
            }
            return;
        };
        speaking.hear(chunk, limits.release);
        if let Some(quiet) = speaking.quiet
            && self.read - quiet >= limits.min_silence
        {
            windows.extend(self.close(&speaking, quiet + limits.padding));
            self.forget(self.read.saturating_sub(limits.padding));
            return;
        }
        if self.read + VOICE_CHUNK as u64 - speaking.start > limits.longest {
            let cut = cut::quietest(&speaking.chunks, speaking.start + limits.longest / 2);
            let rest = speaking.split(cut, limits.release);
            windows.extend(self.close(&speaking, cut));
            self.forget(cut);
            self.speaking = Some(rest);
            return;
        }
        self.speaking = Some(speaking);
    }

    /// The window of a speech that ends at `end`, if it is long enough.
    fn close(&mut self, speaking: &Speaking, end: u64) -> Option<Window> {
        let end = end.min(self.end());
        if !speaking.is_speech(end, self.limits.min_speech) {
            return None;
        }
        self.floor = end;
        Some(Window {
            start_us: self.clock.at(speaking.start)?,
            end_us: self.clock.at(end)?,
            samples: self.copy(speaking.start, end),
            voice_share: speaking.voice_share(end),
        })
    }

    fn copy(&self, from: u64, to: u64) -> Vec<f32> {
        self.sound.range((from - self.first) as usize..(to - self.first) as usize).copied().collect()
    }

    /// Drops sound that no window can reach any more.
    fn forget(&mut self, before: u64) {
        if before > self.first {
            self.sound.drain(..(before - self.first) as usize);
            self.first = before;
        }
    }
}
