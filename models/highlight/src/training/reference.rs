//! Losses, gradients and three steps against an independent implementation (`tools/reference/contentctr.py`).
//!
//! Invariants: both sides start from the same 32-bit numbers; the other side computes in 64 bits.

use super::batch::{Batch, Window};
use super::member::{Standing, descend};
use super::objective::terms;
use super::{TrainingConfig, TrainingRoom};
use crate::losses::{AlignmentKeys, Positive};
use crate::model::Pass;
use crate::{Config, ContentCtr, UnitFeatures, streamer_fingerprint};
use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    name: String,
    config: Config,
    settings: Settings,
    rooms: Vec<Room>,
    windows: Vec<(usize, usize, usize)>,
    streamer_rows: Vec<usize>,
    keys: Vec<Option<Keys>>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Settings {
    pairwise_weight: f64,
    alignment_weight: f64,
    positive: Positive,
    weight_decay: f64,
    clip: f64,
}

#[derive(Deserialize)]
struct Room {
    streamer: String,
    labels: Vec<Option<f32>>,
    picture: Vec<Option<Vec<f32>>>,
    comment: Vec<Option<Vec<f32>>>,
}

#[derive(Deserialize)]
struct Keys {
    orders: Vec<Vec<usize>>,
    swap: (usize, usize),
}

#[derive(Deserialize)]
struct Step {
    cross_entropy: f64,
    pairwise: f64,
    alignment: f64,
    norm: f64,
    rate: f64,
}

impl Case {
    fn model(&self, tensors: &BTreeMap<String, Tensor>) -> ContentCtr {
        let streamers = self.config.streamers.iter().map(|name| streamer_fingerprint(name)).collect();
        let config = Config { streamers, ..self.config.clone() };
        let mut model = ContentCtr::new(config, 0, &Device::Cpu).expect("a valid configuration");
        let mut weights = model.tensors().expect("copied");
        for (name, value) in &mut weights {
            *value = tensors[&format!("{}.{name}", self.name)].clone();
        }
        model.restore(&weights).expect("same names and shapes");
        model
    }

    fn settings(&self) -> TrainingConfig {
        let Settings { pairwise_weight, alignment_weight, positive, weight_decay, clip } = self.settings;
        TrainingConfig {
            modality_dropout: 0.0,
            streamer_dropout: 0.0,
            pairwise_weight,
            alignment_weight,
            positive,
            weight_decay,
            clip,
            ..TrainingConfig::default()
        }
    }

    fn batch(&self, model: &ContentCtr, settings: &TrainingConfig) -> Batch {
        let room = |room: &Room| {
            let labels: Vec<f32> = room.labels.iter().map(|label| label.unwrap_or(f32::NAN)).collect();
            let sides = room.picture.iter().zip(&room.comment);
            TrainingRoom {
                name: room.streamer.clone(),
                streamer: room.streamer.clone(),
                units: sides
                    .map(|(picture, comment)| UnitFeatures {
                        picture: picture.clone(),
                        comment: comment.clone(),
                        ..UnitFeatures::default()
                    })
                    .collect(),
                labels: TrainingRoom::delayed(&labels, model.config()),
                messages: Vec::new(),
            }
        };
        let pool: Vec<TrainingRoom> = self.rooms.iter().map(room).collect();
        let windows: Vec<Window> =
            self.windows.iter().map(|&(room, start, end)| Window { room, start, end }).collect();
        let mut random = ChaCha8Rng::seed_from_u64(0);
        Batch::new(model, &pool, &windows, settings, &mut random).expect("rooms that fit")
    }
}

fn cases() -> (Vec<Case>, BTreeMap<String, Tensor>) {
    let told = include_str!("../../tests/golden/contentctr.json");
    let tensors = include_bytes!("../../tests/golden/contentctr.safetensors");
    let tensors = candle_core::safetensors::load_buffer(tensors, &Device::Cpu).expect("tensors");
    (serde_json::from_str(told).expect("cases"), tensors.into_iter().collect())
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).and_then(|wide| wide.flatten_all()?.to_vec1()).expect("numbers")
}

fn close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance, "{what}[{at}]: got {got}, want {want}");
    }
}

#[test]
fn three_steps_end_where_the_reference_does() {
    let (cases, tensors) = cases();
    for case in &cases {
        let name = &case.name;
        let (model, settings) = (case.model(&tensors), case.settings());
        let batch = case.batch(&model, &settings);
        let rows: Vec<usize> = batch.streamers.iter().map(|row| row.map_or(0, |row| row + 1)).collect();
        assert_eq!(rows, case.streamer_rows, "{name}");
        let network = &model.members()[0];
        let mut optimiser = Standing::fresh(network, &settings, 0).expect("valid settings").optimiser;
        for (at, step) in case.steps.iter().enumerate() {
            // A window whose sides are too few has no keys; the fixture knows which.
            let both = batch.both_sides.iter().zip(&case.keys).filter(|(places, _)| places.len() > 1);
            let mut keys = both.map(|(places, keys)| (places.len(), keys));
            let mut next = |similarity: &[f64], n: usize| {
                let (units, keys) = keys.next().expect("a window of the fixture");
                assert_eq!((n, similarity.len()), (units, n * n), "{name}");
                keys.as_ref().map(|keys| AlignmentKeys { orders: keys.orders.clone(), swap: keys.swap })
            };
            let pass = Pass::training(0.0, ChaCha8Rng::seed_from_u64(0));
            let terms = terms(model.config(), network, &settings, &batch, &pass, &mut next).expect("op");
            close(name, &values(&terms.units), &[step.cross_entropy + step.pairwise], 1e-5);
            close(name, &values(&terms.alignment), &[step.alignment], 1e-5);
            let loss = (terms.units + terms.alignment).expect("op");
            let mut gradients = loss.backward().expect("differentiable");
            if at == 0 {
                close(name, &values(&terms.logits), &values(&tensors[&format!("{name}.logits")]), 1e-4);
                for (weight, variable) in network.parameters.iter() {
                    let want = values(&tensors[&format!("{name}.gradients.{weight}")]);
                    let got = gradients.get(&variable).unwrap_or_else(|| panic!("{name}: {weight} is idle"));
                    close(&weight, &values(got), &want, 1e-5);
                }
            }
            let norm = descend(network, &settings, &mut gradients, step.rate, &mut optimiser).expect("op");
            close(name, &[norm], &[step.norm], 1e-4);
        }
        let (mut known, mut all) = (0, 0);
        for (weight, variable) in network.parameters.iter() {
            let want = values(&tensors[&format!("{name}.after.{weight}")]);
            let got = values(&variable);
            // NaN where a gradient is rounding alone, whose sign AdamW makes a whole step of.
            let pairs: Vec<(f64, f64)> = got.iter().copied().zip(want).filter(|(_, w)| !w.is_nan()).collect();
            (known, all) = (known + pairs.len(), all + got.len());
            let (got, want): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            close(&weight, &got, &want, 1e-5);
        }
        assert!(known * 10 > all * 9, "{name}: only {known} of {all} weights are compared");
    }
}
