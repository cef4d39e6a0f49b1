//! Outputs, losses and gradients against an independent implementation in 64 bits (`tools/reference/gifting.py`).

use super::Ranker;
use crate::losses::{cross_entropy, log_normal};
use crate::{Config, Event, Example, Neighbour, NodeTable, Segment, Slots, Vectors};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct Golden {
    nodes: BTreeMap<String, Table>,
    examples: Vec<Pair>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Table {
    rows: BTreeMap<u64, i64>,
    #[serde(default)]
    content: BTreeMap<u64, Vec<f32>>,
    pretrained: BTreeMap<u64, Vec<f32>>,
}

#[derive(Deserialize)]
struct Pair {
    user: u64,
    streamer: u64,
    time_s: i64,
    category: u32,
    history: Vec<Act>,
    user_paths: [Vec<End>; 3],
    streamer_paths: [Vec<End>; 3],
    segment: Option<Content>,
    user_side: Vec<f32>,
    room_side: Vec<f32>,
    pair_side: Vec<f32>,
    gift: bool,
    value: f32,
}

#[derive(Deserialize)]
struct Act {
    streamer: u64,
    time_s: i64,
    weight: f32,
    category: u32,
}

#[derive(Deserialize)]
struct End {
    node: u64,
    weight: f32,
}

#[derive(Deserialize)]
struct Content {
    pictures: Vec<Vec<f32>>,
    speech: Vec<Vec<f32>>,
    comments: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    config: Config,
    losses: [f64; 2],
}

impl From<Pair> for Example {
    fn from(pair: Pair) -> Self {
        let ends = |paths: [Vec<End>; 3]| {
            paths.map(|ends| {
                ends.into_iter().map(|End { node, weight }| Neighbour { node, weight }).collect::<Vec<_>>()
            })
        };
        let event = |Act { streamer, time_s, weight, category }| Event { streamer, time_s, weight, category };
        let segment = |content: Content| {
            let Content { pictures, speech, comments } = content;
            Arc::new(Segment { pictures, speech, comments })
        };
        Self {
            user: pair.user,
            streamer: pair.streamer,
            time_s: pair.time_s,
            category: pair.category,
            history: pair.history.into_iter().map(event).collect(),
            user_paths: ends(pair.user_paths),
            streamer_paths: ends(pair.streamer_paths),
            segment: pair.segment.map(segment),
            user_side: pair.user_side,
            room_side: pair.room_side,
            pair_side: pair.pair_side,
            gift: pair.gift,
            value: pair.value,
        }
    }
}

/// Of eight rows each is within reach of every id, so owners may be put anywhere.
fn slots(rows: &BTreeMap<u64, i64>) -> Slots {
    let mut owners = vec![-1_i64; 8];
    for (id, row) in rows {
        owners[usize::try_from(*row).expect("a row")] = id.cast_signed();
    }
    let owners = Tensor::from_vec(owners, 8, &Device::Cpu).expect("new");
    let seen_s = Tensor::zeros(8, DType::I64, &Device::Cpu).expect("new");
    Slots::from_tensors(&owners, &seen_s).expect("as many times")
}

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_dtype(DType::F64).expect("op").flatten_all().expect("op").to_vec1().expect("64 bits")
}

fn same(what: &str, got: &Tensor, want: &Tensor) {
    for (at, (got, want)) in numbers(got).into_iter().zip(numbers(want)).enumerate() {
        // Weights of lists are logarithms in 32 bits here; all else is in 64.
        assert!((got - want).abs() < 2e-6 * (1.0 + want.abs()), "{what} {at}: {got} {want}");
    }
}

#[test]
fn outputs_losses_and_gradients_equal_the_reference() {
    let golden: Golden =
        serde_json::from_str(include_str!("../../tests/golden/gifting.json")).expect("as written");
    let tensors = include_bytes!("../../tests/golden/gifting.safetensors");
    let tensors = candle_core::safetensors::load_buffer(tensors, &Device::Cpu).expect("as written");
    let (streamers, users) = (&golden.nodes["streamers"], &golden.nodes["users"]);
    let vectors =
        |width, table: &BTreeMap<u64, Vec<f32>>| Vectors::new(width, table.clone()).expect("of one width");
    let nodes = NodeTable {
        content: vectors(3, &streamers.content),
        streamers: vectors(4, &streamers.pretrained),
        users: vectors(4, &users.pretrained),
    };
    let examples: Vec<Example> = golden.examples.into_iter().map(Example::from).collect();
    let column = |number: &dyn Fn(&Example) -> f64| {
        let values: Vec<f64> = examples.iter().map(number).collect();
        Tensor::from_vec(values, examples.len(), &Device::Cpu).expect("new")
    };
    let gifts = column(&|example| f64::from(u8::from(example.gift)));
    let logarithms = column(&|example| f64::from(example.value).ln());
    for Case { name, config, losses } in golden.cases {
        let mut ranker = Ranker::of_type(config, 0, &Device::Cpu, DType::F64).expect("usable");
        (ranker.streamers, ranker.users) = (slots(&streamers.rows), slots(&users.rows));
        let prefix = format!("{name}.weight.");
        let weights: BTreeMap<String, Tensor> = tensors
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), value.to_dtype(DType::F64).expect("op")))
            })
            .collect();
        assert_eq!(weights.len(), ranker.network.parameters.iter().count(), "{name}");
        ranker.network.parameters.restore(&weights).expect("the same names and shapes");
        let said = ranker.said(&examples, &nodes, None, &mut |x| Ok(x)).expect("fine examples");
        let all = Tensor::stack(&[&said.log_odds, &said.mu, &said.sigma], 1).expect("op");
        same(&format!("{name} outputs"), &all, &tensors[&format!("{name}.said")]);
        let entropy = cross_entropy(&said.log_odds, &gifts).expect("op");
        let value = log_normal(&gifts, &logarithms, &said.mu, &said.sigma).expect("op");
        for (got, want) in [&entropy, &value].into_iter().zip(losses) {
            assert!((numbers(got)[0] - want).abs() < 2e-6, "{name}: {got} {want}");
        }
        let loss = (entropy + (value * 0.7).expect("op")).expect("op");
        let gradients = loss.backward().expect("differentiable");
        for (part, variable) in ranker.network.parameters.iter() {
            let zero = variable.zeros_like().expect("new");
            let got = gradients.get(&variable).unwrap_or(&zero);
            same(&format!("{name} {part}"), got, &tensors[&format!("{name}.gradient.{part}")]);
        }
    }
}
