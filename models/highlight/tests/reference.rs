//! Scores against an independent implementation in 64 bits (`tools/reference/contentctr.py`), by way of a checkpoint.
//! Losses and steps are compared inside the crate.

use candle_core::{DType, Device, Tensor};
use kairos_highlight::{Config, ContentCtr, KIND, UnitFeatures, streamer_fingerprint};
use kairos_training::Checkpoint;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    name: String,
    config: Config,
    rooms: Vec<Room>,
    windows: Vec<(usize, usize, usize)>,
}

#[derive(Deserialize)]
struct Room {
    streamer: String,
    picture: Vec<Option<Vec<f32>>>,
    comment: Vec<Option<Vec<f32>>>,
}

/// The case's model, written as a checkpoint and read back.
fn model(case: &Case, tensors: &BTreeMap<String, Tensor>) -> ContentCtr {
    let streamers = case.config.streamers.iter().map(|name| streamer_fingerprint(name)).collect();
    let config = Config { streamers, ..case.config.clone() };
    let prefix = format!("{}.", case.name);
    let own = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?, tensor)));
    let own = own.filter(|(name, _)| name.starts_with("members.") || name.starts_with("statistics."));
    let own = own.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model");
    Checkpoint::save(&path, KIND, &config, &json!({}), &own).expect("written");
    let (model, _, _) = ContentCtr::load::<Value>(&path, &Device::Cpu).expect("every tensor is there");
    model
}

#[test]
fn scores_equal_the_reference() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/contentctr.json")).expect("cases");
    let tensors = include_bytes!("golden/contentctr.safetensors");
    let tensors = candle_core::safetensors::load_buffer(tensors, &Device::Cpu).expect("tensors");
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    for case in &cases {
        let model = model(case, &tensors);
        let logits = tensors[&format!("{}.logits", case.name)].to_dtype(DType::F64).expect("op");
        let logits: Vec<Vec<Vec<f64>>> = logits.to_vec3().expect("windows, units, outputs");
        for (&(room, start, end), want) in case.windows.iter().zip(&logits) {
            let room = &case.rooms[room];
            let unit = |at: usize| UnitFeatures {
                picture: room.picture[at].clone(),
                comment: room.comment[at].clone(),
                ..UnitFeatures::default()
            };
            let units: Vec<UnitFeatures> = (start..end).map(unit).collect();
            let got = model.score_window(&room.streamer, &units).expect("units that fit");
            for (at, (got, want)) in got.iter().zip(want).enumerate() {
                for (delay, scores) in got.iter().enumerate() {
                    for (head, (_, score)) in scores.0.iter().enumerate() {
                        // Without calibration a score is the logit's logistic function.
                        let logit = (score / (1.0 - score)).ln();
                        let want = want[head * case.config.delays.len() + delay];
                        assert!((logit - want).abs() < 1e-4, "{} {at}: {logit} {want}", case.name);
                    }
                }
            }
        }
    }
}
