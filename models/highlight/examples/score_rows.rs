//! Measures how many look-back windows a second batch scoring gets through: `score_rows [ROWS] [WIDTH]`.
//!
//! Invariants: generated features, one room; `RAYON_NUM_THREADS` sets the number of threads.

#![expect(clippy::disallowed_methods, reason = "measures time and decides nothing by it")]

use candle_core::Device;
use kairos_highlight::{Config, ContentCtr, HighlightError, Input, Inputs, UnitFeatures};
use std::time::Instant;

fn main() -> Result<(), HighlightError> {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (rows, width) = (numbers.next().unwrap_or(8000), numbers.next().unwrap_or(48));
    let input = |width| Some(Input { width, encoder: String::from("generated"), digest: String::from("00") });
    let inputs = Inputs { picture: input(84), comment: input(228), ..Inputs::default() };
    let config = Config { inputs, look_back: 32, width, perceiver_layers: 1, ..Config::default() };
    let model = ContentCtr::new(config, 1, &Device::Cpu)?;
    let wave = |unit: usize, at: usize| ((unit * 31 + at * 7) as f32 * 0.37).sin();
    let units: Vec<UnitFeatures> = (0..rows)
        .map(|unit| UnitFeatures {
            picture: Some((0..84).map(|at| wave(unit, at)).collect()),
            comment: Some((0..228).map(|at| wave(unit, at + 100)).collect()),
            ..UnitFeatures::default()
        })
        .collect();
    model.score_rows("anna", &units[..rows.min(100)])?;
    for _ in 0..3 {
        let start = Instant::now();
        let scored = model.score_rows("anna", &units)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{} rows in {seconds:.3} s: {:.0} windows/s", scored.len(), scored.len() as f64 / seconds);
    }
    Ok(())
}
