//! Statistics of one unit's sound by itself, frame by frame.
//!
//! Frames of 25 ms every 10 ms, 48 mel bands from 60 to 7800 Hz. Every value is scaled by a fixed constant to about -1..=1.

use super::pitch::PitchTracker;
use super::spectrum::{MelParameters, MelSpectrum, rectified_rise};

/// Groups of mel bands.
pub(super) const GROUPS: usize = 16;
const PARAMETERS: MelParameters =
    MelParameters { rate: crate::SOUND_RATE, window: 400, hop: 160, bands: 48, range_hz: (60.0, 7_800.0) };
/// Quieter than this (dB below full scale) is silence.
const SILENCE_DB: f32 = -55.0;
const FLOOR_DB: f32 = -90.0;
/// Flux (in nepers per band) of a clear onset.
const ONSET: f32 = 0.35;
const FRAMES_PER_SECOND: f32 = 100.0;

/// What [`super::SoundEncoder`] needs of a unit.
pub(super) struct Profile {
    /// Values 0..52 of the encoder.
    pub(super) values: Vec<f32>,
    /// Mean loudness, scaled.
    pub(super) loudness: f32,
    /// Mean flux.
    pub(super) flux: f32,
    /// Distance between the spectra of the halves.
    pub(super) change: f32,
    /// Log bands of the last frame.
    pub(super) last_spectrum: Vec<f32>,
}

/// Plans and buffers; holds nothing from one unit to the next.
pub(super) struct Profiler {
    spectrum: MelSpectrum,
    pitch: PitchTracker,
}

/// Series over the frames of a unit.
#[derive(Default)]
struct Series {
    groups: Vec<[f32; GROUPS]>,
    loudness: Vec<f32>,
    flux: Vec<f32>,
    centroid: Vec<f32>,
    bandwidth: Vec<f32>,
    flatness: Vec<f32>,
    rolloff: Vec<f32>,
}

impl Profiler {
    pub(super) fn new() -> Self {
        Self { spectrum: MelSpectrum::new(PARAMETERS), pitch: PitchTracker::new() }
    }

    pub(super) fn parameters(&self) -> String {
        format!("{:?} {SILENCE_DB} {ONSET}", self.spectrum.parameters())
    }

    /// Describes cleaned samples; `before` is the spectrum just before them.
    pub(super) fn profile(&mut self, samples: &[f32], before: Option<&[f32]>) -> Profile {
        let mut series = Series::default();
        let mut last: Option<Vec<f32>> = before.map(<[f32]>::to_vec);
        for frame in 0..PARAMETERS.frames(samples.len()) {
            let start = frame * PARAMETERS.hop;
            series.loudness.push(decibels(&samples[start..samples.len().min(start + PARAMETERS.window)]));
            let bin_hz = self.spectrum.bin_hz();
            series.push_shape(self.spectrum.magnitudes(samples, frame), bin_hz);
            let bands: Vec<f32> = self.spectrum.bands().map(|band| (band + 1e-3).ln()).collect();
            series.flux.push(last.as_deref().map_or(0.0, |last| rectified_rise(last, &bands)));
            series.push_groups(&bands);
            last = Some(bands);
        }
        let mut values = series.group_statistics();
        let loudness = mean(&series.loudness);
        let half = series.loudness.len() / 2;
        let (start, end) = series.loudness.split_at(half);
        let rise = if half > 0 { mean(end) - mean(start) } else { 0.0 };
        values.extend([
            loudness,
            largest(&series.loudness),
            -largest(&series.loudness.iter().map(|x| -x).collect::<Vec<_>>()),
            deviation(&series.loudness) * 2.0,
            rise,
        ]);
        let flux = mean(&series.flux);
        let onsets = onsets(&series.flux) as f32 * FRAMES_PER_SECOND / series.flux.len() as f32;
        values.extend([flux * 4.0, (largest(&series.flux) * 0.5).min(4.0), onsets / 5.0]);
        values.extend([
            mean(&series.centroid),
            deviation(&series.centroid) * 2.0,
            mean(&series.bandwidth),
            mean(&series.flatness),
            mean(&series.rolloff),
            zero_crossings(samples),
            syllable_share(&series.loudness),
        ]);
        let voice = self.pitch.voice(samples);
        values.extend([voice.share, voice.pitch / 2.0, voice.deviation]);
        let silent = series.loudness.iter().filter(|&&level| level < scaled(SILENCE_DB)).count();
        values.push(silent as f32 / series.loudness.len() as f32);
        values.push(samples.iter().filter(|x| x.abs() >= 0.999).count() as f32 / samples.len() as f32);
        Profile { values, loudness, flux, change: series.change(), last_spectrum: last.unwrap_or_default() }
    }
}

impl Series {
    fn push_groups(&mut self, bands: &[f32]) {
        let size = bands.len() / GROUPS;
        self.groups.push(std::array::from_fn(|group| {
            // Log magnitudes run from -7 (nothing) to about 4 (a full-scale tone).
            (mean(&bands[group * size..(group + 1) * size]) + 2.0) / 4.0
        }));
    }

    fn push_shape(&mut self, magnitudes: &[f32], bin_hz: f32) {
        // The floor of every bin keeps the flatness of silence at 1, as that of any even spectrum.
        let sum: f32 = magnitudes.iter().sum::<f32>() + 1e-6 * magnitudes.len() as f32;
        let hz = |bin: usize| bin as f32 * bin_hz;
        let centroid = magnitudes.iter().enumerate().map(|(bin, m)| hz(bin) * m).sum::<f32>() / sum;
        let spread =
            magnitudes.iter().enumerate().map(|(bin, m)| (hz(bin) - centroid).powi(2) * m).sum::<f32>() / sum;
        let count = magnitudes.len() as f32;
        // A product of sixteen magnitudes stays within range, and one logarithm then serves them all.
        let logs: f32 = magnitudes
            .chunks(16)
            .map(|c| c.iter().map(|m| f64::from(m + 1e-6)).product::<f64>().ln() as f32)
            .sum();
        let mut below = 0.0;
        let rolloff = magnitudes.iter().position(|m| {
            below += m;
            below >= 0.85 * sum
        });
        self.centroid.push(centroid / 4_000.0);
        self.bandwidth.push(spread.max(0.0).sqrt() / 4_000.0);
        self.flatness.push((logs / count).exp() / (sum / count));
        self.rolloff.push(rolloff.map_or(0.0, hz) / 8_000.0);
    }

    fn group_statistics(&self) -> Vec<f32> {
        let column = |group: usize| self.groups.iter().map(|row| row[group]).collect::<Vec<f32>>();
        let columns: Vec<Vec<f32>> = (0..GROUPS).map(column).collect();
        let means = columns.iter().map(|column| mean(column));
        means.chain(columns.iter().map(|column| deviation(column) * 2.0)).collect()
    }

    fn change(&self) -> f32 {
        let (start, end) = self.groups.split_at(self.groups.len() / 2);
        if start.is_empty() {
            return 0.0;
        }
        let at =
            |rows: &[[f32; GROUPS]], g: usize| rows.iter().map(|row| row[g]).sum::<f32>() / rows.len() as f32;
        (0..GROUPS).map(|g| (at(end, g) - at(start, g)).abs()).sum::<f32>() / GROUPS as f32 * 2.0
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn deviation(values: &[f32]) -> f32 {
    let mean = mean(values);
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / values.len().max(1) as f32).sqrt()
}

fn largest(values: &[f32]) -> f32 {
    values.iter().copied().reduce(f32::max).unwrap_or(0.0)
}

/// -90 dB to -1.5, -30 dB to 0, full scale to 0.75.
fn scaled(decibels: f32) -> f32 {
    (decibels + 30.0) / 40.0
}

fn decibels(frame: &[f32]) -> f32 {
    let power = frame.iter().map(|x| x * x).sum::<f32>() / frame.len().max(1) as f32;
    scaled((10.0 * (power + 1e-12).log10()).max(FLOOR_DB))
}

/// Peaks of the flux that stand out, at least 60 ms apart.
fn onsets(flux: &[f32]) -> usize {
    let mut count = 0;
    let mut last: Option<usize> = None;
    for (frame, &value) in flux.iter().enumerate() {
        if value >= ONSET && last.is_none_or(|last| frame - last >= 6) {
            count += 1;
            last = Some(frame);
        }
    }
    count
}

fn zero_crossings(samples: &[f32]) -> f32 {
    let crossings = samples.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
    (crossings as f32 / samples.len() as f32 * 4.0).min(2.0)
}

/// Share of the loudness curve's variance between 2.5 and 6 Hz.
fn syllable_share(loudness: &[f32]) -> f32 {
    let length = loudness.len();
    let mean = mean(loudness);
    let total: f32 = loudness.iter().map(|x| (x - mean) * (x - mean)).sum();
    if length < 50 || total < 1e-3 {
        return 0.0;
    }
    let seconds = length as f32 / FRAMES_PER_SECOND;
    let harmonics = (2.5 * seconds).ceil() as usize..=(6.0 * seconds).floor().min(256.0) as usize;
    let power: f32 = harmonics
        .map(|k| {
            let step = std::f32::consts::TAU * k as f32 / length as f32;
            let (mut cosine, mut sine) = (0.0_f32, 0.0_f32);
            for (i, x) in loudness.iter().enumerate() {
                let (s, c) = (step * i as f32).sin_cos();
                cosine += (x - mean) * c;
                sine += (x - mean) * s;
            }
            cosine * cosine + sine * sine
        })
        .sum();
    (2.0 * power / length as f32 / total).min(1.0)
}
