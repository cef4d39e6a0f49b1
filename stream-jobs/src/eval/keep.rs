//! An evaluation as rows: metrics in `evaluations`, the scores behind them in `evaluation_scores`.

use std::path::Path;

use kairos_clickhouse::{Evaluation, EvaluationScore, Writer, WriterOptions};

use super::{Scored, Table};
use crate::config::Config;
use crate::storage;

/// What was evaluated.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// The model, `name@digest`.
    pub model: &'a str,
    /// The data set: the folder's name.
    pub dataset: &'a str,
    /// Delay of the scores that are kept, seconds.
    pub delay_s: f64,
}

/// Writes an evaluation into the configured server, or into the embedded engine under `out`.
///
/// # Errors
/// If the tables can't be opened or written.
pub fn keep(
    config: &Config,
    out: &Path,
    about: &About<'_>,
    scored: &[&Scored],
    table: &Table,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    // The same model over the same recordings is the same run: doing it twice counts once.
    let run =
        blake3::hash(format!("{}\n{}", about.model, about.dataset).as_bytes()).to_hex()[..16].to_owned();
    runtime.block_on(async {
        let store = storage::open(config, out).await?;
        let mut writer = Writer::new(&store, WriterOptions::default())?;
        for judged in &table.judged {
            let values = [
                ("average-precision", judged.average_precision),
                ("roc-auc", judged.roc_auc),
                ("kendall-tau-b", judged.kendall_tau_b),
                ("peak-precision-at-5", judged.peak_precision_at_5),
                ("peak-precision-at-10", judged.peak_precision_at_10),
            ];
            for (metric, value) in values {
                let row = Evaluation {
                    run: run.clone(),
                    model: about.model.to_owned(),
                    dataset: about.dataset.to_owned(),
                    delay_ms: millis(judged.delay_s),
                    metric: metric.to_owned(),
                    video: judged.video.clone(),
                    value: value.unwrap_or(f64::NAN),
                    ..Evaluation::default()
                };
                writer.write(row).await.map_err(|refused| refused.error)?;
            }
        }
        for recording in scored {
            for (second, score) in recording.all(about.delay_s).into_iter().enumerate() {
                let row = EvaluationScore {
                    run: run.clone(),
                    video: recording.name.clone(),
                    delay_ms: millis(about.delay_s),
                    sec: u32::try_from(second)?,
                    score: score as f32,
                    revision: 0,
                };
                writer.write(row).await.map_err(|refused| refused.error)?;
            }
        }
        writer.flush().await?;
        anyhow::Ok(())
    })
}

fn millis(seconds: f64) -> u32 {
    (seconds * 1e3).round().clamp(0.0, f64::from(u32::MAX)) as u32
}
