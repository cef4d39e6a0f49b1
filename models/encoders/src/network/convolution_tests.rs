//! Layers against loops written from the definition, and the CPU kernel against candle's own convolution.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use super::*;
use crate::weights::Weights;

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    (0..count as u64)
        .map(|i| (crate::text::mix(i ^ (seed << 32)) >> 40) as f32 / (1 << 23) as f32 - 1.0)
        .collect()
}

fn with_weights<T>(named: &[(&str, Vec<usize>, Vec<f32>)], use_them: impl FnOnce(&Tensors<'_>) -> T) -> T {
    let bytes: Vec<Vec<u8>> =
        named.iter().map(|(_, _, values)| values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views: HashMap<String, TensorView<'_>> = named
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| {
            ((*name).to_owned(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layer.safetensors");
    std::fs::write(&file, safetensors::serialize(&views, None).unwrap()).unwrap();
    use_them(&Weights::read(&file).unwrap().tensors().unwrap())
}

/// Convolution by its definition: channels-last input, `(outputs, inputs / groups, 3, 3)` weights, SAME padding.
fn by_definition(
    input: &[f32],
    (height, width, inputs): (usize, usize, usize),
    (weight, bias): (&[f32], &[f32]),
    (stride, groups): (usize, usize),
) -> Vec<f32> {
    let (outputs, per_group) = (bias.len(), inputs / groups);
    let pad = |n: usize| (((n.div_ceil(stride) - 1) * stride + 3).saturating_sub(n)) / 2;
    let mut result = Vec::new();
    for y in 0..height.div_ceil(stride) {
        for x in 0..width.div_ceil(stride) {
            for o in 0..outputs {
                let group = o / (outputs / groups);
                let mut sum = f64::from(bias[o]);
                for (ky, kx) in (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx))) {
                    let (sy, sx) = (
                        (y * stride + ky) as i64 - pad(height) as i64,
                        (x * stride + kx) as i64 - pad(width) as i64,
                    );
                    if sy < 0 || sx < 0 || sy >= height as i64 || sx >= width as i64 {
                        continue;
                    }
                    for i in 0..per_group {
                        let value =
                            input[(sy as usize * width + sx as usize) * inputs + group * per_group + i];
                        sum += f64::from(value) * f64::from(weight[((o * per_group + i) * 3 + ky) * 3 + kx]);
                    }
                }
                result.push(sum.clamp(0.0, 6.0) as f32);
            }
        }
    }
    result
}

fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (place, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() < 1e-4, "value {place}: {a}, expected {b}");
    }
}

#[test]
fn depthwise_agrees_with_its_definition_and_with_candle() {
    let channels = 5;
    let (weight, bias) = (numbers(channels * 9, 1), numbers(channels, 2));
    let named =
        [("l.weight", vec![channels, 1, 3, 3], weight.clone()), ("l.bias", vec![channels], bias.clone())];
    with_weights(&named, |tensors| {
        for (height, width, stride) in [(6, 8, 1), (6, 8, 2), (7, 5, 2), (7, 5, 1), (1, 1, 2), (2, 1, 1)] {
            let layer = DepthwiseLayer::load(tensors, "l", channels, stride, Activation::Relu6, &Device::Cpu)
                .unwrap();
            let input = numbers(height * width * channels, 3);
            let data = Tensor::from_slice(&input, (height * width, channels), &Device::Cpu).unwrap();
            let map = Map { height, width, data };
            let output = layer.forward(&map).unwrap();
            let expected =
                by_definition(&input, (height, width, channels), (&weight, &bias), (stride, channels));
            close(&output.data.flatten_all().unwrap().to_vec1().unwrap(), &expected);
            let grouped = layer.grouped(&map, Grid { height, width, stride, around: Padding::Same }).unwrap();
            close(&grouped.flatten_all().unwrap().to_vec1().unwrap(), &expected);
        }
    });
}

#[test]
fn stem_and_pointwise_agree_with_their_definition() {
    let (height, width, inputs, outputs) = (7, 10, 3, 4);
    let (weight, bias) = (numbers(outputs * inputs * 9, 4), numbers(outputs, 5));
    let (point, point_bias) = (numbers(outputs * outputs, 6), numbers(outputs, 7));
    let named = [
        ("s.weight", vec![outputs, inputs, 3, 3], weight.clone()),
        ("s.bias", vec![outputs], bias.clone()),
        ("p.weight", vec![outputs, outputs, 1, 1], point.clone()),
        ("p.bias", vec![outputs], point_bias.clone()),
    ];
    with_weights(&named, |tensors| {
        let stem = Stem::load(tensors, "s", (inputs, outputs), Activation::Relu6, &Device::Cpu).unwrap();
        let input = numbers(height * width * inputs, 8);
        let map = stem.forward(&input, height, width).unwrap();
        let expected = by_definition(&input, (height, width, inputs), (&weight, &bias), (2, 1));
        close(&map.data.flatten_all().unwrap().to_vec1().unwrap(), &expected);

        let layer =
            PointwiseLayer::load(tensors, "p", (outputs, outputs), Activation::Linear, &Device::Cpu).unwrap();
        let output: Vec<f32> = layer.forward(&map).unwrap().data.flatten_all().unwrap().to_vec1().unwrap();
        let product: Vec<f32> = expected
            .chunks(outputs)
            .flat_map(|row| {
                let dot = |o: usize| row.iter().zip(&point[o * outputs..]).map(|(a, b)| a * b).sum::<f32>();
                (0..outputs).map(|o| dot(o) + point_bias[o]).collect::<Vec<f32>>()
            })
            .collect();
        close(&output, &product);
    });
}
