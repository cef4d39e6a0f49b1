//! Where faces are: Ultra-Light-Fast-Generic-Face-Detector, RFB at 320 x 240 (Linzaer 2019), from the ONNX file that it is published as.
//!
//! A small MobileNet with a receptive field block, and heads on four maps. Batch normalisation is folded in when it is loaded. Boxes are
//! decoded from the priors of the reference code and thinned by non-maximum suppression.

use std::path::Path;

use candle_core::{D, Device, Tensor};

use super::files::Tensors;
use super::loader::Loader;
use super::{Face, Share};
use crate::EncodeError;
use crate::network::convolution::{Activation, DepthwiseLayer, Map, PointwiseLayer};
use crate::network::full::FullLayer;

/// Size of the pictures that the network reads.
pub(super) const SIZE: (u32, u32) = (320, 240);
/// Probability from which a box is a face.
const SURE: f32 = 0.7;
/// Overlap, as intersection over union, from which two boxes are one face.
const SAME: f32 = 0.3;
/// Sides of the priors of each map, pixels.
const PRIORS: [&[f32]; 4] = [&[10.0, 16.0, 24.0], &[32.0, 48.0], &[64.0, 96.0], &[128.0, 192.0, 256.0]];
const CENTRE_VARIANCE: f32 = 0.1;
const SIZE_VARIANCE: f32 = 0.2;
/// Inputs, outputs and stride of blocks 1 to 12 without the receptive field block, which is the seventh.
const BLOCKS: [(usize, usize, usize); 12] = [
    (16, 32, 1),
    (32, 32, 2),
    (32, 32, 1),
    (32, 64, 2),
    (64, 64, 1),
    (64, 64, 1),
    (64, 64, 1),
    (64, 128, 2),
    (128, 128, 1),
    (128, 128, 1),
    (128, 256, 2),
    (256, 256, 1),
];
pub(super) const FIELD: usize = 7;
/// Blocks behind which the first three maps are read.
pub(super) const READ: [usize; 3] = [7, 10, 12];

/// Depthwise, then pointwise.
pub(super) struct Separable(pub(super) DepthwiseLayer, pub(super) PointwiseLayer);

/// Branches of dilated convolutions beside each other, and a shortcut around them.
pub(super) struct Field {
    pub(super) branches: [(PointwiseLayer, Vec<FullLayer>); 3],
    pub(super) join: PointwiseLayer,
    pub(super) shortcut: PointwiseLayer,
}

pub(super) enum Block {
    Separable(Separable),
    Field(Box<Field>),
}

pub(super) enum Head {
    Separable(Separable),
    Full(FullLayer),
}

/// The detector.
pub(super) struct Detector {
    stem: FullLayer,
    blocks: Vec<Block>,
    extra: (PointwiseLayer, Separable),
    /// Classes and boxes of each map.
    heads: Vec<(Head, Head)>,
    pub(super) bytes: Vec<u8>,
}

impl Separable {
    fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        self.1.forward(&self.0.forward(input)?)
    }
}

impl Field {
    fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        let mut parts = Vec::with_capacity(self.branches.len());
        for (first, rest) in &self.branches {
            let mut map = first.forward(input)?;
            for layer in rest {
                map = layer.forward(&map)?;
            }
            parts.push(map.data);
        }
        let joined = self.join.forward(&Map { data: Tensor::cat(&parts, D::Minus1)?, ..*input })?;
        let data = (joined.data + self.shortcut.forward(input)?.data)?.relu()?;
        Ok(Map { data, ..*input })
    }
}

impl Detector {
    pub(super) fn load(file: &Path, device: &Device) -> Result<Self, EncodeError> {
        let loader = Loader { tensors: Tensors::of_onnx(file)?, device };
        let stem = loader.full("base_net.0.0", (3, 16), Some("base_net.0.1"), (2, 1), Activation::Relu)?;
        let blocks = (1..).zip(BLOCKS).map(|(at, sizes)| loader.block(at, sizes));
        let blocks = blocks.collect::<Result<_, _>>()?;
        let extra = (
            loader.pointwise("extras.0.0", (256, 64), None, Activation::Relu)?,
            Separable(
                loader.depthwise("extras.0.2.0", 64, None, 2)?,
                loader.pointwise("extras.0.2.2", (64, 256), None, Activation::Relu)?,
            ),
        );
        let heads = [64, 128, 256, 256].into_iter().zip(PRIORS).enumerate();
        let heads = heads.map(|(map, (inputs, priors))| {
            let classes = loader.head("classification", map, inputs, 2 * priors.len())?;
            Ok((classes, loader.head("regression", map, inputs, 4 * priors.len())?))
        });
        let heads = heads.collect::<Result<_, EncodeError>>()?;
        Ok(Self { stem, blocks, extra, heads, bytes: loader.tensors.bytes })
    }

    /// Faces of a picture of [`SIZE`], the surest first.
    pub(super) fn faces(&self, rgb: &[u8]) -> Result<Vec<Face>, EncodeError> {
        let input: Vec<f32> = rgb.iter().map(|&byte| (f32::from(byte) - 127.0) / 128.0).collect();
        let mut map = self.stem.over(&input, SIZE.1 as usize, SIZE.0 as usize)?;
        let mut maps = Vec::with_capacity(self.heads.len());
        for (at, block) in (1..).zip(&self.blocks) {
            map = match block {
                Block::Separable(block) => block.forward(&map)?,
                Block::Field(block) => block.forward(&map)?,
            };
            if READ.contains(&at) {
                maps.push(map.clone());
            }
        }
        maps.push(self.extra.1.forward(&self.extra.0.forward(&map)?)?);
        let mut found = Vec::new();
        for ((map, (classes, boxes)), priors) in maps.iter().zip(&self.heads).zip(PRIORS) {
            let numbers = |head: &Head| -> Result<Vec<f32>, EncodeError> {
                let out = match head {
                    Head::Separable(head) => head.forward(map)?,
                    Head::Full(head) => head.forward(map)?,
                };
                Ok(out.data.flatten_all()?.to_vec1()?)
            };
            let (classes, boxes) = (numbers(classes)?, numbers(boxes)?);
            let (classes, boxes) = (classes.as_chunks::<2>().0, boxes.as_chunks::<4>().0);
            for (at, (class, place)) in classes.iter().zip(boxes).enumerate() {
                let score = 1.0 / (1.0 + (class[0] - class[1]).exp());
                if score >= SURE {
                    let side = priors[at % priors.len()];
                    let (row, column) = (at / priors.len() / map.width, at / priors.len() % map.width);
                    found.push(decoded(*place, side, (column, row), (map.width, map.height), score));
                }
            }
        }
        Ok(thinned(found))
    }
}

/// A box from what a head gives for the prior of a place. Places are spread evenly, also where a map has half a row more than the picture.
fn decoded(
    place: [f32; 4],
    side: f32,
    (column, row): (usize, usize),
    (columns, rows): (usize, usize),
    score: f32,
) -> Face {
    let one = |offset: f32, growth: f32, (at, of): (usize, usize), length: u32| {
        let centre = (at as f32 + 0.5) / of as f32;
        let size = (side / length as f32).min(1.0);
        let middle = offset * CENTRE_VARIANCE * size + centre;
        let half = (growth * SIZE_VARIANCE).exp() * size / 2.0;
        Share { from: (middle - half).clamp(0.0, 1.0), to: (middle + half).clamp(0.0, 1.0) }
    };
    let across = one(place[0], place[2], (column, columns), SIZE.0);
    let down = one(place[1], place[3], (row, rows), SIZE.1);
    Face { across, down, score }
}

/// Leaves the surest of boxes that overlap.
fn thinned(mut found: Vec<Face>) -> Vec<Face> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in found {
        if kept.iter().all(|other| face.overlap(other) <= SAME) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prior_without_offsets_is_a_square_around_its_place() {
        let face = decoded([0.0; 4], 32.0, (9, 4), (20, 15), 0.9);
        assert!((face.across.from - (9.5 * 16.0 - 16.0) / 320.0).abs() < 1e-6, "{face:?}");
        assert!((face.down.to - (4.5 * 16.0 + 16.0) / 240.0).abs() < 1e-6, "{face:?}");
        // An offset of one moves by a tenth of the prior; boxes end with the picture.
        let moved = decoded([1.0, 0.0, 0.0, 0.0], 32.0, (9, 4), (20, 15), 0.9);
        assert!((moved.across.from - face.across.from - 0.01).abs() < 1e-6, "{moved:?}");
        let large = decoded([0.0, 0.0, 9.0, 9.0], 256.0, (0, 0), (5, 4), 0.9);
        assert_eq!((large.across.from, large.down.from), (0.0, 0.0));
    }

    #[test]
    fn of_boxes_that_overlap_the_surest_is_left() {
        let face = |from: f32, score| {
            let share = Share { from, to: from + 0.2 };
            Face { across: share, down: share, score }
        };
        let kept = thinned(vec![face(0.1, 0.8), face(0.11, 0.9), face(0.6, 0.75)]);
        assert_eq!(kept.iter().map(|face| face.score).collect::<Vec<_>>(), [0.9, 0.75]);
    }
}
