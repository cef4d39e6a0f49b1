//! Pictures of an evaluation.

use std::path::Path;

use anyhow::Context;
use kairos_training::plot::{curves_svg, reliability_svg};

use super::Table;

/// Writes `delay.svg` (precision against decision delay, one line per model) and, per model and delay,
/// `reliability-N-DELAY.svg` into `folder`.
///
/// # Errors
/// If a file can't be written.
pub fn write(folder: &Path, tables: &[(String, Table)]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut lines = Vec::new();
    for (at, (name, table)) in tables.iter().enumerate() {
        let mut points = Vec::new();
        for (delay, bins) in &table.reliability {
            if let Some(mean) = table.mean(*delay, |judged| judged.average_precision) {
                points.push((*delay, mean));
            }
            if !bins.is_empty() {
                let title = format!("{name}, decided after {delay} s");
                let file = folder.join(format!("reliability-{}-{delay}.svg", at + 1));
                std::fs::write(&file, reliability_svg(&title, bins)?)
                    .with_context(|| file.display().to_string())?;
            }
        }
        lines.push((name.as_str(), points));
    }
    let file = folder.join("delay.svg");
    let plot = curves_svg(
        "Average precision by decision delay",
        "decision delay, s",
        "mean average precision",
        &lines,
    )?;
    std::fs::write(&file, plot).with_context(|| file.display().to_string())
}
