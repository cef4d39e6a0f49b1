//! Voice activity by loudness: how far a chunk stands out of the background, for rooms without weights.
//!
//! It cannot tell a voice from music; it saves the recogniser the silence, no more.

use super::{VoiceActivity, check_length};
use crate::SpeechError;

/// Level below which nothing counts as voice, in dB of full scale.
const QUIET_DB: f32 = -50.0;
/// Level over the background at which voice is as likely as not, in dB.
const STANDS_OUT_DB: f32 = 9.0;
/// Steepness of the probability over level, per dB.
const STEEPNESS: f32 = 0.5;
/// How fast the background follows louder sound, in dB per chunk: 3 dB per second.
const RISE_DB: f32 = 0.1;
/// Highest background, in dB of full scale. Where it is louder everything counts: better too much than a word lost.
const LOUDEST_BACKGROUND_DB: f32 = -42.0;

/// Loudness over the background.
#[derive(Clone, Debug)]
pub struct LevelGate {
    background_db: f32,
}

impl LevelGate {
    /// A gate that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        // As if the background were loud: the first quiet chunk shows what it is.
        Self { background_db: LOUDEST_BACKGROUND_DB }
    }
}

impl Default for LevelGate {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceActivity for LevelGate {
    fn probability(&mut self, chunk: &[f32]) -> Result<f32, SpeechError> {
        check_length(chunk)?;
        let power = chunk.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / chunk.len() as f64;
        let level = (10.0 * power.max(1e-10).log10()) as f32;
        let over = level - self.background_db - STANDS_OUT_DB;
        // Digital silence says nothing of the microphone's noise to come.
        let background = level.max(QUIET_DB);
        self.background_db = if background < self.background_db {
            // Pauses between words show the background, so it falls at once, by a third of the way.
            self.background_db + (background - self.background_db) * 0.3
        } else {
            (self.background_db + RISE_DB).min(LOUDEST_BACKGROUND_DB)
        };
        if level < QUIET_DB {
            return Ok(0.0);
        }
        Ok(1.0 / (1.0 + (-STEEPNESS * over).exp()))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VOICE_CHUNK;

    fn chunk(amplitude: f32, at: usize) -> Vec<f32> {
        (0..VOICE_CHUNK).map(|i| amplitude * (((at * VOICE_CHUNK + i) as f32) * 0.11).sin()).collect()
    }

    #[test]
    fn speech_over_hum_opens_the_gate_and_hum_alone_closes_it() {
        let mut gate = LevelGate::new();
        let heard: Vec<f32> = (0..600)
            .map(|i| gate.probability(&chunk(if (400..450).contains(&i) { 0.2 } else { 0.01 }, i)).unwrap())
            .collect();
        assert!(heard[300..400].iter().all(|&p| p < 0.35), "hum: {:?}", &heard[390..400]);
        assert!(heard[400..450].iter().all(|&p| p > 0.8), "speech: {:?}", &heard[400..410]);
        assert!(heard[460..].iter().all(|&p| p < 0.35));
    }

    #[test]
    fn loud_music_does_not_mute_the_room_for_good() {
        let mut gate = LevelGate::new();
        let last = (0..20_000).map(|i| gate.probability(&chunk(0.3, i)).unwrap()).last().unwrap();
        assert!(last > 0.5, "{last}");
    }

    #[test]
    fn digital_silence_is_never_voice() {
        let mut gate = LevelGate::new();
        assert!((0..100).all(|_| gate.probability(&[0.0; VOICE_CHUNK]).unwrap() == 0.0));
        assert!(gate.probability(&[0.0; 3]).is_err());
    }
}
