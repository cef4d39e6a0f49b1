//! Batch scoring of whole recordings against scoring unit by unit.

mod rooms;

use kairos_highlight::{
    Config, ContentCtr, Norm, Normalisation, Positions, UnitFeatures, streamer_fingerprint,
};
use rooms::{config, model, units};
use std::sync::Arc;

/// Every switch of the architecture on and off.
fn architectures() -> Vec<Config> {
    let base =
        Config { delays: vec![0.0, 3.0, 9.0], streamers: vec![streamer_fingerprint("anna")], ..config(10) };
    vec![
        base.clone(),
        Config { normalisation: Normalisation::Post, decoder_layers: 2, ..base.clone() },
        Config { norm: Norm::Rms, gated: true, ..base.clone() },
        Config { norm: Norm::Rms, normalisation: Normalisation::Post, perceiver_layers: 3, ..base.clone() },
        Config { share_perceiver: true, recency_bias: false, heads: 1, ..base.clone() },
        Config {
            perceiver_positions: false,
            positions: Positions::Sinusoidal,
            decoder_layers: 3,
            ..base.clone()
        },
        Config { members: 3, gated: true, width: 24, heads: 3, ..base.clone() },
        Config { look_back: 7, delays: vec![0.0], ..base },
    ]
}

#[test]
fn rows_equal_what_the_scorer_gives() {
    for config in architectures() {
        let model = Arc::new(model(config));
        for (streamer, count) in [("anna", 30), ("nobody", 11), ("anna", 4), ("anna", 0)] {
            let units = units(count, 3);
            let rows = model.score_rows(streamer, &units).expect("valid units");
            let streamed = model.score_room(streamer, &units).expect("valid units");
            assert_eq!(rows.len(), streamed.len());
            for (row, (fast, slow)) in rows.iter().zip(&streamed).enumerate() {
                for unit in slow {
                    assert_eq!(unit.index as usize + model.config().delay_units(unit.delay), row);
                    for (a, b) in fast[unit.delay].0.iter().zip(&unit.scores.0) {
                        assert!((a.1 - b.1).abs() < 1e-5, "row {row}: {a:?} {b:?} {:?}", model.config());
                    }
                }
            }
        }
    }
}

#[test]
fn no_row_depends_on_a_later_unit() {
    for config in architectures() {
        let model = Arc::new(model(config));
        let (known, other) = (units(30, 1), units(30, 2));
        let fast = |units: &[UnitFeatures]| model.score_rows("anna", units).expect("valid units");
        let slow = |units: &[UnitFeatures]| model.score_room("anna", units).expect("valid units");
        let (before, streamed) = (fast(&known), slow(&known));
        for at in [1, 9, 11, 29] {
            let mut changed = known.clone();
            changed[at..].clone_from_slice(&other[at..]);
            let after = fast(&changed);
            assert_eq!(before[..at], after[..at], "unit {at} changed the past: {:?}", model.config());
            assert_ne!(before[at], after[at], "unit {at} changed nothing");
            assert_eq!(streamed[..at], slow(&changed)[..at], "unit {at} changed the past of the scorer");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let model = Arc::new(model(Config { width: 48, feed_forward: 128, ..config(16) }));
    let units = units(200, 7);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| model.score_rows("anna", &units).expect("valid units"))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
}

#[test]
fn ensemble_averages_logits_of_different_members() {
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let scores = |model: &ContentCtr| model.score_rows("anna", &units(12, 4)).expect("valid units");
    let three = model(Config { members: 3, ..config(6) });
    let one = model(config(6));
    // The first member is the model without an ensemble.
    assert_ne!(scores(&three), scores(&one));
    let folder = tempfile::tempdir().expect("a temporary folder");
    three.save(&folder.path().join("model"), &()).expect("writable");
    let (loaded, (), _) =
        ContentCtr::load(&folder.path().join("model"), &candle_core::Device::Cpu).expect("just saved");
    assert_eq!(scores(&three), scores(&loaded));
    // Members one by one: an ensemble whose tensors are all those of one member is that member.
    let path = folder.path().join("model/model.safetensors");
    let tensors = candle_core::safetensors::load(path, &candle_core::Device::Cpu).expect("just saved");
    let mut sums = [0.0; 12];
    for member in 0..3 {
        let mine = format!("members.{member}.");
        let kept = tensors.iter().filter_map(|(name, tensor)| {
            let name = match name.strip_prefix(&mine) {
                Some(rest) => format!("members.0.{rest}"),
                None if name.starts_with("statistics.") => name.clone(),
                None => return None,
            };
            Some((name, tensor.clone()))
        });
        let kept = kept.collect();
        let alone = folder.path().join(format!("member {member}"));
        kairos_training::Checkpoint::save(&alone, kairos_highlight::KIND, &config(6), &(), &kept)
            .expect("writable");
        let (alone, (), _) = ContentCtr::load(&alone, &candle_core::Device::Cpu).expect("just saved");
        for (sum, row) in sums.iter_mut().zip(scores(&alone)) {
            *sum += logit(row[0].0[0].1) / 3.0;
        }
    }
    for (mean, row) in sums.iter().zip(scores(&three)) {
        assert!((mean - logit(row[0].0[0].1)).abs() < 1e-5, "{mean} {row:?}");
    }
}
