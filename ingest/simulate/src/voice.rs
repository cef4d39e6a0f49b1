//! The streamer's voice: espeak-ng where it is installed, otherwise formants that sound like speech but say nothing.
//!
//! Either gives the same samples for the same phrase every time; each phrase is spoken once and kept.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::SimulateError;
use crate::sound::RATE;
use crate::words::Language;

/// How a streamer speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manner {
    /// espeak-ng's voice, `en-us+m3`.
    pub voice: String,
    pub excited: bool,
}

impl Manner {
    pub(crate) fn new(language: Language, room: usize, excited: bool) -> Self {
        const VARIANTS: [&str; 8] = ["m3", "f2", "m1", "f4", "m7", "f3", "m2", "f1"];
        let base = match language {
            Language::En => "en-us",
            Language::De => "de",
            Language::Es => "es",
            Language::Pt => "pt",
            Language::Fr => "fr-fr",
        };
        Self { voice: format!("{base}+{}", VARIANTS[room % VARIANTS.len()]), excited }
    }
}

type Spoken = BTreeMap<(Manner, String), Arc<[f32]>>;

/// The voices of all rooms.
#[derive(Debug)]
pub(crate) struct Voices {
    espeak: bool,
    spoken: Mutex<Spoken>,
}

impl Voices {
    /// Looks for espeak-ng.
    pub(crate) fn find() -> Self {
        let found =
            Command::new("espeak-ng").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        let espeak = match found {
            Ok(status) => status.success(),
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(%error, "espeak-ng does not start; streamers get a voice without words");
                }
                false
            }
        };
        Self { espeak, spoken: Mutex::default() }
    }

    /// As it stands in the truth.
    pub(crate) const fn name(&self) -> &'static str {
        if self.espeak { "espeak-ng" } else { "formants" }
    }

    /// `text` at [`RATE`], full scale 1.
    pub(crate) fn speak(&self, text: &str, manner: &Manner) -> Result<Arc<[f32]>, SimulateError> {
        let key = (manner.clone(), text.to_owned());
        if let Some(known) = self.spoken.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let samples: Arc<[f32]> =
            if self.espeak { espeak(text, manner)? } else { formants(text, manner) }.into();
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner).insert(key, samples.clone());
        Ok(samples)
    }
}

fn espeak(text: &str, manner: &Manner) -> Result<Vec<f32>, SimulateError> {
    let failed = |reason: String| SimulateError::Speech { text: text.to_owned(), reason };
    let (speed, pitch, volume) = if manner.excited { ("200", "72", "160") } else { ("172", "46", "100") };
    let mut child = Command::new("espeak-ng")
        .args(["-v", &manner.voice, "-s", speed, "-p", pitch, "-a", volume, "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let (rate, samples) =
        wave(&output.stdout).ok_or_else(|| failed("its output is no wave file".to_owned()))?;
    Ok(resampled(&samples, rate))
}

/// Rate and samples of a 16-bit mono wave file that was streamed, so that its lengths mean nothing.
fn wave(bytes: &[u8]) -> Option<(u32, Vec<f32>)> {
    let format = bytes.windows(4).position(|four| four == b"fmt ")?;
    let rate = u32::from_le_bytes(bytes.get(format + 12..format + 16)?.try_into().ok()?);
    let data = bytes.windows(4).position(|four| four == b"data")? + 8;
    let pairs = bytes.get(data..)?.chunks_exact(2);
    (rate > 0).then(|| {
        (rate, pairs.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect())
    })
}

/// To [`RATE`] by straight lines: the rates are close and the voice has little above 5 kHz.
fn resampled(samples: &[f32], rate: u32) -> Vec<f32> {
    let step = f64::from(rate) / f64::from(RATE);
    let length = (samples.len() as f64 / step) as usize;
    let at = |index: usize| samples.get(index).copied().unwrap_or(0.0);
    (0..length)
        .map(|n| {
            let place = n as f64 * step;
            let (whole, part) = (place as usize, place.fract() as f32);
            at(whole) * (1.0 - part) + at(whole + 1) * part
        })
        .collect()
}

/// Two resonances per vowel over a train of pulses; consonants are short breaks with a little noise.
fn formants(text: &str, manner: &Manner) -> Vec<f32> {
    let rate = RATE as f32;
    let mut pitch: f32 = if manner.voice.contains("+f") { 190.0 } else { 115.0 };
    let (pace, loud) = if manner.excited { (0.060, 1.5) } else { (0.072, 1.0) };
    if manner.excited {
        pitch *= 1.45;
    }
    let mut out = Vec::new();
    let (mut phase, mut noise) = (0.0_f32, 0x1234_5678_u32);
    let mut memory = [[0.0_f32; 2]; 2];
    for letter in text.chars().flat_map(char::to_lowercase) {
        let (first, second, voiced) = match letter {
            'a' | 'á' | 'à' | 'ã' | 'ä' => (750.0, 1_250.0, 1.0),
            'e' | 'é' | 'è' | 'ê' => (480.0, 1_900.0, 1.0),
            'i' | 'y' | 'í' => (300.0, 2_250.0, 1.0),
            'o' | 'ó' | 'ö' | 'ô' => (480.0, 900.0, 1.0),
            'u' | 'ú' | 'ü' => (320.0, 800.0, 1.0),
            'm' | 'n' | 'l' | 'r' | 'w' => (280.0, 1_300.0, 0.5),
            letter if letter.is_alphabetic() => (1_800.0, 3_200.0, 0.0),
            _ => (500.0, 1_500.0, -1.0),
        };
        pitch *= 0.997;
        for n in 0..(pace * rate) as usize {
            let part = n as f32 / (pace * rate);
            phase = (phase + pitch / rate).fract();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (noise >> 8) as f32 / 8_388_608.0 - 1.0;
            let source = if voiced > 0.0 {
                (if phase < 0.1 { 1.0 } else { -0.11 }) * voiced
            } else {
                hiss * 0.12 * (1.0 + voiced)
            };
            let mut sum = 0.0;
            for (held, (tone, width)) in memory.iter_mut().zip([(first, 90.0_f32), (second, 130.0)]) {
                let decay = (-std::f32::consts::PI * width / rate).exp();
                let turn = 2.0 * decay * (std::f32::consts::TAU * tone / rate).cos();
                let now = source * (1.0 - decay) * 3.0 + turn * held[0] - decay * decay * held[1];
                *held = [now, held[0]];
                sum += now;
            }
            out.push(sum * loud * 0.5 * (std::f32::consts::PI * part).sin().max(0.0).sqrt());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_espeak_there_is_a_voice_all_the_same() {
        let voices = Voices { espeak: false, spoken: Mutex::default() };
        let calm = voices.speak("what a goal", &Manner::new(Language::En, 0, false)).unwrap();
        let again = Voices { espeak: false, spoken: Mutex::default() };
        assert_eq!(calm, again.speak("what a goal", &Manner::new(Language::En, 0, false)).unwrap());
        let loud = voices.speak("what a goal", &Manner::new(Language::En, 0, true)).unwrap();
        let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
        assert!(power(&calm) > 1e-4 && power(&loud) > power(&calm), "{} {}", power(&calm), power(&loud));
        assert!(loud.iter().all(|s| s.abs() < 4.0));
    }

    #[test]
    fn a_streamed_wave_file_is_read_to_its_end() {
        let mut bytes = b"RIFF\x24\xf0\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(22_050_u32.to_le_bytes());
        bytes.extend(44_100_u32.to_le_bytes());
        bytes.extend(b"\x02\0\x10\0data\0\xf0\xff\x7f\0\x40\0\xc0");
        assert_eq!(wave(&bytes), Some((22_050, vec![0.5, -0.5])));
        assert_eq!(wave(b"nothing"), None);
    }
}
