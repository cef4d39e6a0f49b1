//! What is said aloud in a room: word by word, and by unit.
//!
//! A unit whose model reads speech waits until its sound is cut into windows, which is a matter of media time, and then for
//! their words. Invariant: where the recogniser keeps up, a live room's units have the words that a replay's have;
//! where it does not, they have no speech, and say so.

use kairos_decode::Sound;
use kairos_speech::{Heard, MissedReason, SpeechError};

use super::{Output, RoomJob};
use kairos_timeline::MediaTime;

impl RoomJob {
    /// Sound on its way into its unit is listened to.
    pub(super) fn hear(&mut self, sound: &Sound) {
        let Some(speech) = &mut self.speech else { return };
        let heard = speech.transcriber.push(sound.start.as_micros(), &sound.samples);
        self.say(heard);
    }

    /// The sound is over.
    pub(super) fn hear_last(&mut self) {
        let Some(speech) = &mut self.speech else { return };
        let heard = speech.transcriber.finish();
        self.say(heard);
    }

    /// Whether the sound of the units before `end` is as far cut into windows as it will be.
    pub(super) fn speech_is_cut(&self, end: MediaTime, now: MediaTime, waits_for: MediaTime) -> bool {
        let Some(speech) = self.speech.as_ref().filter(|_| self.reads_speech) else { return true };
        let reached = |us: Option<i64>| us.is_some_and(|us| us >= end.as_micros());
        // Sound that has stopped is waited for no longer than a window may be.
        reached(speech.transcriber.cut_us())
            || !reached(speech.transcriber.heard_us())
            || now >= waits_for + speech.longest
    }

    /// What was said in unit `index`; `None` where that is not known.
    pub(super) fn said_in(&mut self, index: i64, has_sound: bool) -> Option<String> {
        let (start, end) = (self.units.start(index).as_micros(), self.units.end(index).as_micros());
        let speech = self.speech.as_mut().filter(|_| self.reads_speech)?;
        let heard = speech.transcriber.wait(end);
        let is_read = speech.transcriber.is_read(end);
        self.say(Ok(heard));
        let unit = self.said.unit(start, end);
        self.said.forget(end);
        if !has_sound || (!is_read && unit.words == 0) {
            return None;
        }
        unit.known().map(str::to_owned)
    }

    fn say(&mut self, heard: Result<Heard, SpeechError>) {
        let heard = match heard {
            Ok(heard) => heard,
            Err(problem) => return self.fault(None, format!("speech: {problem}")),
        };
        if self.reads_speech {
            self.said.add(&heard);
        }
        for missed in heard.missed {
            let why = match missed.reason {
                MissedReason::TooLate => "the recogniser was too far behind".to_owned(),
                MissedReason::QueueFull => "too much speech was waiting".to_owned(),
                MissedReason::Failed(problem) => problem.to_string(),
                other => format!("{other:?}"),
            };
            let (from, to) = (missed.start_us as f64 / 1e6, missed.end_us as f64 / 1e6);
            self.fault(None, format!("speech of {from:.1} to {to:.1} s was not recognised: {why}"));
        }
        let name = self.speech.as_ref().map(|speech| speech.name.clone());
        let Some(name) = name else { return };
        for word in heard.words {
            self.keep_word(&word);
            self.out.push(Output::Word(Box::new(word), name.clone()));
        }
    }
}
