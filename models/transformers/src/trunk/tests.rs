//! The kernels agree with candle's operations, whatever the lengths, the order of normalising and the activation.

use std::path::PathBuf;

use super::*;
use crate::weights::Weights;

fn weights(of: &str) -> Weights {
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(of).join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    Weights::new(file, bytes)
}

fn names(layer: usize) -> Names {
    let name = |part: &str| format!("encoder.layer.{layer}.{part}");
    Names {
        query: name("attention.self.query"),
        key: name("attention.self.key"),
        value: name("attention.self.value"),
        output: name("attention.output.dense"),
        first_norm: name("attention.output.LayerNorm"),
        up: name("intermediate.dense"),
        down: name("output.dense"),
        second_norm: name("output.LayerNorm"),
    }
}

fn shape(order: Order, activation: Activation, causal: bool) -> Shape {
    Shape { width: 24, heads: 2, hidden: 40, layers: 2, epsilon: 1e-5, activation, order, causal }
}

fn rows(count: usize) -> Vec<f32> {
    (0..count * 24).map(|at| ((at * 7_919 % 1_000) as f32 - 500.0) / 250.0).collect()
}

#[test]
fn kernels_agree_with_candle_on_ragged_batches() {
    let weights = weights("bert");
    let tensors = weights.tensors("", &[]).unwrap();
    let kinds = [
        shape(Order::After, Activation::Gelu, false),
        shape(Order::Before, Activation::QuickGelu, true),
        shape(Order::Before, Activation::GeluTanh, false),
        shape(Order::After, Activation::Relu, true),
        shape(Order::Before, Activation::Linear, false),
    ];
    for (shape, lengths) in
        kinds.into_iter().zip([[1, 33, 6], [7, 12, 65], [32, 31, 5], [64, 2, 3], [90, 1, 1]])
    {
        let own = Trunk::load(&tensors, shape, names, &Place::from(&Device::Cpu)).unwrap();
        let generic = Trunk::load_generic(&tensors, shape, names, Precision::F32).unwrap();
        let rows = rows(lengths.iter().sum());
        let expected = generic.forward(rows.clone(), &lengths).unwrap();
        let given = own.forward(rows, &lengths).unwrap();
        let largest = expected.iter().fold(1.0_f32, |most, value| most.max(value.abs()));
        for (given, expected) in given.iter().zip(&expected) {
            assert!((given - expected).abs() <= 4e-6 * largest, "{shape:?}: {given}, expected {expected}");
        }
    }
}

#[test]
fn a_sequence_is_the_same_alone_among_others_and_on_any_number_of_threads() {
    let weights = weights("bert");
    let tensors = weights.tensors("", &[]).unwrap();
    let shape = shape(Order::After, Activation::Gelu, false);
    let trunk = Trunk::load(&tensors, shape, names, &Place::from(&Device::Cpu)).unwrap();
    let all = rows(50);
    let alone = trunk.forward(all[..9 * 24].to_vec(), &[9]).unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let together = pool.install(|| trunk.forward(all.clone(), &[9, 40, 1])).unwrap();
        assert_eq!(together[..9 * 24], alone);
    }
}

#[test]
fn nothing_gives_nothing() {
    let weights = weights("bert");
    let tensors = weights.tensors("", &[]).unwrap();
    for (order, causal) in [(Order::After, false), (Order::Before, true)] {
        let shape = shape(order, Activation::Gelu, causal);
        let own = Trunk::load(&tensors, shape, names, &Place::from(&Device::Cpu)).unwrap();
        let generic = Trunk::load_generic(&tensors, shape, names, Precision::F32).unwrap();
        assert!(own.forward(Vec::new(), &[]).unwrap().is_empty());
        assert!(generic.forward(Vec::new(), &[]).unwrap().is_empty());
        assert_eq!(own.forward(rows(2), &[0, 2, 0]).unwrap().len(), 48);
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn fewer_bits_give_nearly_the_same() {
    let weights = weights("bert");
    let tensors = weights.tensors("", &[]).unwrap();
    for (order, activation, causal) in
        [(Order::After, Activation::Gelu, false), (Order::Before, Activation::QuickGelu, true)]
    {
        let shape = shape(order, activation, causal);
        let rows = rows(41);
        let lengths = [1, 33, 7];
        let whole = Trunk::load(&tensors, shape, names, &Place::from(&Device::Cpu)).unwrap();
        let whole = whole.forward(rows.clone(), &lengths).unwrap();
        let f16 = Trunk::load_generic(&tensors, shape, names, Precision::F16).unwrap();
        let bf16 = Trunk::load_generic(&tensors, shape, names, Precision::Bf16).unwrap();
        let place = Place { device: Device::Cpu, precision: Precision::Int8 };
        let int8 = Trunk::load(&tensors, shape, names, &place).unwrap();
        // What is left out of each number shows: they were computed by other numbers indeed.
        for (name, trunk, least, apart) in
            [("f16", f16, 0.999_99, 1e-5), ("bf16", bf16, 0.999_5, 1e-4), ("int8", int8, 0.999, 1e-4)]
        {
            let given = trunk.forward(rows.clone(), &lengths).unwrap();
            let similar = cosine(&given, &whole);
            let largest = given.iter().zip(&whole).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(similar > least && largest > apart, "{name} {order:?}: {similar}, {largest} apart");
        }
    }
}
