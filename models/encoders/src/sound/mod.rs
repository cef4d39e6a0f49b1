//! Sound to statistics: spectrum, loudness, onsets, timbre, signs of speech.
//!
//! | value | |
//! |---|---|
//! | 0..16 | mean log energy of 16 groups of mel bands |
//! | 16..32 | its deviation over the unit |
//! | 32..37 | loudness (dB below full scale): mean, largest, smallest, deviation, end against start |
//! | 37..40 | spectral flux: mean, largest, onsets per second |
//! | 40..46 | centroid mean and deviation, bandwidth, flatness, rolloff, zero crossings |
//! | 46 | share of the loudness modulation around 4 Hz, the rate of syllables (Scheirer and Slaney 1997) |
//! | 47..50 | voiced share, pitch mean and deviation (autocorrelation) |
//! | 50..52 | silence share, clipping share |
//! | 52..55 | loudness against its running mean over 10, 60, 300 s |
//! | 55..57 | flux against its running mean over 60, 300 s |
//! | 57 | spectrum against its running mean over 60 s |
//! | 58 | change of spectrum between the halves of the unit |
//! | 59 | share of the unit that has sound |
//!
//! Silence is sound (its values are finite); only an empty signal is a missing modality.

mod pitch;
mod profile;
mod spectrum;

use crate::baseline::Baseline;
use crate::{EncodeError, Encoder, Modality, SOUND_RATE, UnitInput, fingerprint};
use profile::{GROUPS, Profiler};
pub(crate) use spectrum::{MelParameters, MelSpectrum};

const WIDTH: usize = 60;
const WINDOWS_S: [f64; 3] = [10.0, 60.0, 300.0];

/// Encoder of sound without a network. State: running means and the last frame's spectrum.
pub struct SoundEncoder {
    profiler: Profiler,
    loudness: [Baseline; 3],
    flux: [Baseline; 2],
    spectrum: Vec<Baseline>,
    /// Where the last unit's sound ended, and the spectrum there.
    tail: Option<(i64, Vec<f32>)>,
}

impl SoundEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profiler: Profiler::new(),
            loudness: WINDOWS_S.map(Baseline::new),
            flux: [Baseline::new(60.0), Baseline::new(300.0)],
            spectrum: vec![Baseline::new(60.0); GROUPS],
            tail: None,
        }
    }
}

impl Default for SoundEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for SoundEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundEncoder").finish_non_exhaustive()
    }
}

/// Samples that are numbers within full scale.
pub(crate) fn cleaned(samples: &[f32]) -> Vec<f32> {
    samples.iter().map(|&x| if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) }).collect()
}

impl Encoder for SoundEncoder {
    fn name(&self) -> &str {
        "sound-statistics"
    }

    fn digest(&self) -> String {
        let parameters = format!("{WIDTH} {WINDOWS_S:?} {}", self.profiler.parameters());
        fingerprint::of_algorithm(self.name(), 1, &parameters)
    }

    fn modality(&self) -> Modality {
        Modality::Sound
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        if unit.sound.is_empty() {
            return Ok(None);
        }
        let samples = cleaned(unit.sound);
        // 20 ms of doubt: the sound goes on where the last unit's ended.
        let adjoins = |end: i64| (-20_000..=20_000).contains(&unit.start_us.saturating_sub(end));
        let before = self.tail.take().filter(|(end, _)| adjoins(*end)).map(|(_, spectrum)| spectrum);
        let profile = self.profiler.profile(&samples, before.as_deref());

        let mut vector = profile.values.clone();
        let (loudness, flux) = (f64::from(profile.loudness), f64::from(profile.flux));
        vector.extend(self.loudness.iter().map(|baseline| baseline.difference(loudness).clamp(-2.0, 2.0)));
        vector.extend(self.flux.iter().map(|baseline| baseline.log_ratio(flux, 0.02)));
        let groups = &profile.values[..GROUPS];
        let strange: f32 =
            self.spectrum.iter().zip(groups).map(|(b, &level)| b.difference(f64::from(level)).abs()).sum();
        vector.push((strange / GROUPS as f32 * 2.0).min(3.0));
        vector.push(profile.change);
        let seconds = samples.len() as f64 / f64::from(SOUND_RATE);
        vector.push((seconds / unit.seconds()).min(1.0) as f32);

        self.loudness.iter_mut().for_each(|baseline| baseline.update(loudness, seconds));
        self.flux.iter_mut().for_each(|baseline| baseline.update(flux, seconds));
        for (baseline, &level) in self.spectrum.iter_mut().zip(groups) {
            baseline.update(f64::from(level), seconds);
        }
        let length_us = (samples.len() as i64).saturating_mul(1_000_000) / i64::from(SOUND_RATE);
        self.tail = Some((unit.start_us.saturating_add(length_us), profile.last_spectrum));
        Ok(Some(vector))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
