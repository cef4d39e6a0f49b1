//! `predictions.tsv`: what a checkpoint says of every visit after those it learned from.
//!
//! Invariants: ids as in the files; visits in order of time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use kairos_datasets::Split;
use kairos_datasets::gifting::{Sample, Samples, Sampling, TimeSplit};
use kairos_gifting::{Dataset, Example, Examples, GiftingError, Origin, Ranker, Reason, Scorer};
use rayon::prelude::*;

use super::checkpoint::{LiveReached, read_nodes};
use super::data::Source;
use super::judge::{Happened, Said, Scores, judge};
use super::nodes::with_later_titles;
use super::snapshots::snapshots;
use crate::config::Config;

/// Visits predicted at once.
const BATCH: usize = 512;

/// What was written, and how good it is.
pub struct Predictions {
    /// Version of the ranker.
    pub digest: String,
    /// Over all visits written.
    pub scores: Scores,
}

/// What a ranker says of examples, in their order.
pub(super) fn predictions(ranker: &Ranker, examples: &Dataset) -> Result<Vec<Said>, GiftingError> {
    let mut all = Vec::with_capacity(examples.len());
    for start in (0..examples.len()).step_by(BATCH) {
        let batch = load(examples, start)?;
        let said = ranker.predict(&batch, examples.nodes())?;
        all.extend(said.into_iter().map(|one| Said {
            score: one.log_odds,
            probability: one.probability,
            value: one.value,
        }));
    }
    Ok(all)
}

fn load(examples: &Dataset, start: usize) -> Result<Vec<Example>, GiftingError> {
    (start..(start + BATCH).min(examples.len())).map(|index| examples.load(index)).collect()
}

/// Predicts every visit of `data` after those that the checkpoint learned from.
///
/// # Errors
/// Names the file and field that don't fit: a checkpoint of another kind, data of other streamers.
pub fn predict(config: &Config, data: &Path, checkpoint: &Path, out: &Path) -> anyhow::Result<Predictions> {
    let device = config.compute.open()?;
    let (ranker, reached, digest): (Ranker, LiveReached, String) = Ranker::load(checkpoint, &device)?;
    let nodes = read_nodes(checkpoint)?;
    let source = Source::read(data)?;
    let split =
        TimeSplit { train_end_ms: reached.train_end_ms, validation_end_ms: reached.validation_end_ms };
    let sampling = Sampling { clicked_rate: 1.0, shown_rate: 0.0, seed: reached.seed };
    let samples = Samples::of(&source.records, &split, Split::Test, &sampling).samples;
    let clicks = data.join("click.csv");
    anyhow::ensure!(
        !samples.is_empty(),
        "{}: column timestamp: no visit after {} ms, up to which the checkpoint learned",
        clicks.display(),
        reached.validation_end_ms
    );
    let of = |sample: &Sample| source.streamers.get(sample.streamer as usize).copied().unwrap_or_default();
    let known = samples.iter().filter(|sample| ranker.knows_streamer(of(sample))).count();
    anyhow::ensure!(
        known > 0,
        "{}: column streamer_id: none is a streamer that the checkpoint {} was trained on",
        clicks.display(),
        checkpoint.display()
    );
    let segments = source.segments(data, &samples)?;
    let snapshots = Arc::new(snapshots(config, &source, &samples)?);
    let nodes = with_later_titles(nodes, &source, ranker.config().content_width, reached.pretrain_end_ms);
    let longest = ranker.config().longest_history;
    let examples = source.dataset(&samples, &segments, &snapshots, &Arc::new(nodes), longest);
    let said = write(&source, &ranker, &samples, &examples, out)?;
    let happened: Vec<Happened> = samples
        .iter()
        .map(|sample| Happened { user: u64::from(sample.user), gift: sample.gift, value: sample.value })
        .collect();
    Ok(Predictions { digest, scores: judge(&said, &happened) })
}

fn write(
    source: &Source,
    ranker: &Ranker,
    samples: &[Sample],
    examples: &Dataset,
    out: &Path,
) -> anyhow::Result<Vec<Said>> {
    let names = Names::new(source);
    let scorer = ranker.scorer()?;
    let file = std::fs::File::create(out).with_context(|| out.display().to_string())?;
    let mut lines = std::io::BufWriter::new(file);
    writeln!(lines, "user\tstreamer\tlive\ttime\tlabel\tprobability\texpected_value\treason")
        .with_context(|| out.display().to_string())?;
    let mut all = Vec::with_capacity(samples.len());
    for (start, samples) in (0..).step_by(BATCH).zip(samples.chunks(BATCH)) {
        let batch = load(examples, start)?;
        let said = ranker.predict(&batch, examples.nodes())?;
        let reasons = reasons(ranker, &scorer, &batch, examples)?;
        for ((sample, said), reason) in samples.iter().zip(said).zip(reasons) {
            let records = &source.records;
            let user = records.users.name(sample.user).unwrap_or_default();
            let streamer = records.streamers.name(sample.streamer).unwrap_or_default();
            let live = records.rooms.name(sample.live).unwrap_or_default();
            writeln!(
                lines,
                "{user}\t{streamer}\t{live}\t{}\t{}\t{:.8}\t{:.6}\t{}",
                sample.time_ms,
                u8::from(sample.gift),
                said.probability,
                said.value,
                names.tell(reason.as_ref())
            )
            .with_context(|| out.display().to_string())?;
            all.push(Said { score: said.log_odds, probability: said.probability, value: said.value });
        }
    }
    lines.flush().with_context(|| out.display().to_string())?;
    Ok(all)
}

/// The first reason of each example.
fn reasons(
    ranker: &Ranker,
    scorer: &Scorer,
    batch: &[Example],
    examples: &Dataset,
) -> Result<Vec<Option<Reason>>, GiftingError> {
    let users: Vec<_> = batch.iter().map(Example::user).collect();
    let rooms: Vec<_> = batch.iter().map(Example::room).collect();
    let users = ranker.user_passes(&users, examples.nodes())?;
    let rooms = ranker.room_passes(&rooms, examples.nodes(), true)?;
    let pairs = users.par_iter().zip(&rooms).zip(batch);
    pairs
        .map(|((user, room), example)| -> Result<Option<Reason>, GiftingError> {
            let reasons = scorer.reasons(user, room, &example.pair_side)?;
            Ok(reasons.into_iter().next().filter(|reason| reason.contribution > 0.0))
        })
        .collect()
}

/// Texts of the ids that rankers know.
struct Names<'a> {
    users: BTreeMap<u64, &'a str>,
    streamers: BTreeMap<u64, &'a str>,
}

impl<'a> Names<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            users: source.users.iter().copied().zip(source.records.users.iter()).collect(),
            streamers: source.streamers.iter().copied().zip(source.records.streamers.iter()).collect(),
        }
    }

    /// What raised the score most, and who in it; `-` where nothing did.
    fn tell(&self, reason: Option<&Reason>) -> String {
        let Some(reason) = reason else { return "-".to_owned() };
        let (what, users) = match reason.origin {
            Origin::History => ("history", false),
            Origin::Path(path) => (path.name(), path.ends_at_users()),
            Origin::Content(modality) => (modality.name(), false),
        };
        let names = if users { &self.users } else { &self.streamers };
        let who =
            reason.node.and_then(|node| names.get(&node)).map_or_else(String::new, |name| format!(" {name}"));
        format!("{what}{who} {:+.3}", reason.contribution)
    }
}
