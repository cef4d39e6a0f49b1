//! Times MobileNetV2 for `bench/encoders`: `time_networks WEIGHTS BATCH...`, the median in milliseconds per picture.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use candle_core::Device;
use kairos_encoders::{MobileNetEncoder, PictureView};

/// Seconds that one figure is measured for.
const LONG_ENOUGH_S: f64 = 3.0;

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (weights, batches) = arguments.split_first().ok_or("usage: time_networks WEIGHTS BATCH...")?;
    let encoder = MobileNetEncoder::load(Path::new(weights), &Device::Cpu)?;
    let rgb: Vec<u8> = (0..224 * 224 * 3).map(|at| (at * 31 % 251) as u8).collect();
    let picture = PictureView { at_us: 0, width: 224, height: 224, rgb: &rgb };
    for batch in batches {
        let count: usize = batch.parse()?;
        encoder.embed(&picture)?;
        let (started, mut times) = (Instant::now(), Vec::new());
        while started.elapsed().as_secs_f64() < LONG_ENOUGH_S || times.len() < 5 {
            let begin = Instant::now();
            for _ in 0..count {
                encoder.embed(&picture)?;
            }
            times.push(begin.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        println!("{batch} {:.3}", times[times.len() / 2] * 1e3 / count as f64);
    }
    Ok(())
}
