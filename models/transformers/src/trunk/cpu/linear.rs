//! Matrix times weights that never change: these lie in panels of 32 outputs, as the kernel reads them.
//!
//! A tile of six rows by one panel stays in registers over all inputs. Each output is one sum in the order of the inputs, whatever the
//! batch, the thread count or the width of the registers.

use rayon::prelude::*;

use super::level::{self, Kernel};
use super::math;
use crate::trunk::{Activation, Plain};

/// Rows of a tile; with [`PANEL`] twelve wide registers of sums.
pub(super) const TILE: usize = 6;
/// Outputs of a panel.
pub(super) const PANEL: usize = 32;
/// Bytes of input rows that one pass over the weights serves: they share the second cache with a panel.
pub(super) const PASS_BYTES: usize = 256 << 10;

/// A matrix in panels, with its biases.
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    panels: Vec<[f32; PANEL]>,
    biases: Vec<[f32; PANEL]>,
}

impl Linear {
    pub(crate) fn new(plain: &Plain) -> Self {
        let (inputs, outputs) = (plain.inputs, plain.bias.len());
        let mut panels = Vec::with_capacity(outputs.div_ceil(PANEL) * inputs);
        for rows in plain.weight.chunks(PANEL * inputs) {
            let weight =
                |output: usize, input: usize| rows.get(output * inputs + input).copied().unwrap_or(0.0);
            panels.extend((0..inputs).map(|input| std::array::from_fn(|output| weight(output, input))));
        }
        let bias = |biases: &[f32]| std::array::from_fn(|at| biases.get(at).copied().unwrap_or(0.0));
        Self { inputs, outputs, panels, biases: plain.bias.chunks(PANEL).map(bias).collect() }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// `out = activation(rows * weights + bias + residual)`, `residual` having the shape of `out`.
    pub(crate) fn apply(
        &self,
        rows: &[f32],
        out: &mut [f32],
        residual: Option<&[f32]>,
        activation: Activation,
    ) {
        let count = rows.len() / self.inputs;
        let threads = rayon::current_num_threads();
        let fit = PASS_BYTES / (4 * self.inputs);
        let pass = fit.min(count.div_ceil(threads)).next_multiple_of(TILE).max(TILE);
        let (step, from) = (pass * self.outputs, pass * self.inputs);
        out.par_chunks_mut(step).zip(rows.par_chunks(from)).enumerate().for_each(|(index, (out, rows))| {
            let residual = residual.map(|residual| &residual[index * step..][..out.len()]);
            level::run(Pass { linear: self, rows, out, residual, activation });
        });
    }
}

/// Some rows by all panels.
struct Pass<'a> {
    linear: &'a Linear,
    rows: &'a [f32],
    out: &'a mut [f32],
    residual: Option<&'a [f32]>,
    activation: Activation,
}

impl Kernel for Pass<'_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        let Linear { inputs, outputs, panels, biases } = self.linear;
        let count = self.rows.len() / inputs;
        let mut tiles = Vec::with_capacity(count.div_ceil(TILE) * inputs);
        pack(self.rows, *inputs, *inputs, &mut tiles);
        for ((panel, bias), column) in
            panels.chunks_exact(*inputs).zip(biases).zip((0..*outputs).step_by(PANEL))
        {
            let width = PANEL.min(outputs - column);
            for (tile, first) in tiles.chunks_exact(*inputs).zip((0..count).step_by(TILE)) {
                let sums = multiply::<WIDE, FUSED>(tile, panel);
                for (sums, row) in sums.iter().zip(first..count) {
                    let at = row * outputs + column;
                    let mut values = *sums;
                    for (value, bias) in values.iter_mut().zip(bias) {
                        *value += bias;
                    }
                    if let Some(residual) = self.residual {
                        for (value, residual) in values.iter_mut().zip(&residual[at..at + width]) {
                            *value += residual;
                        }
                    }
                    math::activate(&mut values, self.activation);
                    self.out[at..at + width].copy_from_slice(&values[..width]);
                }
            }
        }
    }
}

/// Rows in tiles: for each input the values of six rows. Rows lie `stride` apart; a last tile that is not full ends in zeros.
#[inline(always)]
pub(super) fn pack(rows: &[f32], stride: usize, inputs: usize, tiles: &mut Vec<[f32; TILE]>) {
    static NOTHING: [f32; 0] = [];
    for block in rows.chunks(stride * TILE) {
        let mut lines = block.chunks(stride).map(|row| &row[..inputs]);
        let lines: [&[f32]; TILE] = std::array::from_fn(|_| lines.next().unwrap_or(&NOTHING));
        if lines.iter().all(|line| line.len() == inputs) {
            tiles.extend((0..inputs).map(|input| lines.map(|line| line[input])));
        } else {
            tiles.extend((0..inputs).map(|input| lines.map(|line| line.get(input).copied().unwrap_or(0.0))));
        }
    }
}

/// A tile times a panel.
#[inline(always)]
pub(super) fn multiply<const WIDE: bool, const FUSED: bool>(
    tile: &[[f32; TILE]],
    panel: &[[f32; PANEL]],
) -> [[f32; PANEL]; TILE] {
    if WIDE {
        return part::<PANEL, FUSED>(tile, panel, 0);
    }
    // Sixteen registers hold the sums of half a panel.
    let mut sums = [[0.0; PANEL]; TILE];
    for from in [0, PANEL / 2] {
        let half = part::<{ PANEL / 2 }, FUSED>(tile, panel, from);
        for (sums, half) in sums.iter_mut().zip(&half) {
            sums[from..from + PANEL / 2].copy_from_slice(half);
        }
    }
    sums
}

#[inline(always)]
fn part<const WIDTH: usize, const FUSED: bool>(
    tile: &[[f32; TILE]],
    panel: &[[f32; PANEL]],
    from: usize,
) -> [[f32; WIDTH]; TILE] {
    let mut sums = [[0.0_f32; WIDTH]; TILE];
    for (values, weights) in tile.iter().zip(panel) {
        let weights = &weights[from..from + WIDTH];
        for row in 0..TILE {
            for column in 0..WIDTH {
                sums[row][column] = if FUSED {
                    values[row].mul_add(weights[column], sums[row][column])
                } else {
                    values[row] * weights[column] + sums[row][column]
                };
            }
        }
    }
    sums
}
