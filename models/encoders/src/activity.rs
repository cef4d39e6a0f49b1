//! Activity of a unit at sub-unit resolution: when something began to sound, move or be written about.
//!
//! These curves feed the estimate of a room's comment lag and attentive decoding. A bin holds what fell into
//! `[start + i * bin, start + (i + 1) * bin)`; the last bin of a unit may be shorter. Nothing in a bin depends on
//! what comes after it, but for the 25 ms window of a sound frame; an onset at the end of a bin may show in the next.

use std::collections::VecDeque;

use crate::picture::{Still, transition};
use crate::sound::{MelParameters, MelSpectrum, cleaned};
use crate::{CommentView, EncodeError, PictureView, SOUND_RATE, UnitInput};

/// More bins than this are not made: a day of seconds.
const MOST_BINS: i64 = 86_400;
/// Pictures further apart are not compared.
const LONGEST_GAP_US: i64 = 10_000_000;
/// Frames of sound (10 ms each) that are compared, and those before them that they are compared with.
const FAST: usize = 4;
const SLOW: usize = 12;
/// Added to band magnitudes (a full-scale tone has about 100): quieter sound has no onsets.
const ONSET_FLOOR: f32 = 0.1;
/// Rise (in nepers) that four frames of steady noise reach by chance.
const STEADY_RISE: f32 = 0.4;
/// What a cut adds to motion, which is rarely above 0.3 by itself.
const CUT: f32 = 1.0;

/// Curves of one unit; `None` where the modality is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Width of a bin in microseconds.
    pub bin_us: i64,
    /// Onset strength, see [`sound_activity`].
    pub sound: Option<Vec<f32>>,
    /// Motion and cuts, see [`picture_activity`].
    pub picture: Option<Vec<f32>>,
    /// Comments, see [`comment_activity`].
    pub comments: Option<Vec<f32>>,
}

/// Measures units in order, with the picture and the sound just before each unit in mind, so that what begins
/// exactly with a unit is not lost.
#[derive(Clone, Debug)]
pub struct ActivityMeter {
    bin_us: i64,
    last_picture: Option<(i64, Still)>,
    last_sound: Option<(i64, Vec<f32>)>,
}

impl ActivityMeter {
    /// A meter at the start of a stream; half-second bins are `500_000`.
    #[must_use]
    pub fn new(bin_us: i64) -> Self {
        Self { bin_us: bin_us.max(1), last_picture: None, last_sound: None }
    }

    /// Curves of the next unit.
    ///
    /// # Errors
    /// [`EncodeError::PictureSize`] when a picture contradicts its size; nothing has advanced then.
    pub fn measure(&mut self, unit: &UnitInput<'_>) -> Result<Activity, EncodeError> {
        let picture = if unit.pictures.is_empty() {
            None
        } else {
            let last = &mut self.last_picture;
            Some(motion_curve(last, unit.pictures, unit.start_us, unit.duration_us, self.bin_us)?)
        };
        let sound = (!unit.sound.is_empty()).then(|| self.measure_sound(unit));
        let comments =
            unit.comments.map(|comments| comment_activity(comments, unit.duration_us, self.bin_us));
        Ok(Activity { bin_us: self.bin_us, sound, picture, comments })
    }

    fn measure_sound(&mut self, unit: &UnitInput<'_>) -> Vec<f32> {
        let adjoins = |end: i64| (-20_000..=20_000).contains(&unit.start_us.saturating_sub(end));
        let before = self.last_sound.take().filter(|(end, _)| adjoins(*end)).map(|(_, samples)| samples);
        let bins = bin_count(unit.duration_us, self.bin_us);
        let curve = onset_curve(&before.unwrap_or_default(), unit.sound, SOUND_RATE, self.bin_us, bins);
        let length_us = (unit.sound.len() as i64).saturating_mul(1_000_000) / i64::from(SOUND_RATE);
        let MelParameters { window, hop, .. } = frame(SOUND_RATE);
        let kept = unit.sound.len().saturating_sub(window + (FAST + SLOW) * hop);
        self.last_sound = Some((unit.start_us.saturating_add(length_us), unit.sound[kept..].to_vec()));
        curve
    }

    /// Forgets the stream.
    pub fn reset(&mut self) {
        *self = Self::new(self.bin_us);
    }
}

/// Number of bins that cover a length of time, at least one.
fn bin_count(duration_us: i64, bin_us: i64) -> usize {
    let (duration, bin) = (duration_us.max(1), bin_us.max(1));
    ((duration - 1) / bin + 1).min(MOST_BINS) as usize
}

/// Onset strength of mono sound, one value per bin: mean half-wave rectified rise of log mel bands, the last 40 ms
/// against the 120 ms before; 0 for silence, about 0 for steady sound, 0.1 to 1 where something begins.
///
/// `sample_rate` is in hertz. The curve covers the samples given; the first frames have nothing before them and count 0
/// (use [`ActivityMeter`] for units of a stream).
#[must_use]
pub fn sound_activity(samples: &[f32], sample_rate: u32, bin_us: i64) -> Vec<f32> {
    if samples.is_empty() || sample_rate == 0 {
        return Vec::new();
    }
    let duration_us = (samples.len() as i64).saturating_mul(1_000_000) / i64::from(sample_rate);
    onset_curve(&[], samples, sample_rate, bin_us.max(1), bin_count(duration_us, bin_us))
}

fn frame(rate: u32) -> MelParameters {
    let hop = (rate as usize / 100).max(1);
    MelParameters { rate, window: (rate as usize / 40).max(2), hop, bands: 24, range_hz: (60.0, 7_800.0) }
}

fn onset_curve(before: &[f32], samples: &[f32], rate: u32, bin_us: i64, bins: usize) -> Vec<f32> {
    let parameters = frame(rate);
    // A whole number of hops, so that the frames' starts keep their places in the unit.
    let kept = before.len() / parameters.hop * parameters.hop;
    let mut joined = cleaned(&before[before.len() - kept..]);
    joined.extend(cleaned(samples));
    let mut spectrum = MelSpectrum::new(parameters);
    let (mut sums, mut counts) = (vec![0.0_f32; bins], vec![0_u32; bins]);
    let mut recent: VecDeque<Vec<f32>> = VecDeque::with_capacity(FAST + SLOW);
    for index in 0..parameters.frames(joined.len()) {
        spectrum.magnitudes(&joined, index);
        if recent.len() == FAST + SLOW {
            recent.pop_front();
        }
        recent.push_back(spectrum.bands().collect());
        // A rise is heard at the end of its frame.
        let Some(end) = (index * parameters.hop + parameters.window).min(joined.len()).checked_sub(kept + 1)
        else {
            continue;
        };
        let at_us = end as i64 * 1_000_000 / i64::from(rate);
        let bin = ((at_us / bin_us) as usize).min(bins - 1);
        sums[bin] += onset(&recent);
        counts[bin] += 1;
    }
    sums.iter().zip(counts).map(|(sum, count)| sum / count.max(1) as f32).collect()
}

/// Mean rise over bands of the last few frames above those before, beyond what steady noise does by chance.
fn onset(recent: &VecDeque<Vec<f32>>) -> f32 {
    let slow = recent.len().saturating_sub(FAST);
    if slow < FAST {
        return 0.0;
    }
    let bands = recent[0].len();
    let log_mean = |frames: std::ops::Range<usize>, band: usize| {
        let count = frames.len() as f32;
        (recent.range(frames).map(|frame| frame[band]).sum::<f32>() / count + ONSET_FLOOR).ln()
    };
    let rise = |band| (log_mean(slow..recent.len(), band) - log_mean(0..slow, band) - STEADY_RISE).max(0.0);
    (0..bands).map(rise).sum::<f32>() / bands.max(1) as f32
}

/// Motion of pictures, one value per bin: the largest mean difference of brightness (0 to 1) to the picture before, plus 1
/// for a cut.
///
/// The first picture has nothing before it and counts 0 (use [`ActivityMeter`] for units of a stream). Pictures outside
/// `start_us .. start_us + duration_us` are left out.
///
/// # Errors
/// [`EncodeError::PictureSize`] when a picture contradicts its size.
pub fn picture_activity(
    pictures: &[PictureView<'_>],
    start_us: i64,
    duration_us: i64,
    bin_us: i64,
) -> Result<Vec<f32>, EncodeError> {
    motion_curve(&mut None, pictures, start_us, duration_us, bin_us)
}

fn motion_curve(
    last: &mut Option<(i64, Still)>,
    pictures: &[PictureView<'_>],
    start_us: i64,
    duration_us: i64,
    bin_us: i64,
) -> Result<Vec<f32>, EncodeError> {
    pictures.iter().try_for_each(PictureView::check)?;
    let bin_us = bin_us.max(1);
    let mut curve = vec![0.0_f32; bin_count(duration_us, bin_us)];
    for picture in pictures {
        let still = Still::of(picture);
        let before = last.replace((picture.at_us, still));
        let offset = picture.at_us.saturating_sub(start_us);
        let (Some((before_us, before)), Some((_, still))) = (before, last.as_ref()) else { continue };
        let near = (0..=LONGEST_GAP_US).contains(&picture.at_us.saturating_sub(before_us));
        if !near || !(0..duration_us.max(1)).contains(&offset) {
            continue;
        }
        let step = transition(&before, still);
        let value = step.energy + if step.is_cut() { CUT } else { 0.0 };
        if let Some(bin) = curve.get_mut((offset / bin_us) as usize) {
            *bin = bin.max(value);
        }
    }
    Ok(curve)
}

/// Comments per bin; offsets outside the unit count in the nearest bin.
#[must_use]
pub fn comment_activity(comments: &[CommentView<'_>], duration_us: i64, bin_us: i64) -> Vec<f32> {
    let mut curve = vec![0.0_f32; bin_count(duration_us, bin_us)];
    for comment in comments {
        let bin = (comment.offset_us.max(0) / bin_us.max(1)) as usize;
        let bin = bin.min(curve.len() - 1);
        curve[bin] += 1.0;
    }
    curve
}
