//! What is said aloud in a room, word by word.

use kairos_decode::Sound;
use kairos_speech::{Heard, MissedReason, SpeechError};

use super::{Output, RoomJob};

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

    fn say(&mut self, heard: Result<Heard, SpeechError>) {
        let heard = match heard {
            Ok(heard) => heard,
            Err(problem) => return self.fault(None, format!("speech: {problem}")),
        };
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
