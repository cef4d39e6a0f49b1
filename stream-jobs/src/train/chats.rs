//! Examples from chats whose seconds are labelled.

use std::path::Path;

use kairos_datasets::labels::{LabelFile, Labels};
use kairos_encoders::EncoderSet;
use kairos_highlight::Config as ModelConfig;

use super::Example;
use crate::config::Config;
use crate::track::{ChatTrack, phases};

/// One example per phase; none where the chat has no labels.
///
/// # Errors
/// If the chat can't be read.
pub fn examples(
    config: &Config,
    model: &ModelConfig,
    path: &Path,
    labels: Option<&LabelFile>,
) -> anyhow::Result<Vec<Example>> {
    let Some(labels) = labels else { return Ok(Vec::new()) };
    let track = ChatTrack::read(path)?;
    let Some(labels) = labels.videos.get(&track.name) else {
        tracing::warn!(recording = %path.display(), "no labels for {}", track.name);
        return Ok(Vec::new());
    };
    let seconds = match labels {
        Labels::Seconds(seconds) => track.seconds().max(seconds.len()),
        Labels::Intervals(_) => track.seconds(),
    };
    let example = |phase| {
        let rows = track.rows(config.unit(), phase, seconds, &mut EncoderSet::built_in());
        let label = |end: f64, delay: f64| {
            let second = (end - delay).floor();
            let known = (second >= 0.0).then(|| labels.at(second as u64)).flatten();
            known.map_or(f32::NAN, |positive| f32::from(u8::from(positive)))
        };
        let labels = model
            .delays
            .iter()
            .map(|&delay| rows.ends_s.iter().map(|&end| label(end, delay)).collect())
            .collect();
        Example {
            room: track.name.clone(),
            streamer: String::new(),
            units: rows.units,
            words: rows.words,
            labels,
            messages: rows.messages,
            validates: true,
        }
    };
    Ok((0..phases(config.unit())).map(example).collect())
}
