//! Pictures to a compact descriptor: colour, light, edges, layout, motion, cuts.
//!
//! | value | |
//! |---|---|
//! | 0..16 | colour histogram (12 hues weighted by colour, 4 greys), square roots, mean over the unit |
//! | 16..22 | brightness, contrast, saturation, colourfulness, dark share, bright share |
//! | 22..34 | brightness on a 4 x 3 grid, about 0 |
//! | 34..58 | edge strength in 4 directions on a 3 x 2 grid, as shares |
//! | 58 | edge strength |
//! | 59..68 | motion on a 3 x 3 grid, largest of the unit |
//! | 68..72 | motion: mean, largest, last, share of changed pixels |
//! | 72..75 | histogram distance: largest, mean; share of cuts among transitions |
//! | 75..78 | motion against its running mean over 10, 60, 300 s |
//! | 78, 79 | brightness against its running mean over 60 s, its range within the unit |
//! | 80 | `ln(1 + seconds since the last cut) / 4` |
//! | 81 | share of transitions without any motion (a still picture) |
//! | 82 | whether there was a picture to compare the first one with |
//! | 83 | colours against the running mean over 60 s, as a histogram distance |

mod motion;
mod plane;
mod still;

use crate::baseline::Baseline;
use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};
pub(crate) use motion::{Transition, transition};
pub(crate) use plane::resample;
pub(crate) use still::Still;
use still::{COLOURS, STILL};

const WIDTH: usize = STILL + 25;
/// Size at which pictures are described; others are brought to it.
pub(crate) const SIZE: (u32, u32) = (160, 90);
const WINDOWS_S: [f64; 3] = [10.0, 60.0, 300.0];
/// Histogram distance (0 to 1) that, with motion over the whole picture, makes a cut.
pub(crate) const CUT_DISTANCE: f32 = 0.35;
pub(crate) const CUT_ENERGY: f32 = 0.08;
/// Pictures further apart are not compared.
const LONGEST_GAP_US: i64 = 10_000_000;

/// Encoder of sampled pictures without a network.
///
/// Compares each picture with the last one, also across units, so that its motion depends on how often pictures are
/// sampled: train and run at one rate. State: one picture of 160 x 90 and running means.
#[derive(Clone, Debug)]
pub struct PictureEncoder {
    motion: [Baseline; 3],
    brightness: Baseline,
    colours: Vec<Baseline>,
    last: Option<(i64, Still)>,
    last_cut_us: Option<i64>,
}

impl PictureEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            motion: WINDOWS_S.map(Baseline::new),
            brightness: Baseline::new(60.0),
            colours: vec![Baseline::new(60.0); COLOURS],
            last: None,
            last_cut_us: None,
        }
    }

    /// What happens between the pictures of the unit, the last picture of an earlier unit included.
    fn transitions(&self, stills: &[(i64, Still)]) -> Vec<(i64, Transition)> {
        self.last
            .iter()
            .chain(stills)
            .zip(self.last.iter().chain(stills).skip(1))
            .filter(|(before, after)| (0..=LONGEST_GAP_US).contains(&after.0.saturating_sub(before.0)))
            .map(|(before, after)| (after.0, transition(&before.1, &after.1)))
            .collect()
    }

    fn describe_motion(
        &mut self,
        transitions: &[(i64, Transition)],
        unit: &UnitInput<'_>,
        vector: &mut Vec<f32>,
    ) {
        let count = transitions.len().max(1) as f32;
        let mut grid = [0.0_f32; 9];
        let (mut sum, mut largest, mut changed, mut distance, mut farthest) =
            (0.0_f32, 0.0_f32, 0.0, 0.0, 0.0_f32);
        let (mut cuts, mut frozen) = (0_u32, 0_u32);
        for (at_us, transition) in transitions {
            grid.iter_mut().zip(transition.grid).for_each(|(cell, new)| *cell = cell.max(new));
            sum += transition.energy;
            largest = largest.max(transition.energy);
            changed += transition.changed;
            distance += transition.distance;
            farthest = farthest.max(transition.distance);
            frozen += u32::from(transition.energy < 1e-3);
            if transition.is_cut() {
                cuts += 1;
                self.last_cut_us = Some(*at_us);
            }
        }
        // Motion of a few per cent of the range is already much: the root spreads it out.
        vector.extend(grid.map(|cell| cell.sqrt() * 2.0));
        let last = transitions.last().map_or(0.0, |(_, transition)| transition.energy);
        vector.extend([(sum / count).sqrt() * 2.0, largest.sqrt() * 2.0, last.sqrt() * 2.0, changed / count]);
        vector.extend([farthest, distance / count, cuts as f32 / count]);
        let energy = f64::from(sum / count);
        if transitions.is_empty() {
            vector.extend([0.0; 3]);
        } else {
            vector.extend(self.motion.iter().map(|baseline| baseline.log_ratio(energy, 0.005)));
            self.motion.iter_mut().for_each(|baseline| baseline.update(energy, unit.seconds()));
        }
        vector.push(frozen as f32 / count);
    }
}

impl Default for PictureEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder for PictureEncoder {
    fn name(&self) -> &str {
        "picture-descriptor"
    }

    fn digest(&self) -> String {
        let parameters =
            format!("{WIDTH} {SIZE:?} {WINDOWS_S:?} {CUT_DISTANCE} {CUT_ENERGY} {LONGEST_GAP_US}");
        fingerprint::of_algorithm(self.name(), 1, &parameters)
    }

    fn modality(&self) -> Modality {
        Modality::Picture
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn picture_size(&self) -> Option<(u32, u32)> {
        Some(SIZE)
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        unit.pictures.iter().try_for_each(super::unit::PictureView::check)?;
        let stills: Vec<(i64, Still)> = unit.pictures.iter().map(|p| (p.at_us, Still::of(p))).collect();
        let Some((last_us, _)) = stills.last() else { return Ok(None) };
        let last_us = *last_us;
        let mut vector = still::mean(stills.iter().map(|(_, still)| still));
        let transitions = self.transitions(&stills);
        let had_last = transitions.len() == stills.len();
        self.describe_motion(&transitions, unit, &mut vector);
        let frozen = vector.pop().unwrap_or(0.0);

        let brightness: Vec<f32> = stills.iter().map(|(_, still)| still.brightness()).collect();
        let mean = f64::from(brightness.iter().sum::<f32>() / brightness.len() as f32);
        let range = brightness.iter().fold(0.0_f32, |a, &b| a.max(b))
            - brightness.iter().fold(1.0_f32, |a, &b| a.min(b));
        vector.extend([self.brightness.difference(mean) * 2.0, range * 2.0]);
        let cut_s = self.last_cut_us.map_or(0.0, |cut| last_us.saturating_sub(cut).max(0) as f64 / 1e6);
        vector.extend([((1.0 + cut_s).ln() / 4.0).min(3.0) as f32, frozen, f32::from(u8::from(had_last))]);
        let strange: f32 =
            self.colours.iter().zip(&vector).map(|(b, &c)| b.difference(f64::from(c)).abs()).sum();
        vector.push((strange * 0.5).min(2.0));

        self.brightness.update(mean, unit.seconds());
        for (baseline, &colour) in self.colours.iter_mut().zip(&vector) {
            baseline.update(f64::from(colour), unit.seconds());
        }
        self.last_cut_us = self.last_cut_us.or(Some(last_us));
        self.last = stills.into_iter().next_back();
        Ok(Some(vector))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
