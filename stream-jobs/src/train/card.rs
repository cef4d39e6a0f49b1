//! What stands beside a checkpoint's weights: its model card and its loss curves.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use kairos_highlight::{AtDelay, ContentCtr, Reached};
use kairos_training::plot::curves_svg;

/// Writes `README.md` and `curves.svg` into the checkpoint's folder.
///
/// # Errors
/// If a file can't be written.
pub fn write(folder: &Path, model: &ContentCtr, reached: &Reached, note: &str) -> anyhow::Result<()> {
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).with_context(|| format!("{name} in {}", folder.display()))
    };
    write("README.md", card(model, reached, note))?;
    write("curves.svg", curves(reached)?)
}

fn card(model: &ContentCtr, reached: &Reached, note: &str) -> String {
    let config = model.config();
    let show = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.3}"));
    let mut text = format!(
        "# {}\n\n{note}\n\nUnits of {} s, look-back of {} units, {} network(s) of width {}. Label: {}.\n\n",
        kairos_highlight::KIND,
        config.unit_seconds,
        config.look_back,
        config.members,
        config.width,
        config.label
    );
    let row = |text: &mut String, at: &AtDelay| {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            at.seconds,
            show(at.average_precision),
            show(at.baseline_average_precision),
            show(at.roc_auc),
            show(at.kendall_tau_b)
        )
    };
    text.push_str(
        "| decision delay, s | mAP | mAP, messages of the last 7 s | AUC | tau-b |\n|---|---|---|---|---|\n",
    );
    for at in &reached.delays {
        // Writing to a string can't fail.
        row(&mut text, at).ok();
    }
    let (trained, held) = (reached.training_rooms, reached.validation_rooms);
    write!(
        text,
        "\nMeans over {held} rooms held out ({} labelled units, {:.1} % positive); {trained} trained on. \
         `curves.svg` shows the training, `metrics.json` has all numbers.\n",
        reached.validation_units,
        100.0 * reached.positive_share
    )
    .ok();
    text
}

fn curves(reached: &Reached) -> anyhow::Result<String> {
    let members = reached.history.iter().map(|epoch| epoch.member).max().map_or(0, |last| last + 1);
    let mut lines = Vec::new();
    for member in 0..members {
        let epochs = || reached.history.iter().filter(move |epoch| epoch.member == member);
        let of = |name: &str, value: fn(&kairos_highlight::Epoch) -> Option<f64>| {
            let points = epochs().filter_map(|e| Some((e.epoch as f64, value(e)?))).collect::<Vec<_>>();
            (format!("{name} {}", member + 1), points)
        };
        lines.push(of("training", |epoch| Some(epoch.loss)));
        lines.push(of("validation", |epoch| epoch.validation_loss));
        lines.push(of("average precision", |epoch| epoch.average_precision));
    }
    let lines: Vec<(&str, Vec<(f64, f64)>)> =
        lines.iter().map(|(name, points)| (name.as_str(), points.clone())).collect();
    Ok(curves_svg("Training", "epoch", "loss, average precision", &lines)?)
}
