//! The trunk on the CPU: flat buffers that all layers share, one matrix for query, key and value, biases, residuals and activations
//! applied while a tile of the product is still in registers.

mod attention;
mod int8;
mod level;
mod linear;
pub(super) mod math;

pub(crate) use linear::Linear;

use int8::SmallLinear;

use super::{Activation, Norm, Order, Plain, PlainLayer, Shape};
use crate::Precision;

pub(super) struct CpuLayer {
    qkv: Matrix,
    output: Matrix,
    first_norm: Norm,
    up: Matrix,
    down: Matrix,
    second_norm: Norm,
}

/// A matrix of a layer.
enum Matrix {
    Whole(Linear),
    Small(SmallLinear),
}

impl Matrix {
    fn new(plain: &Plain, precision: Precision) -> Self {
        match precision {
            Precision::Int8 => Self::Small(SmallLinear::new(plain)),
            _ => Self::Whole(Linear::new(plain)),
        }
    }

    /// As [`Linear::apply`].
    fn apply(&self, rows: &[f32], out: &mut [f32], residual: Option<&[f32]>, activation: Activation) {
        match self {
            Self::Whole(matrix) => matrix.apply(rows, out, residual, activation),
            Self::Small(matrix) => matrix.apply(rows, out, residual, activation),
        }
    }
}

impl CpuLayer {
    pub(super) fn new(plain: PlainLayer, precision: Precision) -> Self {
        let matrix = |plain: &Plain| Matrix::new(plain, precision);
        Self {
            qkv: matrix(&plain.qkv),
            output: matrix(&plain.output),
            first_norm: plain.first_norm,
            up: matrix(&plain.up),
            down: matrix(&plain.down),
            second_norm: plain.second_norm,
        }
    }
}

/// What the layers write into, one after the other.
struct Scratch {
    normed: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    sum: Vec<f32>,
    hidden: Vec<f32>,
}

pub(super) fn forward(layers: &[CpuLayer], shape: &Shape, mut rows: Vec<f32>, lengths: &[usize]) -> Vec<f32> {
    let count = lengths.iter().sum::<usize>();
    let values = rows.len();
    let mut scratch = Scratch {
        normed: if shape.order == Order::Before { vec![0.0; values] } else { Vec::new() },
        qkv: vec![0.0; 3 * values],
        context: vec![0.0; values],
        sum: vec![0.0; values],
        hidden: vec![0.0; count * shape.hidden],
    };
    for layer in layers {
        match shape.order {
            Order::After => layer.post_norm(shape, &mut rows, lengths, &mut scratch),
            Order::Before => layer.pre_norm(shape, &mut rows, lengths, &mut scratch),
        }
    }
    rows
}

/// Normalises every row.
pub(super) fn norm(rows: &mut [f32], norm: &Norm) {
    level::run(math::NormRows { rows, norm });
}

impl CpuLayer {
    fn post_norm(&self, shape: &Shape, rows: &mut [f32], lengths: &[usize], scratch: &mut Scratch) {
        let Scratch { qkv, context, sum, hidden, .. } = scratch;
        self.qkv.apply(rows, qkv, None, Activation::Linear);
        attention::attend(qkv, context, lengths, shape);
        self.output.apply(context, sum, Some(rows), Activation::Linear);
        norm(sum, &self.first_norm);
        self.up.apply(sum, hidden, None, shape.activation);
        self.down.apply(hidden, rows, Some(sum), Activation::Linear);
        norm(rows, &self.second_norm);
    }

    fn pre_norm(&self, shape: &Shape, rows: &mut [f32], lengths: &[usize], scratch: &mut Scratch) {
        let Scratch { normed, qkv, context, sum, hidden } = scratch;
        normed.copy_from_slice(rows);
        norm(normed, &self.first_norm);
        self.qkv.apply(normed, qkv, None, Activation::Linear);
        attention::attend(qkv, context, lengths, shape);
        self.output.apply(context, sum, Some(rows), Activation::Linear);
        normed.copy_from_slice(sum);
        norm(normed, &self.second_norm);
        self.up.apply(normed, hidden, None, shape.activation);
        self.down.apply(hidden, rows, Some(sum), Activation::Linear);
    }
}
