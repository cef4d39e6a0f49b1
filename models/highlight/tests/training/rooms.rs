//! Generated rooms, a small model and quick settings.

use kairos_highlight::{Config, Input, Inputs, TrainingConfig, TrainingRoom, UnitFeatures};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rooms whose interest shows in picture and comments, each noisy, with bursts of comments about nothing.
pub fn rooms(count: usize) -> Vec<TrainingRoom> {
    (0..count).map(room).collect()
}

pub fn room(seed: usize) -> TrainingRoom {
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

pub fn config() -> Config {
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

pub fn settings() -> TrainingConfig {
    TrainingConfig {
        seed: 5,
        epochs: 8,
        learning_rate: 4e-3,
        batch: 8,
        warmup: 10,
        ..TrainingConfig::default()
    }
}
