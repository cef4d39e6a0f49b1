//! What happens between two pictures: motion and cuts.
//!
//! Differences of brightness, without search for moving blocks; symmetric in time but for the grid's layout.

use super::still::Still;
use super::{CUT_DISTANCE, CUT_ENERGY, SIZE};

const GRID: usize = 3;
/// Difference of brightness above the noise of compression, in steps of 255.
const CHANGED: u8 = 16;

/// The step from one picture to the next; all values 0..=1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transition {
    /// Mean difference of brightness on a 3 x 3 grid.
    pub(crate) grid: [f32; GRID * GRID],
    /// Mean difference of brightness.
    pub(crate) energy: f32,
    /// Share of pixels that changed visibly.
    pub(crate) changed: f32,
    /// Distance of the colour histograms (half the sum of differences).
    pub(crate) distance: f32,
}

impl Transition {
    /// The colours and the whole picture changed.
    pub(crate) fn is_cut(&self) -> bool {
        let moved_everywhere = self.energy >= CUT_ENERGY && self.changed >= 0.5;
        (self.distance >= CUT_DISTANCE && self.energy >= CUT_ENERGY)
            || (moved_everywhere && self.energy >= 0.25)
    }
}

/// Compares two pictures.
pub(crate) fn transition(before: &Still, after: &Still) -> Transition {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut sums = [0_u64; GRID * GRID];
    let mut counts = [0_u64; GRID * GRID];
    let mut changed = 0_u32;
    let edges: [usize; GRID + 1] = std::array::from_fn(|i| i * width / GRID);
    for y in 0..height {
        let band = y * GRID / height * GRID;
        for column in 0..GRID {
            let span = y * width + edges[column]..y * width + edges[column + 1];
            let mut sum = 0_u32;
            for (&a, &b) in before.luma[span.clone()].iter().zip(&after.luma[span.clone()]) {
                let difference = a.abs_diff(b);
                sum += u32::from(difference);
                changed += u32::from(difference >= CHANGED);
            }
            sums[band + column] += u64::from(sum);
            counts[band + column] += span.len() as u64;
        }
    }
    let pixels = (width * height) as f64;
    let total: u64 = sums.iter().sum();
    let distance: f32 = before.colours.iter().zip(after.colours).map(|(a, b)| (a - b).abs()).sum();
    Transition {
        grid: std::array::from_fn(|cell| (sums[cell] as f64 / counts[cell].max(1) as f64 / 255.0) as f32),
        energy: (total as f64 / pixels / 255.0) as f32,
        changed: (f64::from(changed) / pixels) as f32,
        distance: distance / 2.0,
    }
}
