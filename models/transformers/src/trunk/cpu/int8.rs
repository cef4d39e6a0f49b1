//! Matrix times weights in 8 bits: weights are whole numbers with one scale per output, a row becomes whole numbers with a scale and an
//! offset as it comes.
//!
//! For a row `x = scale q + least` and weights `w = step v` an output is `step (scale Σ q v + least Σ v)`. The sums are exact, so all
//! instructions give the same bits.
#![allow(unsafe_code)]

use rayon::prelude::*;

use super::level::{self, Kernel};
use super::linear::{PANEL, PASS_BYTES, TILE};
use super::math;
use crate::trunk::{Activation, Plain};

/// Inputs that one instruction takes of each row.
const GROUP: usize = 4;
/// The largest weight.
const MOST: f32 = 127.0;

/// Weights of a group of inputs for all outputs of a panel.
type Weights = [[i8; GROUP]; PANEL];
/// A group of inputs of the rows of a tile.
type Values = [[u8; GROUP]; TILE];
type Sums = [[i32; PANEL]; TILE];

/// A matrix in panels, with its biases.
pub(crate) struct SmallLinear {
    inputs: usize,
    outputs: usize,
    panels: Vec<Weights>,
    steps: Vec<[f32; PANEL]>,
    /// `step Σ v` of each output.
    totals: Vec<[f32; PANEL]>,
    biases: Vec<[f32; PANEL]>,
}

impl SmallLinear {
    pub(crate) fn new(plain: &Plain) -> Self {
        let (inputs, outputs) = (plain.inputs, plain.bias.len());
        let groups = inputs.div_ceil(GROUP);
        let mut small = Self {
            inputs,
            outputs,
            panels: Vec::with_capacity(outputs.div_ceil(PANEL) * groups),
            steps: Vec::new(),
            totals: Vec::new(),
            biases: Vec::new(),
        };
        for (rows, biases) in plain.weight.chunks(PANEL * inputs).zip(plain.bias.chunks(PANEL)) {
            let (mut steps, mut totals, mut bias) = ([0.0; PANEL], [0.0; PANEL], [0.0; PANEL]);
            let from = small.panels.len();
            small.panels.resize(from + groups, [[0; GROUP]; PANEL]);
            for (output, row) in rows.chunks_exact(inputs).enumerate() {
                let most = row.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
                let step = most / MOST;
                let mut total = 0_i32;
                for (input, weight) in row.iter().enumerate() {
                    let whole = if step > 0.0 { (weight / step).round() as i8 } else { 0 };
                    small.panels[from + input / GROUP][output][input % GROUP] = whole;
                    total += i32::from(whole);
                }
                (steps[output], totals[output], bias[output]) = (step, step * total as f32, biases[output]);
            }
            small.steps.push(steps);
            small.totals.push(totals);
            small.biases.push(bias);
        }
        small
    }

    /// As [`super::Linear::apply`].
    pub(crate) fn apply(
        &self,
        rows: &[f32],
        out: &mut [f32],
        residual: Option<&[f32]>,
        activation: Activation,
    ) {
        let count = rows.len() / self.inputs;
        let threads = rayon::current_num_threads();
        let fit = PASS_BYTES / self.inputs;
        let pass = fit.min(count.div_ceil(threads)).next_multiple_of(TILE).max(TILE);
        let (step, from) = (pass * self.outputs, pass * self.inputs);
        out.par_chunks_mut(step).zip(rows.par_chunks(from)).enumerate().for_each(|(index, (out, rows))| {
            let residual = residual.map(|residual| &residual[index * step..][..out.len()]);
            let mut pass =
                Pass { linear: self, out, residual, activation, tiles: Vec::new(), of_rows: Vec::new() };
            level::run(Whole { pass: &mut pass, rows });
            pass.run();
        });
    }
}

/// Some rows by all panels.
struct Pass<'a> {
    linear: &'a SmallLinear,
    out: &'a mut [f32],
    residual: Option<&'a [f32]>,
    activation: Activation,
    tiles: Vec<Values>,
    /// Scale and least value of each row.
    of_rows: Vec<(f32, f32)>,
}

impl Pass<'_> {
    fn run(&mut self) {
        let SmallLinear { inputs, outputs, panels, .. } = self.linear;
        let groups = inputs.div_ceil(GROUP);
        let multiply = multiplier();
        for (at, panel) in panels.chunks_exact(groups).enumerate() {
            let width = PANEL.min(outputs - at * PANEL);
            for tile in 0..self.tiles.len() / groups {
                let sums = multiply(&self.tiles[tile * groups..][..groups], panel);
                level::run(Finish { pass: self, panel: at, first: tile * TILE, width, sums: &sums });
            }
        }
    }
}

/// Rows to whole numbers, in tiles.
struct Whole<'a, 'b> {
    pass: &'a mut Pass<'b>,
    rows: &'a [f32],
}

impl Kernel for Whole<'_, '_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        let inputs = self.pass.linear.inputs;
        let groups = inputs.div_ceil(GROUP);
        let mut whole = vec![0_u8; groups * GROUP];
        for (row, values) in self.rows.chunks_exact(inputs).enumerate() {
            let (least, most) = range(values);
            let scale = (most - least) / 255.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            for (whole, x) in whole.iter_mut().zip(values) {
                *whole = ((x - least) * inverse + 0.5) as u8;
            }
            if row % TILE == 0 {
                self.pass.tiles.resize((row / TILE + 1) * groups, [[0; GROUP]; TILE]);
            }
            let (whole, _) = whole.as_chunks::<GROUP>();
            for (group, whole) in self.pass.tiles[row / TILE * groups..].iter_mut().zip(whole) {
                group[row % TILE] = *whole;
            }
            self.pass.of_rows.push((scale, least));
        }
    }
}

/// The smallest and the largest value.
#[inline(always)]
fn range(values: &[f32]) -> (f32, f32) {
    const LANES: usize = 16;
    let first = values.first().copied().unwrap_or(0.0);
    let (mut least, mut most) = ([first; LANES], [first; LANES]);
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            least[lane] = if block[lane] < least[lane] { block[lane] } else { least[lane] };
            most[lane] = if block[lane] > most[lane] { block[lane] } else { most[lane] };
        }
    }
    let least = least.iter().chain(rest).fold(first, |a, b| a.min(*b));
    (least, most.iter().chain(rest).fold(first, |a, b| a.max(*b)))
}

/// Sums of a tile and a panel to what comes out.
struct Finish<'a, 'b> {
    pass: &'a mut Pass<'b>,
    panel: usize,
    first: usize,
    width: usize,
    sums: &'a Sums,
}

impl Kernel for Finish<'_, '_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        let Self { pass, panel, first, width, sums } = self;
        let linear = pass.linear;
        let (steps, totals, biases) = (&linear.steps[panel], &linear.totals[panel], &linear.biases[panel]);
        for (sums, row) in sums.iter().zip(first..pass.of_rows.len()) {
            let at = row * linear.outputs + panel * PANEL;
            let (scale, least) = pass.of_rows[row];
            let mut values: [f32; PANEL] = std::array::from_fn(|output| {
                sums[output] as f32 * (scale * steps[output]) + (least * totals[output] + biases[output])
            });
            if let Some(residual) = pass.residual {
                for (value, residual) in values.iter_mut().zip(&residual[at..at + width]) {
                    *value += residual;
                }
            }
            math::activate(&mut values, pass.activation);
            pass.out[at..at + width].copy_from_slice(&values[..width]);
        }
    }
}

/// The fastest way to multiply a tile by a panel on this processor.
fn multiplier() -> fn(&[Values], &[Weights]) -> Sums {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
        return |tile, panel| {
            // SAFETY: the processor has what the function is compiled for.
            unsafe { by_vnni(tile, panel) }
        };
    }
    |tile, panel| {
        let mut sums = [[0; PANEL]; TILE];
        level::run(Plainly { tile, panel, sums: &mut sums });
        sums
    }
}

/// By multiplications that every processor has.
struct Plainly<'a> {
    tile: &'a [Values],
    panel: &'a [Weights],
    sums: &'a mut Sums,
}

impl Kernel for Plainly<'_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        for (values, weights) in self.tile.iter().zip(self.panel) {
            for (sums, values) in self.sums.iter_mut().zip(values) {
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    let product = |at: usize| i32::from(values[at]) * i32::from(weights[at]);
                    *sum += (product(0) + product(1)) + (product(2) + product(3));
                }
            }
        }
    }
}

/// By instructions that multiply 64 pairs and add four by four.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni")]
fn by_vnni(tile: &[Values], panel: &[Weights]) -> Sums {
    use std::arch::x86_64::{
        _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_storeu_si512,
    };
    let mut sums = [[_mm512_setzero_si512(); 2]; TILE];
    for (values, weights) in tile.iter().zip(panel) {
        let halves = weights.as_ptr().cast::<[i8; 64]>();
        // SAFETY: the weights of a group are twice 64 bytes.
        let weights =
            unsafe { [_mm512_loadu_si512(halves.cast()), _mm512_loadu_si512(halves.add(1).cast())] };
        for (sums, values) in sums.iter_mut().zip(values) {
            let values = _mm512_set1_epi32(i32::from_le_bytes(*values));
            sums[0] = _mm512_dpbusd_epi32(sums[0], values, weights[0]);
            sums[1] = _mm512_dpbusd_epi32(sums[1], values, weights[1]);
        }
    }
    let mut out = [[0; PANEL]; TILE];
    for (out, sums) in out.iter_mut().zip(sums) {
        let halves = out.as_mut_ptr().cast::<[i32; 16]>();
        // SAFETY: the sums of a row are twice 16 numbers of 4 bytes.
        unsafe {
            _mm512_storeu_si512(halves.cast(), sums[0]);
            _mm512_storeu_si512(halves.add(1).cast(), sums[1]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_instructions_give_the_same_sums() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for groups in [1, 7, 96] {
            let tile: Vec<Values> =
                (0..groups).map(|_| [(); TILE].map(|()| [(); GROUP].map(|()| next()))).collect();
            let panel: Vec<Weights> =
                (0..groups).map(|_| [(); PANEL].map(|()| [(); GROUP].map(|()| next() as i8))).collect();
            let mut plain = [[0; PANEL]; TILE];
            Plainly { tile: &tile, panel: &panel, sums: &mut plain }.run::<false, false>();
            assert_eq!(multiplier()(&tile, &panel), plain);
            let (row, output) = (3, 17);
            let by_hand: i32 = tile
                .iter()
                .zip(&panel)
                .flat_map(|(values, weights)| values[row].into_iter().zip(weights[output]))
                .map(|(value, weight)| i32::from(value) * i32::from(weight))
                .sum();
            assert_eq!(plain[row][output], by_hand);
        }
    }

    #[test]
    fn products_are_close_to_those_of_whole_weights() {
        for (inputs, outputs, count) in [(3, 5, 1), (24, 40, 7), (130, 33, 13)] {
            let value = |at: usize| ((at * 7_919 % 1_000) as f32 - 500.0) / 250.0;
            let weight: Vec<f32> = (0..inputs * outputs).map(|at| value(at + 3) * 0.1).collect();
            let plain = Plain { inputs, weight, bias: (0..outputs).map(value).collect() };
            let rows: Vec<f32> = (0..inputs * count).map(|at| value(at * 3 + 1)).collect();
            let residual: Vec<f32> = (0..outputs * count).map(|at| value(at * 5)).collect();
            let (mut small, mut whole) = (vec![0.0; outputs * count], vec![0.0; outputs * count]);
            let activation = Activation::Linear;
            SmallLinear::new(&plain).apply(&rows, &mut small, Some(&residual), activation);
            super::super::Linear::new(&plain).apply(&rows, &mut whole, Some(&residual), activation);
            // Half a step of a row and of a weight on every product.
            let bound = inputs as f32 * (2.0 * 0.2 / 254.0 + 0.2 * 4.0 / 510.0);
            for (small, whole) in small.iter().zip(&whole) {
                assert!((small - whole).abs() < bound, "{inputs} {outputs} {count}: {small} {whole}");
            }
        }
    }
}
