//! Encodes lines of text, or times a folder: `encode FOLDER < lines`, `encode FOLDER --time texts|pictures BATCH...`; with `--int8`,
//! `--f16` or `--bf16` by such numbers, with `--cuda` on the first GPU.
//!
//! The times are what `bench/encoders` compares with PyTorch and ONNX Runtime: the median, in milliseconds per item.

use std::error::Error;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use candle_core::Device;
use kairos_transformers::{Place, Precision, Rgb, TransformerError, open_picture, open_text};

/// Seconds that one figure is measured for.
const LONG_ENOUGH_S: f64 = 3.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut place = Place::from(&Device::Cpu);
    for (flag, precision) in
        [("--int8", Precision::Int8), ("--f16", Precision::F16), ("--bf16", Precision::Bf16)]
    {
        if arguments.iter().any(|argument| argument == flag) {
            place.precision = precision;
        }
    }
    if arguments.iter().any(|argument| argument == "--cuda") {
        place.device = Device::new_cuda(0)?;
    }
    arguments.retain(|argument| !["--int8", "--f16", "--bf16", "--cuda"].contains(&argument.as_str()));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [folder] => encode_lines(Path::new(folder), place),
        [folder, "--time", "texts", batches @ ..] => time_texts(Path::new(folder), place, batches),
        [folder, "--time", "pictures", batches @ ..] => time_pictures(Path::new(folder), place, batches),
        _ => {
            Err("usage: encode FOLDER [--int8|--f16|--bf16] [--cuda] [--time texts|pictures BATCH...]".into())
        }
    }
}

fn encode_lines(folder: &Path, place: Place) -> Result<(), Box<dyn Error>> {
    let encoder = open_text(folder, place)?;
    for line in std::io::stdin().lock().lines() {
        println!("{:?}", encoder.encode_texts(&[&line?])?[0]);
    }
    Ok(())
}

/// Texts come from standard input, one per line.
fn time_texts(folder: &Path, place: Place, batches: &[&str]) -> Result<(), Box<dyn Error>> {
    let encoder = open_text(folder, place)?;
    let lines = std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    for batch in batches {
        let texts: Vec<&str> = lines.iter().map(String::as_str).cycle().take(batch.parse()?).collect();
        report(batch, || encoder.encode_texts(&texts))?;
    }
    Ok(())
}

fn time_pictures(folder: &Path, place: Place, batches: &[&str]) -> Result<(), Box<dyn Error>> {
    let encoder = open_picture(folder, place)?;
    let (width, height) = encoder.picture_size();
    let bytes: Vec<u8> = (0..width * height * 3).map(|at| (at * 31 % 251) as u8).collect();
    for batch in batches {
        let pictures = vec![Rgb { width, height, bytes: &bytes }; batch.parse()?];
        report(batch, || encoder.encode_pictures(&pictures))?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn report(
    batch: &str,
    work: impl Fn() -> Result<Vec<Vec<f32>>, TransformerError>,
) -> Result<(), Box<dyn Error>> {
    work()?;
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed().as_secs_f64() < LONG_ENOUGH_S || times.len() < 5 {
        let begin = Instant::now();
        work()?;
        times.push(begin.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let each = times[times.len() / 2] * 1e3 / batch.parse::<f64>()?;
    println!("{batch} {each:.3}");
    Ok(())
}
