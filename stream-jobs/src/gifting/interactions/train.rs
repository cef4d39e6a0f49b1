//! Training, choosing, comparing, and the checkpoint.
//!
//! Invariants: every model of a table is trained on the same rows and judged on the same rows; the checkpoint is there
//! before the comparisons begin.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use kairos_representation::{
    AtK, Dataset, Epoch, Interactions, Kind, Reached, Recommender, RepresentationError, evaluate,
};

use super::fit::{Fitted, Variant};
use super::{Entry, KS, Source, catalogue, table};
use crate::gifting::Progress;
use crate::gifting::config::InteractionsConfig;

/// Models that the model is compared with, weakest first.
const BASELINES: [Kind; 5] = [Kind::Popularity, Kind::Ease, Kind::GraphFilter, Kind::LightGcn, Kind::Sim];

/// What to do.
pub struct Plan {
    /// Settings of all kinds.
    pub config: InteractionsConfig,
    /// Kind of the checkpoint.
    pub kind: Kind,
    /// Of the checkpoint.
    pub seed: u64,
    /// How many seeds from `seed` on enter the table; at least 1.
    pub seeds: u64,
    /// Whether the final model is also trained on `val.tsv`.
    pub refit: bool,
    /// Whether the baselines are trained too.
    pub baselines: bool,
    /// Whether the model is trained without each part in turn.
    pub ablations: bool,
}

/// What came of it.
pub struct Outcome {
    /// The checkpoint's version.
    pub digest: String,
    /// Table of all that was trained, as Markdown.
    pub table: String,
    /// What was trained on, and what chose.
    pub note: String,
}

impl Plan {
    /// Trains on the folder `data` and writes the checkpoint `out`.
    ///
    /// # Errors
    /// Names the file, line, field or setting that can't be used.
    pub fn run(&self, data: &Path, out: &Path, progress: &mut Progress) -> anyhow::Result<Outcome> {
        let source = Source::read(data, &self.config, self.seed)?;
        let notes = &source.folder.notes;
        progress.note(&format!(
            "{} users, {} items, {} rows; {} rows choose ({})",
            source.folder.train_users,
            source.folder.items.len(),
            source.whole.interactions.len(),
            source.validation.len(),
            source.split
        ));
        if notes.held_out_pairs_in_train > 0 {
            let count = notes.held_out_pairs_in_train;
            progress.note(&format!(
                "{count} pairs of val.tsv or test.tsv stand in train.tsv too: they are not judged"
            ));
        }
        let model = Variant::new(self.kind, &self.config.models);
        let fitted = self.fit(&model, self.seed, &source, progress)?;
        let at = judged(fitted.model.as_ref(), &source.train, &source.validation)?;
        tell(progress, &model, self.seed, &at);
        let (best_epoch, without) = (fitted.best_epoch, fitted.without.clone());
        let (last, trained_on) = self.last(&model, fitted, &source, progress)?;
        let test = match &source.test {
            Some(test) => judged(last.model.as_ref(), &source.whole, test)?,
            None => Vec::new(),
        };
        let note = format!("Chosen on {}; trained on {trained_on}; seed {}.", source.split, self.seed);
        let mut reached = Reached { validation: at.clone(), test, ..Reached::default() };
        for (field, value) in [
            ("split", source.split.clone()),
            ("seed", self.seed.to_string()),
            ("trained on", trained_on),
            ("parts", last.parts()),
            ("best epoch", best_epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string())),
        ] {
            reached.notes.insert(field.to_owned(), value);
        }
        let digest = self.save(out, &source, last.model.as_ref(), &reached, &note, &[])?;

        let mut entries = vec![Entry { name: model.name.clone(), seeds: vec![at] }];
        for seed in self.seed + 1..self.seed + self.seeds.max(1) {
            entries[0].seeds.push(self.score(&model, seed, &source, progress)?);
        }
        let mut others = Vec::new();
        if self.baselines {
            let kinds = BASELINES.into_iter().filter(|&kind| kind != self.kind);
            others.extend(kinds.map(|kind| Variant::new(kind, &self.config.models)));
        }
        // Weakest first, the model after its baselines, then what it is without its parts.
        let mut before = Vec::new();
        for other in others {
            before.extend(self.entry(&other, &source, progress)?);
        }
        before.append(&mut entries);
        entries = before;
        if self.ablations {
            for other in model.ablations() {
                entries.extend(self.entry(&other, &source, progress)?);
            }
            entries.extend(without.into_iter().map(|row| Entry { name: row.name, seeds: vec![row.at] }));
        }
        if entries.len() > 1 {
            reached.compared = entries
                .iter()
                .filter(|entry| entry.name != model.name)
                .filter_map(|entry| Some((entry.name.clone(), entry.seeds.first()?.clone())))
                .collect();
            self.save(out, &source, last.model.as_ref(), &reached, &note, &entries)?;
        }
        Ok(Outcome { digest, table: table::markdown(&entries), note })
    }

    /// The final model: `train.tsv` is learned from whole, `val.tsv` if asked for.
    fn last(
        &self,
        model: &Variant,
        fitted: Fitted,
        source: &Source,
        progress: &mut Progress,
    ) -> anyhow::Result<(Fitted, String)> {
        let (data, what): (Dataset, &str) = match (source.held_out, self.refit) {
            (true, _) => (source.whole.clone(), "all of train.tsv"),
            (false, true) => (source.with_validation()?, "train.tsv and val.tsv"),
            (false, false) => return Ok((fitted, "train.tsv".to_owned())),
        };
        progress.stage(format!("{}: on {what}", model.name));
        let last = model.again(self.seed, fitted, &data, &mut |epoch| show(progress, epoch))?;
        Ok((last, what.to_owned()))
    }

    fn fit(
        &self,
        model: &Variant,
        seed: u64,
        source: &Source,
        progress: &mut Progress,
    ) -> anyhow::Result<Fitted> {
        progress.stage(format!("{}, seed {seed}", model.name));
        #[allow(clippy::disallowed_methods, reason = "tells whoever waits how long it took; in no result")]
        let begun = Instant::now();
        let fitted =
            model.fit(seed, &source.train, Some(&source.validation), &mut |epoch| show(progress, epoch))?;
        progress.note(&format!("{}, seed {seed}: {:.1} s", model.name, begun.elapsed().as_secs_f64()));
        Ok(fitted)
    }

    fn score(
        &self,
        model: &Variant,
        seed: u64,
        source: &Source,
        progress: &mut Progress,
    ) -> anyhow::Result<Vec<AtK>> {
        let fitted = self.fit(model, seed, source, progress)?;
        let at = judged(fitted.model.as_ref(), &source.train, &source.validation)?;
        tell(progress, model, seed, &at);
        Ok(at)
    }

    /// A row of the table; none for a kind that refuses so many items.
    fn entry(
        &self,
        other: &Variant,
        source: &Source,
        progress: &mut Progress,
    ) -> anyhow::Result<Option<Entry>> {
        let random = !matches!(other.kind, Kind::Popularity | Kind::Ease);
        let last = if random { self.seeds.max(1) } else { 1 };
        let mut seeds = Vec::new();
        for seed in self.seed..self.seed + last {
            match self.score(other, seed, source, progress) {
                Ok(at) => seeds.push(at),
                Err(error) if error.is::<RepresentationError>() && is_too_large(&error) => {
                    progress.note(&format!("{} is left out: {error}", other.name));
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Entry { name: other.name.clone(), seeds }))
    }

    fn save(
        &self,
        out: &Path,
        source: &Source,
        model: &dyn Recommender,
        reached: &Reached,
        note: &str,
        entries: &[Entry],
    ) -> anyhow::Result<String> {
        let mut digests = source.whole.digests();
        if self.refit && !source.held_out {
            digests = source.with_validation()?.digests();
        }
        let digest = model.save(out, &digests, reached)?;
        catalogue::write(out, &source.folder)?;
        let own = Entry { name: self.kind.name().to_owned(), seeds: vec![reached.validation.clone()] };
        let table = table::markdown(if entries.is_empty() { std::slice::from_ref(&own) } else { entries });
        let write = |name: &str, text: String| {
            let file: PathBuf = out.join(name);
            std::fs::write(&file, text).with_context(|| file.display().to_string())
        };
        if !entries.is_empty() {
            write("baselines.md", table.clone())?;
            write("baselines.json", serde_json::to_string_pretty(entries)?)?;
        }
        let card = format!(
            "# {}\n\n{note} {} users, {} items, {} rows of training.\n\n{table}\n\
             Full ranking over all items but those of the user's training rows; means over the users with rows that \
             choose. `ids.json` holds the ids of users and items, `metrics.json` all numbers.\n",
            self.kind,
            digests.users,
            digests.items,
            source.whole.interactions.len()
        );
        write("README.md", card)?;
        Ok(digest)
    }
}

fn is_too_large(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RepresentationError::TooManyItems { .. }))
}

fn judged(model: &dyn Recommender, train: &Dataset, rows: &Interactions) -> anyhow::Result<Vec<AtK>> {
    Ok(evaluate(model, &train.interactions, rows, &KS)?.at)
}

/// What a seed has reached is told at once: the table comes when all have, which may be hours later.
fn tell(progress: &Progress, model: &Variant, seed: u64, at: &[AtK]) {
    let of = |at: &AtK| format!("recall@{} {:.4}, NDCG@{} {:.4}", at.k, at.recall, at.k, at.ndcg);
    let reached: Vec<String> = at.iter().map(of).collect();
    progress.note(&format!("{}, seed {seed}: {}", model.name, reached.join("; ")));
}

fn show(progress: &Progress, epoch: &Epoch) {
    let judged = epoch
        .validation
        .map_or_else(String::new, |at| format!(", recall@{} {:.4}, NDCG {:.4}", at.k, at.recall, at.ndcg));
    let text = format!("{} epoch {}: loss {:.4}{judged}", epoch.kind, epoch.epoch, epoch.loss);
    progress.at(&text, epoch.validation.is_some());
}
