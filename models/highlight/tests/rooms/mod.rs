//! Generated units and small models for the tests.

use candle_core::Device;
use kairos_highlight::{Config, ContentCtr, Input, Inputs, UnitFeatures};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub fn input(width: usize) -> Option<Input> {
    Some(Input { width, encoder: String::from("generated"), digest: String::from("00") })
}

pub fn config(look_back: usize) -> Config {
    let inputs =
        Inputs { picture: input(6), sound: input(4), speech: input(5), comment: input(3), gift: input(2) };
    Config { inputs, look_back, width: 16, feed_forward: 32, perceiver_layers: 2, ..Config::default() }
}

pub fn model(config: Config) -> ContentCtr {
    ContentCtr::new(config, 7, &Device::Cpu).expect("the configuration is valid")
}

/// Units with each modality missing now and then.
pub fn units(count: usize, seed: u64) -> Vec<UnitFeatures> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut vector = |width: usize, chance: f64| {
        let values = (0..width).map(|_| random.random_range(-2.0_f32..2.0)).collect();
        (random.random::<f64>() < chance).then_some(values)
    };
    (0..count)
        .map(|_| UnitFeatures {
            picture: vector(6, 0.9),
            sound: vector(4, 0.9),
            speech: vector(5, 0.4),
            comment: vector(3, 0.7),
            gift: vector(2, 0.2),
        })
        .collect()
}
