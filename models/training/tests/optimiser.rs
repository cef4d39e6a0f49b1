//! Optimisers against an independent implementation, against candle's, and against being interrupted.

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Init, Optimizer, ParamsAdamW, init::DEFAULT_KAIMING_NORMAL};
use kairos_training::{AdamW, AdamWSettings, Parameters, Sam};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number")).collect()
}

fn tensor(values: &[f64], like: &Tensor) -> Tensor {
    let flat = Tensor::from_slice(values, like.shape(), like.device()).expect("the shape fits");
    flat.to_dtype(like.dtype()).expect("op")
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    let wide = tensor.to_dtype(DType::F64).expect("op").flatten_all().expect("op");
    wide.to_vec1().expect("64-bit")
}

/// A store that can be filled at will.
fn no_gradients() -> GradStore {
    Tensor::new(0.0_f32, &Device::Cpu).expect("new").backward().expect("nothing to do")
}

#[test]
fn adamw_follows_an_independent_implementation() {
    let golden: Value = serde_json::from_str(include_str!("golden/adamw.json")).expect("committed");
    let setting = |name: &str| golden["settings"][name].as_f64().expect("a number");
    let settings = AdamWSettings {
        beta1: setting("beta1"),
        beta2: setting("beta2"),
        eps: setting("eps"),
        weight_decay: setting("weight_decay"),
        decay_vectors: false,
    };
    for (dtype, tolerance) in [(DType::F64, 1e-12), (DType::F32, 2e-6), (DType::F16, 2e-2)] {
        let parameters = Parameters::new(1, Device::Cpu);
        let builder = parameters.builder(dtype);
        let matrix = builder.get_with_hints((2, 3), "matrix", Init::Const(0.0)).expect("new");
        let vector = builder.get_with_hints(2, "vector", Init::Const(0.0)).expect("new");
        let first: Vec<f64> = golden["matrix"].as_array().expect("rows").iter().flat_map(numbers).collect();
        let start = [
            ("matrix".to_owned(), tensor(&first, &matrix)),
            ("vector".to_owned(), tensor(&numbers(&golden["vector"]), &vector)),
        ];
        parameters.restore(&BTreeMap::from(start)).expect("both exist");
        let mut adamw = AdamW::new(&parameters, settings).expect("sound");
        for step in golden["steps"].as_array().expect("steps") {
            let mut gradients = no_gradients();
            for (name, weights) in [("matrix", &matrix), ("vector", &vector)] {
                gradients.insert(weights, tensor(&numbers(&step["gradients"][name]), weights));
            }
            adamw.step(&gradients, step["rate"].as_f64().expect("a number")).expect("op");
            for (name, weights) in [("matrix", &matrix), ("vector", &vector)] {
                for (got, want) in flat(weights).into_iter().zip(numbers(&step["weights"][name])) {
                    assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{name} {got} {want}");
                }
            }
        }
    }
}

/// Two layers whose second input is reached only at odd steps.
fn model(seed: u64) -> Parameters {
    let parameters = Parameters::new(seed, Device::Cpu);
    let builder = parameters.builder(DType::F32);
    builder.get_with_hints((40, 6), "table", DEFAULT_KAIMING_NORMAL).expect("new");
    builder.get_with_hints((6, 3), "out.weight", DEFAULT_KAIMING_NORMAL).expect("new");
    builder.get_with_hints(3, "out.bias", Init::Const(0.1)).expect("new");
    builder.get_with_hints((6, 3), "side", DEFAULT_KAIMING_NORMAL).expect("new");
    parameters
}

fn gradients(parameters: &Parameters, step: u32) -> GradStore {
    let at: BTreeMap<String, Var> = parameters.iter().collect();
    let rows: Vec<u32> = (0..8).map(|row| (row * 7 + step * 3) % 40).collect();
    let rows = Tensor::new(rows, &Device::Cpu).expect("new");
    let found = at["table"].embedding(&rows).expect("rows exist");
    let mut out = found.matmul(&at["out.weight"]).expect("op").broadcast_add(&at["out.bias"]).expect("op");
    if step % 2 == 1 {
        out = (out + found.matmul(&at["side"]).expect("op")).expect("op");
    }
    let wanted = Tensor::full((step % 5) as f32, out.shape(), &Device::Cpu).expect("new");
    let loss = (out - wanted).expect("op").sqr().expect("op").mean_all().expect("op");
    loss.backward().expect("differentiable")
}

fn train(parameters: &Parameters, adamw: &mut AdamW, steps: std::ops::Range<u32>) {
    for step in steps {
        adamw.step(&gradients(parameters, step), 0.01).expect("op");
    }
}

fn bits(values: &BTreeMap<String, Tensor>) -> Vec<(String, Vec<u32>)> {
    let bits = |tensor: &Tensor| {
        let values: Vec<f32> = tensor.flatten_all().expect("op").to_vec1().expect("f32");
        values.into_iter().map(f32::to_bits).collect()
    };
    values.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect()
}

#[test]
fn training_resumed_after_a_kill_continues_bit_for_bit() {
    let whole = model(5);
    let mut adamw = AdamW::new(&whole, AdamWSettings::default()).expect("sound");
    train(&whole, &mut adamw, 0..30);

    let before = model(5);
    let mut adamw = AdamW::new(&before, AdamWSettings::default()).expect("sound");
    train(&before, &mut adamw, 0..13);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, values: BTreeMap<String, Tensor>| {
        let values: HashMap<String, Tensor> = values.into_iter().collect();
        candle_core::safetensors::save(&values, folder.path().join(name)).expect("writable");
    };
    write("weights", before.snapshot().expect("copy"));
    write("state", adamw.state().expect("copy"));
    drop((before, adamw));

    let read = |name: &str| -> BTreeMap<String, Tensor> {
        let path = folder.path().join(name);
        candle_core::safetensors::load(path, &Device::Cpu).expect("saved").into_iter().collect()
    };
    let after = model(77);
    after.restore(&read("weights")).expect("same names");
    let mut adamw = AdamW::new(&after, AdamWSettings::default()).expect("sound");
    adamw.restore(&read("state")).expect("same names");
    train(&after, &mut adamw, 13..30);
    assert_eq!(bits(&after.snapshot().expect("copy")), bits(&whole.snapshot().expect("copy")));
}

#[test]
fn agrees_with_candle_where_the_settings_do() {
    let (ours, theirs) = (model(5), model(5));
    let settings = AdamWSettings { weight_decay: 0.1, decay_vectors: true, ..AdamWSettings::default() };
    let mut adamw = AdamW::new(&ours, settings).expect("sound");
    let like = ParamsAdamW { lr: 0.01, weight_decay: 0.1, ..ParamsAdamW::default() };
    let variables = theirs.iter().filter(|(name, _)| name != "side").map(|(_, variable)| variable);
    let mut candle = candle_nn::AdamW::new(variables.collect(), like).expect("floats");
    // Even steps alone: candle counts steps for all parameters together, we for each its own.
    for step in (0..40).step_by(2) {
        adamw.step(&gradients(&ours, step), 0.01).expect("op");
        candle.step(&gradients(&theirs, step)).expect("op");
    }
    for ((name, one), (_, other)) in ours.iter().zip(theirs.iter()) {
        for (a, b) in flat(&one).into_iter().zip(flat(&other)) {
            assert!((a - b).abs() < 1e-5, "{name}: {a} {b}");
        }
    }
}

#[test]
fn large_parameter_gets_the_bits_that_its_pieces_would() {
    let count = 200_003;
    let values: Vec<f32> = (0..count).map(|at| ((at * 37) % 1001) as f32 / 500.0 - 1.0).collect();
    let step = |parts: &[&[f32]]| -> Vec<u32> {
        let parameters = Parameters::new(1, Device::Cpu);
        let builder = parameters.builder(DType::F32);
        let settings = AdamWSettings { decay_vectors: true, ..AdamWSettings::default() };
        let mut adamw = AdamW::new(&parameters, settings).expect("sound");
        let mut weights = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let name = format!("part{at:03}");
            weights.push(builder.get_with_hints(part.len(), &name, Init::Const(0.5)).expect("new"));
        }
        for sign in [1.0, -0.5, 0.25] {
            let mut gradients = no_gradients();
            for (weight, part) in weights.iter().zip(parts) {
                let part = Tensor::from_slice(part, part.len(), &Device::Cpu).expect("new");
                gradients.insert(weight, (part * sign).expect("op"));
            }
            adamw.step(&gradients, 0.01).expect("op");
        }
        let all = weights.iter().flat_map(|weight| weight.to_vec1::<f32>().expect("f32"));
        all.map(f32::to_bits).collect()
    };
    assert_eq!(step(&[&values]), step(&values.chunks(1013).collect::<Vec<_>>()));
}

#[test]
fn gradient_in_another_layout_is_read_by_place() {
    let parameters = Parameters::new(1, Device::Cpu);
    let weights = parameters.builder(DType::F32).get_with_hints((2, 3), "w", Init::Const(0.0)).expect("new");
    let mut adamw = AdamW::new(&parameters, AdamWSettings::default()).expect("sound");
    let turned = Tensor::new(&[[1.0_f32, -1.0], [-1.0, 1.0], [1.0, -1.0]], &Device::Cpu).expect("new");
    let mut gradients = no_gradients();
    gradients.insert(&weights, turned.t().expect("op"));
    adamw.step(&gradients, 0.5).expect("op");
    // The first step of Adam is the learning rate, against the gradient's sign.
    let signs: Vec<f64> = flat(&weights).into_iter().map(f64::signum).collect();
    assert_eq!(signs, [-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]);
    gradients.insert(&weights, turned);
    assert!(adamw.step(&gradients, 0.5).is_err(), "another shape is refused");
}

#[test]
fn state_that_does_not_fit_is_refused_and_changes_nothing() {
    let parameters = model(5);
    let mut adamw = AdamW::new(&parameters, AdamWSettings::default()).expect("sound");
    train(&parameters, &mut adamw, 0..3);
    let state = adamw.state().expect("copy");
    let refused = |change: &dyn Fn(&mut BTreeMap<String, Tensor>), part: &str| {
        let mut adamw = adamw.clone();
        let mut changed = state.clone();
        change(&mut changed);
        let error = adamw.restore(&changed).expect_err("it doesn't fit").to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(adamw.state().expect("copy").len(), state.len());
    };
    let zero = Tensor::new(0_u32, &Device::Cpu).expect("new");
    refused(&|state| drop(state.remove("first.table")), "table");
    refused(&|state| drop(state.insert("first.chair".to_owned(), zero.clone())), "first.chair");
    refused(&|state| drop(state.insert("second.out.bias".to_owned(), zero.clone())), "second.out.bias");
    let loose = Tensor::new(1.5_f32, &Device::Cpu).expect("new");
    refused(&|state| drop(state.insert("steps.side".to_owned(), loose.clone())), "steps.side");
}

#[test]
fn setting_out_of_range_is_named() {
    let parameters = Parameters::new(1, Device::Cpu);
    let sound = AdamWSettings::default();
    for (settings, name) in [
        (AdamWSettings { beta1: 1.0, ..sound }, "beta1"),
        (AdamWSettings { beta2: f64::NAN, ..sound }, "beta2"),
        (AdamWSettings { eps: 0.0, ..sound }, "eps"),
        (AdamWSettings { weight_decay: -0.1, ..sound }, "weight_decay"),
    ] {
        let error = AdamW::new(&parameters, settings).expect_err("out of range").to_string();
        assert!(error.contains(name), "{error}");
    }
    assert!(Sam::new(&parameters, -1.0).is_err());
}

#[test]
fn moments_of_untouched_rows_end_at_zero() {
    let parameters = Parameters::new(1, Device::Cpu);
    let weights = parameters.builder(DType::F32).get_with_hints(2, "w", Init::Const(1.0)).expect("new");
    let mut adamw = AdamW::new(&parameters, AdamWSettings::default()).expect("sound");
    let mut gradients = no_gradients();
    for step in 0..1200 {
        let once = if step == 0 { 1.0 } else { 0.0 };
        gradients.insert(&weights, Tensor::new(&[once, 1.0_f32], &Device::Cpu).expect("new"));
        adamw.step(&gradients, 1e-3).expect("op");
    }
    let first: Vec<f32> = adamw.state().expect("copy")["first.w"].to_vec1().expect("f32");
    assert!(first[0] == 0.0 && (first[1] - 1.0).abs() < 1e-3, "{first:?}");
}

/// Half of `sum(curvature · w²)` at w = (3, 4) and curvature (2, 1): the gradient is (6, 4).
fn bowl(dtype: DType) -> (Parameters, Tensor, impl Fn() -> GradStore) {
    let parameters = Parameters::new(1, Device::Cpu);
    let weights = parameters.builder(dtype).get_with_hints(2, "w", Init::Const(0.0)).expect("new");
    parameters.builder(dtype).get_with_hints(2, "idle", Init::Const(1.0)).expect("new");
    let start = tensor(&[3.0, 4.0], &weights);
    parameters.restore(&BTreeMap::from([("w".to_owned(), start)])).expect("known");
    let shared = weights.clone();
    let gradients = move || {
        let curvature = tensor(&[2.0, 1.0], &shared);
        let loss = ((shared.sqr().expect("op") * curvature).expect("op") * 0.5).expect("op");
        loss.sum_all().expect("op").backward().expect("differentiable")
    };
    (parameters, weights, gradients)
}

#[test]
fn sam_finds_the_gradient_uphill_and_comes_back() {
    for (dtype, tolerance) in [(DType::F32, 1e-6), (DType::F64, 1e-12)] {
        let (parameters, weights, gradients) = bowl(dtype);
        let before = flat(&weights);
        let mut sam = Sam::new(&parameters, 0.5).expect("sound");
        let norm = sam.climb(&gradients()).expect("op");
        assert!((norm - 52.0_f64.sqrt()).abs() < 1e-6);
        let away = [3.0 + 0.5 * 6.0 / 52.0_f64.sqrt(), 4.0 + 0.5 * 4.0 / 52.0_f64.sqrt()];
        for (got, want) in flat(&weights).into_iter().zip(away) {
            assert!((got - want).abs() < tolerance * 4.0, "{got} {want}");
        }
        assert!(sam.climb(&gradients()).is_err(), "the weights are away already");
        let found = gradients();
        let there = flat(found.get(&weights).expect("present"));
        for (got, want) in there.into_iter().zip([2.0 * away[0], away[1]]) {
            assert!((got - want).abs() < tolerance * 8.0, "{got} {want}");
        }
        sam.return_().expect("away");
        assert_eq!(flat(&weights), before);
        assert!(sam.return_().is_err(), "the weights are back already");
    }
}

#[test]
fn sam_stays_where_there_is_no_slope() {
    let (parameters, weights, gradients) = bowl(DType::F32);
    parameters.restore(&BTreeMap::from([("w".to_owned(), tensor(&[0.0, 0.0], &weights))])).expect("known");
    let mut sam = Sam::new(&parameters, 0.5).expect("sound");
    assert_eq!(sam.climb(&gradients()).expect("op"), 0.0);
    assert_eq!(flat(&weights), [0.0, 0.0]);
    sam.return_().expect("away, if by nothing");
}

#[test]
fn sam_returns_every_bit_of_a_model() {
    let parameters = model(5);
    let before = bits(&parameters.snapshot().expect("copy"));
    let mut sam = Sam::new(&parameters, 0.05).expect("sound");
    let norm = sam.climb(&gradients(&parameters, 0)).expect("op");
    assert!(norm > 0.0);
    assert_ne!(bits(&parameters.snapshot().expect("copy")), before);
    sam.return_().expect("away");
    assert_eq!(bits(&parameters.snapshot().expect("copy")), before);
}
