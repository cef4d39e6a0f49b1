//! Training learns what can be learned, beats the message rate, and repeats itself.

use candle_core::Device;
use kairos_highlight::{
    Config, ContentCtr, Head, HighlightError, Input, Inputs, Progress, Reached, TrainingConfig, TrainingRoom,
    UnitFeatures, split_rooms, train,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rooms whose interest shows in picture and comments, each noisy, with bursts of comments about nothing.
fn rooms(count: usize) -> Vec<TrainingRoom> {
    (0..count).map(room).collect()
}

fn room(seed: usize) -> TrainingRoom {
    let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
    let mut made = TrainingRoom {
        name: format!("room {seed}"),
        streamer: format!("s{}", seed % 3),
        ..TrainingRoom::default()
    };
    let mut labels = Vec::new();
    let (mut moment, mut raid) = (0_u32, 0_u32);
    for _ in 0..90 {
        moment = if moment > 0 {
            moment - 1
        } else if random.random_bool(0.06) {
            4
        } else {
            0
        };
        raid = if raid > 0 {
            raid - 1
        } else if random.random_bool(0.06) {
            4
        } else {
            0
        };
        let interest = if moment > 0 { 1.0 } else { 0.0_f32 };
        let mut noise = |spread: f32| random.random_range(-spread..spread);
        let messages = (2.0 + 6.0 * interest + if raid > 0 { 7.0 } else { 0.0 } + noise(2.0)).max(0.0);
        made.units.push(UnitFeatures {
            picture: Some(vec![interest + noise(0.9), noise(1.0), noise(1.0), 3.0 - interest + noise(0.9)]),
            comment: Some(vec![messages, noise(1.0)]),
            ..UnitFeatures::default()
        });
        made.messages.push(messages);
        labels.push(if noise(1.0) > 0.95 { f32::NAN } else { 0.2 + 0.6 * interest + noise(0.1) });
    }
    made.labels = TrainingRoom::delayed(&labels, &config());
    made
}

fn config() -> Config {
    let input = |width| Some(Input { width, encoder: String::from("generated"), digest: String::from("00") });
    let inputs = Inputs { picture: input(4), comment: input(2), ..Inputs::default() };
    Config {
        inputs,
        look_back: 12,
        width: 16,
        feed_forward: 32,
        label: String::from("generated"),
        ..Config::default()
    }
}

fn settings() -> TrainingConfig {
    TrainingConfig {
        seed: 5,
        epochs: 8,
        learning_rate: 4e-3,
        batch: 8,
        warmup: 10,
        ..TrainingConfig::default()
    }
}

fn run(epochs: usize) -> (ContentCtr, Reached, Vec<Progress>) {
    let (rooms, validation) = split_rooms(rooms(12), 0.33, 1);
    let settings = TrainingConfig { epochs, ..settings() };
    let mut seen = Vec::new();
    let mut note = |progress: &Progress| seen.push(*progress);
    let (model, reached) = train(config(), &settings, &rooms, &validation, &Device::Cpu, None, &mut note)
        .expect("rooms are fine");
    (model, reached, seen)
}

#[test]
fn model_learns_and_beats_the_message_rate() {
    let (model, reached, seen) = run(20);
    let (ap, baseline) = (reached.average_precision, reached.baseline_average_precision);
    assert!(ap > baseline.map(|value| value + 0.1) && ap > Some(0.8), "{reached:?}");
    assert!(reached.kendall_tau_b > Some(0.2) && reached.epoch >= 1, "{reached:?}");
    assert!(seen.len() > 1 && seen[seen.len() - 1].loss < seen[0].loss, "{seen:?}");
    // Calibrated: a unit that is on scores high, one that is off scores low, in a room never seen.
    let fresh = room(999);
    let scored = std::sync::Arc::new(model).score_room("nobody", &fresh.units).expect("valid units");
    let mean = |on: bool| {
        let chosen = scored.iter().zip(&fresh.labels[0]).filter(|(_, label)| (**label > 0.5) == on);
        let values: Vec<f64> = chosen.filter_map(|(score, _)| score[0].scores.get(Head::Highlight)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    assert!(mean(true) > 0.6 && mean(false) < 0.25, "{} {}", mean(true), mean(false));
}

#[test]
fn same_seed_gives_the_same_checkpoint() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let save = |name: &str| {
        let (model, reached, _) = run(2);
        model.save(&folder.path().join(name), &reached).expect("writable")
    };
    assert_eq!(save("one"), save("two"));
    let files = ["model.safetensors", "config.json", "metrics.json"];
    for file in files {
        let read = |name: &str| std::fs::read(folder.path().join(name).join(file)).expect("saved");
        assert_eq!(read("one"), read("two"), "{file}");
    }
    let (loaded, reached, _): (ContentCtr, Reached, String) =
        ContentCtr::load(&folder.path().join("one"), &Device::Cpu).expect("just saved");
    assert!(loaded.config().calibration.len() == 2 && reached.validation_rooms == 4);
}

#[test]
fn rooms_that_cannot_be_used_are_named() {
    let validation = rooms(1);
    let mut short = room(2);
    short.labels[0].pop();
    let mut wild = room(3);
    wild.labels[0][4] = 1.5;
    let mut unlabelled = room(4);
    unlabelled.labels[0].fill(f32::NAN);
    for (room, expected) in [
        (short, "room room 2: 89 labels for 90 units"),
        (wild, "room room 3: label of unit 4 is 1.5, must be in 0..=1"),
        (unlabelled, "training: no unit of the training rooms has a label"),
    ] {
        let refused = train(config(), &settings(), &vec![room], &validation, &Device::Cpu, None, &mut |_| {});
        assert_eq!(refused.map(|_| ()).expect_err("not usable").to_string(), expected);
    }
    let refused = train(config(), &settings(), &Vec::new(), &validation, &Device::Cpu, None, &mut |_| {});
    assert!(matches!(refused, Err(HighlightError::Training(_))));
    let strange = TrainingConfig { clip: 0.0, ..settings() };
    let refused = train(config(), &strange, &validation, &validation, &Device::Cpu, None, &mut |_| {});
    assert!(matches!(refused, Err(HighlightError::Config { .. })));
}
