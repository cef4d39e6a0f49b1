//! Scores of every second of a recording.

use std::path::Path;

use kairos_encoders::EncoderSet;
use kairos_highlight::{Head, Scores, agreed_score};
use kairos_recording::MANIFEST;
use kairos_timeline::Span;

use crate::config::Config;
use crate::room::{Scoring, Waits};
use crate::scoring::Model;
use crate::track::{ChatTrack, name_of, phases};
use crate::train::sent_features;

/// The scores of a recording.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Name of the recording.
    pub name: String,
    /// Seconds, from 0 to the last one.
    pub seconds: usize,
    /// Whether there was picture or sound.
    has_media: bool,
    /// The model's delays, seconds.
    delays: Vec<f64>,
    /// Where each row ends, in order, and its score at each delay.
    rows: Vec<(f64, Vec<f64>)>,
}

/// Scores a recording or chat at all of the model's delays; at least up to second `least`, where labels go on after
/// the last comment.
///
/// # Errors
/// If it can't be read or scored.
pub fn score(config: &Config, model: &Model, path: &Path, least: usize) -> anyhow::Result<Scored> {
    let architecture = model.model().config();
    let unit = Span::from_secs_f64(architecture.unit_seconds);
    let mut rows = Vec::new();
    let seconds;
    if path.join(MANIFEST).is_file() {
        let encoders = || model.encoders(config);
        let scoring = Scoring {
            early: encoders()?,
            settled: encoders()?,
            scorer: None,
            delays: Vec::new(),
            speech: model.speech(&name_of(path)),
            reads_speech: model.reads_speech(),
            moments: None,
            waits: Waits::at_most(None),
        };
        let units = sent_features(config, scoring, path)?;
        seconds = least.max((units.len() as f64 * unit.as_secs_f64()).ceil() as usize);
        let ends = (1..=units.len()).map(|row| row as f64 * unit.as_secs_f64());
        rows.extend(ends.zip(model.model().score_rows("", &units)?));
    } else {
        let track = ChatTrack::read(path)?;
        seconds = least.max(track.seconds());
        // Nobody sends pictures or sound of a chat: the encoders' masks say so.
        let mut encoders: EncoderSet = model.encoders(config)?;
        for phase in 0..phases(unit) {
            encoders.reset();
            let phase = track.rows(unit, phase, seconds.saturating_sub(1), &mut encoders);
            rows.extend(phase.ends_s.into_iter().zip(model.model().score_rows("", &phase.units)?));
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows = rows.into_iter().map(|(end, scores)| (end, scores.iter().map(main_score).collect())).collect();
    let has_media = path.join(MANIFEST).is_file();
    Ok(Scored { name: name_of(path), seconds, has_media, delays: architecture.delays.clone(), rows })
}

fn main_score(scores: &Scores) -> f64 {
    scores.get(Head::Highlight).or_else(|| scores.0.first().map(|(_, score)| *score)).unwrap_or(0.0)
}

impl Scored {
    /// The score of a second, from what was known `delay` seconds after it began; 0 before the first row.
    pub fn at(&self, second: usize, delay: f64) -> f64 {
        let second = second as f64;
        let ends = self.rows.last().map_or(0.0, |(end, _)| *end);
        let longest = self.delays.iter().rposition(|&of| of <= delay && second + of <= ends).unwrap_or(0);
        let score = |delay: usize| {
            let known = second + self.delays.get(delay).copied().unwrap_or(0.0);
            let row = self.rows.partition_point(|(end, _)| *end <= known);
            row.checked_sub(1).and_then(|row| self.rows[row].1.get(delay)).copied().unwrap_or(0.0)
        };
        // As a room's job does it.
        let first = match self.has_media {
            true => 0,
            false if longest + 1 == self.delays.len() => longest.saturating_sub(1),
            false => longest,
        };
        if first == longest {
            return score(longest);
        }
        agreed_score(&(first..=longest).map(score).collect::<Vec<_>>())
    }

    /// The scores of all seconds.
    pub fn all(&self, delay: f64) -> Vec<f64> {
        (0..self.seconds).map(|second| self.at(second, delay)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_scored_by_the_newest_row_that_its_delay_allows() {
        let rows =
            (0..=20).map(|end| (f64::from(end), [0.0, 0.1, 0.2].map(|p| p + f64::from(end) / 50.0).to_vec()));
        let delays = vec![0.0, 5.0, 10.0];
        let scored =
            Scored { name: String::new(), seconds: 21, has_media: false, delays, rows: rows.collect() };
        let near = |second, delay, expected: f64| {
            let found = scored.at(second, delay);
            assert!(
                (found - expected).abs() < 1e-9,
                "{found} at {second} after {delay}, expected {expected}"
            );
        };
        near(3, 0.0, 0.06);
        near(3, 4.9, 0.06);
        near(3, 5.0, 0.1 + 0.16);
        // The longest delay hears the one before it too.
        near(3, 10.0, agreed_score(&[0.26, 0.46]));
        near(3, 30.0, agreed_score(&[0.26, 0.46]));
        // The recording ends before the longer delays.
        near(12, 10.0, 0.1 + 0.34);
        near(18, 10.0, 0.36);
    }

    #[test]
    fn between_rows_nothing_later_is_read() {
        let rows = [2.0, 4.0, 6.0].map(|end| (end, vec![end])).to_vec();
        let scored = Scored { name: String::new(), seconds: 7, has_media: false, delays: vec![0.0], rows };
        assert_eq!(scored.all(0.0), [0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 6.0]);
    }
}
