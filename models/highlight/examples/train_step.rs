//! Measures training steps: `train_step STEPS ALIGNMENT_WEIGHT`, one number of milliseconds per line.
//!
//! Invariants: generated rooms, each exactly one batch, so that the time between two loadings of rooms is one step:
//! cutting and standardising the windows, forward pass, loss, gradients, clipping, AdamW. `RAYON_NUM_THREADS` sets the
//! number of threads.

#![expect(clippy::disallowed_methods, reason = "measures time and decides nothing by it")]

use candle_core::Device;
use kairos_highlight::{
    Config, HighlightError, Input, Inputs, Rooms, TrainingConfig, TrainingRoom, UnitFeatures, train,
};
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// Cut at any phase, a room of this many units makes 16 windows of 32 units at most.
const UNITS: usize = 15 * 32 + 1;

/// Hands out the same room again and again and notes the time in between.
struct Timed {
    room: TrainingRoom,
    rooms: usize,
    since: Cell<Option<Instant>>,
    steps: RefCell<Vec<f64>>,
}

impl Rooms for Timed {
    fn len(&self) -> usize {
        self.rooms
    }

    fn units(&self, _index: usize) -> usize {
        self.room.units.len()
    }

    fn load(&self, _index: usize) -> Result<TrainingRoom, HighlightError> {
        if let Some(since) = self.since.get() {
            self.steps.borrow_mut().push(since.elapsed().as_secs_f64());
        }
        let room = self.room.clone();
        self.since.set(Some(Instant::now()));
        Ok(room)
    }
}

fn room(config: &Config, count: usize) -> TrainingRoom {
    let wave = |unit: usize, at: usize| ((unit * 31 + at * 7) as f32 * 0.37).sin();
    let vector =
        |unit: usize, width: usize, from: usize| (0..width).map(|at| wave(unit, at + from)).collect();
    let units = (0..count).map(|unit| UnitFeatures {
        picture: Some(vector(unit, 84, 0)),
        sound: Some(vector(unit, 60, 100)),
        comment: Some(vector(unit, 135, 200)),
        ..UnitFeatures::default()
    });
    let labels: Vec<f32> = (0..count).map(|unit| 0.5 + 0.5 * (unit as f32 * 1.7).sin()).collect();
    TrainingRoom {
        name: String::from("generated"),
        streamer: String::from("anna"),
        units: units.collect(),
        labels: TrainingRoom::delayed(&labels, config),
        messages: Vec::new(),
    }
}

fn main() -> Result<(), HighlightError> {
    let mut words = std::env::args().skip(1);
    let steps = words.next().and_then(|word| word.parse().ok()).unwrap_or(100);
    let alignment_weight = words.next().and_then(|word| word.parse().ok()).unwrap_or(0.01);
    let input = |width| Some(Input { width, encoder: String::from("generated"), digest: String::from("00") });
    let inputs = Inputs { picture: input(84), sound: input(60), comment: input(135), ..Inputs::default() };
    let config = Config {
        inputs,
        delays: vec![0.0, 2.0, 4.0, 8.0, 16.0],
        width: 48,
        feed_forward: 96,
        perceiver_layers: 1,
        ..Config::default()
    };
    // No modality is hidden, so that alignment works on all sixteen windows.
    let settings = TrainingConfig {
        epochs: 1,
        pool_rooms: 1,
        modality_dropout: 0.0,
        alignment_weight,
        ..TrainingConfig::default()
    };
    let rooms =
        Timed { room: room(&config, UNITS), rooms: steps, since: Cell::new(None), steps: RefCell::default() };
    let validation = vec![room(&config, 40)];
    train(config, &settings, &rooms, &validation, &Device::Cpu, None, &mut |_| {})?;
    // Loadings before the first step only looked at the rooms.
    for seconds in rooms.steps.borrow().iter().skip(steps + steps / 10) {
        println!("{:.4}", seconds * 1e3);
    }
    Ok(())
}
