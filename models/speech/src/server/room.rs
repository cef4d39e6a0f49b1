//! One room's transcriber: sound in, words and gaps out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::{Engine, lock, serve};
use crate::reader::Reader;
use crate::{
    Listener, SpeechConfig, SpeechError, SpeechTally, SpokenWord, Transcript, VoiceActivity, Window,
};

/// What a push has brought to light.
#[derive(Debug, Default)]
pub struct Heard {
    /// Words in time order, later than all words given before.
    pub words: Vec<SpokenWord>,
    /// Stretches of speech that have no words.
    pub missed: Vec<Missed>,
}

/// A stretch of speech without words.
#[derive(Debug)]
pub struct Missed {
    /// Media time in microseconds at which it starts.
    pub start_us: i64,
    /// Media time in microseconds at which it ends.
    pub end_us: i64,
    /// Why.
    pub reason: MissedReason,
}

/// Why a stretch of speech has no words.
#[derive(Debug)]
#[non_exhaustive]
pub enum MissedReason {
    /// The room had run too far ahead by the time it was its turn.
    TooLate,
    /// It was the oldest when the queue was full.
    QueueFull,
    /// The recogniser failed on it.
    Failed(SpeechError),
}

impl Heard {
    fn append(&mut self, mut other: Self) {
        self.words.append(&mut other.words);
        self.missed.append(&mut other.missed);
    }
}

/// Transcribes one room.
pub struct Transcriber {
    listener: Listener,
    state: Arc<Mutex<RoomState>>,
    engine: Arc<Engine>,
}

/// A window that is being recognised.
struct Running {
    end_us: i64,
    /// Whether it was given up because the room had run too far ahead.
    late: bool,
}

/// What the recogniser's thread and the room's own share.
pub(super) struct RoomState {
    reader: Reader,
    tally: SpeechTally,
    /// Outcomes that the room has not taken yet.
    outcomes: Heard,
    /// Start of each window that has no outcome, in order.
    waiting: VecDeque<i64>,
    /// End of the sound that the room has pushed.
    heard_us: i64,
    /// The window that the recogniser's thread reads.
    running: Option<Running>,
    /// Whether the room's own thread is gone.
    closed: bool,
}

impl Transcriber {
    pub(super) fn new(
        engine: Arc<Engine>,
        voice: Box<dyn VoiceActivity>,
        config: &SpeechConfig,
        room: &str,
    ) -> Self {
        let state = RoomState {
            reader: Reader::new(config.language_of(room), &config.filters),
            tally: SpeechTally::default(),
            outcomes: Heard::default(),
            waiting: VecDeque::new(),
            heard_us: i64::MIN,
            running: None,
            closed: false,
        };
        Self { listener: Listener::new(voice, &config.windows), state: Arc::new(Mutex::new(state)), engine }
    }

    /// Takes mono sound at 16 kHz whose first sample is at media time `at_us`; gives the words that are ready.
    ///
    /// # Errors
    /// When voice activity fails; the sound since the last window is lost and the next push starts anew. What the
    /// recogniser fails on is told by [`Heard::missed`].
    pub fn push(&mut self, at_us: i64, samples: &[f32]) -> Result<Heard, SpeechError> {
        let windows = self.listener.push(at_us, samples)?;
        Ok(self.recognise(windows))
    }

    /// The room has ended, or its sound has: recognises what is still open and waits for all windows.
    ///
    /// # Errors
    /// When voice activity fails; windows from before can be had by calling this again.
    pub fn finish(&mut self) -> Result<Heard, SpeechError> {
        let windows = self.listener.finish()?;
        let mut heard = self.recognise(windows);
        if let Engine::Shared(queue) = &*self.engine {
            queue.wait_for(&self.state);
            heard.append(lock(&self.state).take());
        }
        Ok(heard)
    }

    /// The words that have become ready since the last call, without new sound.
    pub fn ready(&mut self) -> Heard {
        lock(&self.state).take()
    }

    /// The same, after waiting for the windows that start before `before_us`: without end inline, for as long as
    /// [`crate::LiveConfig::wait_ms`] allows where the recogniser is shared.
    pub fn wait(&mut self, before_us: i64) -> Heard {
        if let Engine::Shared(queue) = &*self.engine {
            queue.wait_a_little(&self.state, before_us);
        }
        self.ready()
    }

    /// Media time up to which sound has been cut into windows: no later window starts before. `None` before any sound.
    #[must_use]
    pub fn cut_us(&self) -> Option<i64> {
        self.listener.settled_us()
    }

    /// End of the sound so far, media time. `None` before any sound.
    #[must_use]
    pub fn heard_us(&self) -> Option<i64> {
        self.listener.heard_us()
    }

    /// Whether no window that starts before `before_us` waits for its words.
    #[must_use]
    pub fn is_read(&self, before_us: i64) -> bool {
        lock(&self.state).is_read(before_us)
    }

    /// Media time before which no further word will come; `None` before any sound.
    #[must_use]
    pub fn settled_us(&self) -> Option<i64> {
        let state = lock(&self.state);
        let waiting = state.waiting.front().copied();
        let open = self.listener.settled_us();
        match (waiting, open) {
            (Some(waiting), Some(open)) => Some(waiting.min(open)),
            (waiting, open) => waiting.or(open),
        }
    }

    /// Counts since the room was opened.
    #[must_use]
    pub fn tally(&self) -> SpeechTally {
        lock(&self.state).tally
    }

    fn recognise(&self, windows: Vec<Window>) -> Heard {
        {
            let mut state = lock(&self.state);
            state.heard_us = self.listener.heard_us().unwrap_or(state.heard_us).max(state.heard_us);
            for window in &windows {
                state.tally.windows += 1;
                state.tally.speech_us += length_us(window);
                state.waiting.push_back(window.start_us);
            }
        }
        match &*self.engine {
            Engine::Inline(recognizer) => {
                let mut recognizer = lock(recognizer);
                windows.iter().for_each(|window| serve(&mut **recognizer, &self.state, window));
            }
            Engine::Shared(queue) => {
                queue.give_up_late(&self.state);
                windows.into_iter().for_each(|window| queue.submit(&self.state, window));
            }
        }
        lock(&self.state).take()
    }
}

impl Drop for Transcriber {
    fn drop(&mut self) {
        lock(&self.state).closed = true;
    }
}

impl RoomState {
    pub(super) fn language(&self) -> Option<String> {
        self.reader.language()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_read(&self, before_us: i64) -> bool {
        self.waiting.iter().all(|&start_us| start_us >= before_us)
    }

    /// Says that a window is read now; `false` when nobody wants it any more.
    pub(super) fn begin(&mut self, window: &Window, max_delay_us: i64) -> bool {
        if self.closed || self.is_late(window.end_us, max_delay_us) {
            return false;
        }
        self.running = Some(Running { end_us: window.end_us, late: false });
        true
    }

    /// Whether the window that is read has to be given up, which it is from then on.
    pub(super) fn gives_up(&mut self, max_delay_us: i64) -> bool {
        let Some(end_us) = self.running.as_ref().map(|running| running.end_us) else { return false };
        let late = self.is_late(end_us, max_delay_us);
        if let Some(running) = &mut self.running {
            running.late = late;
        }
        late
    }

    fn is_late(&self, end_us: i64, max_delay_us: i64) -> bool {
        self.heard_us.saturating_sub(end_us) > max_delay_us
    }

    /// Keeps what became of the oldest waiting window.
    pub(super) fn settle(
        &mut self,
        window: &Window,
        language: Option<&str>,
        outcome: Result<Transcript, SpeechError>,
    ) {
        let late = self.running.take().is_some_and(|running| running.late);
        match outcome {
            Err(SpeechError::Aborted) if late => self.skip(window, MissedReason::TooLate),
            Ok(transcript) => {
                self.tally.recognised += 1;
                let words = self.reader.read(window, transcript, language, &mut self.tally);
                self.outcomes.words.extend(words);
                self.done(window);
            }
            Err(error) => {
                self.tally.failed += 1;
                self.miss(window, MissedReason::Failed(error));
            }
        }
    }

    /// Keeps that a window was skipped.
    pub(super) fn skip(&mut self, window: &Window, reason: MissedReason) {
        self.tally.skipped += 1;
        self.tally.skipped_us += length_us(window);
        self.miss(window, reason);
    }

    fn miss(&mut self, window: &Window, reason: MissedReason) {
        self.outcomes.missed.push(Missed { start_us: window.start_us, end_us: window.end_us, reason });
        self.done(window);
    }

    /// Windows start at different times, so the start tells which one is done.
    fn done(&mut self, window: &Window) {
        if let Some(at) = self.waiting.iter().position(|&start_us| start_us == window.start_us) {
            self.waiting.remove(at);
        }
    }

    fn take(&mut self) -> Heard {
        std::mem::take(&mut self.outcomes)
    }
}

fn length_us(window: &Window) -> u64 {
    window.end_us.saturating_sub(window.start_us).max(0).unsigned_abs()
}
