//! Training, comparing, and the checkpoint.
//!
//! Invariants: the checkpoint is there before the comparisons begin; all models of the table see the same visits.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use candle_core::Device;
use kairos_datasets::gifting::Segments;
use kairos_gifting::{Dataset, NodeTable, Progress as Epoch, Ranker, Reached, Snapshot};

use super::baselines::{Products, popularity};
use super::checkpoint::{GRAPH_FILE, LiveReached, write_card, write_nodes};
use super::data::{Parts, Source, widths};
use super::judge::{Happened, Said, judge};
use super::nodes::{Known, content_width, pretrain, with_later_titles};
use super::predict::predictions;
use super::snapshots::{graph_before, snapshots};
use super::variants::{Variant, Whole, ablations};
use super::{Entry, Scores, oracle, table};
use crate::config::Config;
use crate::gifting::Progress;

/// What to do.
pub struct Plan<'a> {
    /// All of the configuration: the graph's settings count too.
    pub config: &'a Config,
    /// Which ranker the checkpoint holds.
    pub whole: Whole,
    /// Of the checkpoint.
    pub seed: u64,
    /// How many seeds from `seed` on enter the table; at least 1.
    pub seeds: u64,
    /// Whether the baselines are trained too.
    pub baselines: bool,
    /// Whether the ranker is trained without each part in turn.
    pub ablations: bool,
}

/// What came of it.
pub struct Outcome {
    /// The checkpoint's version.
    pub digest: String,
    /// Table of all that was trained, as Markdown.
    pub table: String,
    /// What was trained on.
    pub note: String,
}

/// Everything that trainings of one seed share.
struct Ready<'a> {
    source: &'a Source,
    parts: &'a Parts,
    segments: &'a Segments,
    snapshots: &'a Arc<Vec<Snapshot>>,
    happened: &'a [Happened],
    device: Device,
}

impl Plan<'_> {
    /// Trains on the folder `data` and writes the checkpoint `out`.
    ///
    /// # Errors
    /// Names the file, line, field or setting that can't be used.
    pub fn run(&self, data: &Path, out: &Path, progress: &mut Progress) -> anyhow::Result<Outcome> {
        let live = &self.config.gifting.live;
        progress.stage("reading");
        let source = Source::read(data)?;
        let parts = source.parts(live, self.seed)?;
        let samples = || parts.train.iter().chain(&parts.validation).chain(&parts.test);
        let segments = source.segments(data, samples())?;
        progress.stage("neighbours through time");
        let all: Vec<_> = samples().copied().collect();
        let snapshots = Arc::new(snapshots(self.config, &source, &all)?);
        let note = format!(
            "Trained on {} visits ({} with a gift), chosen and calibrated on {}, judged on the {} after them; \
             of visits without a gift {} were kept in training and validation, {} in the test. Seed {}.",
            parts.train.len(),
            parts.train.iter().filter(|sample| sample.gift).count(),
            parts.validation.len(),
            parts.test.len(),
            live.negatives_kept,
            live.test_negatives_kept,
            self.seed
        );
        progress.note(&note);
        let happened: Vec<Happened> = parts
            .test
            .iter()
            .map(|sample| Happened { user: u64::from(sample.user), gift: sample.gift, value: sample.value })
            .collect();
        let ready = Ready {
            source: &source,
            parts: &parts,
            segments: &segments,
            snapshots: &snapshots,
            happened: &happened,
            device: self.config.compute.open()?,
        };

        let whole = self.whole.of(&self.ranker(&ready));
        let mut nodes = vec![self.nodes(&ready, self.seed, progress)?];
        let (ranker, reached, test) = self.fit(&ready, &whole, self.seed, &nodes[0], progress)?;
        let reached = LiveReached {
            seed: self.seed,
            pretrain_end_ms: parts.pretrain_end_ms,
            train_end_ms: parts.split.train_end_ms,
            validation_end_ms: parts.split.validation_end_ms,
            negatives_kept: live.negatives_kept,
            validation: reached,
            test: test.clone(),
            test_negatives_kept: live.test_negatives_kept,
        };
        let digest = self.save(out, &ready, &ranker, &reached, &nodes[0])?;
        let mut entry = Entry { name: whole.name.clone(), seeds: vec![test] };
        write_card(out, &note, &table::markdown(std::slice::from_ref(&entry)), None)?;

        for seed in self.seed + 1..self.seed + self.seeds.max(1) {
            nodes.push(self.nodes(&ready, seed, progress)?);
        }
        for (seed, nodes) in (self.seed..).zip(&nodes).skip(1) {
            entry.seeds.push(self.fit(&ready, &whole, seed, nodes, progress)?.2);
        }
        let mut entries = Vec::new();
        if self.baselines {
            entries.extend(self.baselines(data, &ready, &nodes, progress)?);
        }
        let place =
            entries.len() - usize::from(entries.last().is_some_and(|last: &Entry| last.name == ORACLE));
        entries.insert(place, entry);
        if self.ablations {
            let place = entries.len() - usize::from(entries.last().is_some_and(|last| last.name == ORACLE));
            let mut found = Vec::new();
            for variant in ablations(&self.ranker(&ready)) {
                found.push(self.entry(&ready, &variant, &nodes, progress)?);
            }
            entries.splice(place..place, found);
        }
        let table = table::markdown(&entries);
        if entries.len() > 1 || self.seeds > 1 {
            write_card(out, &note, &table, Some(&serde_json::to_string_pretty(&entries)?))?;
        }
        Ok(Outcome { digest, table, note })
    }

    /// The configured ranker with the widths of the data.
    fn ranker(&self, ready: &Ready<'_>) -> kairos_gifting::Config {
        let live = &self.config.gifting.live;
        let mut config = live.ranker.clone();
        let [pictures, speech, comments] = widths(ready.segments);
        config.fusion.picture_width = pictures;
        config.fusion.speech_width = speech;
        config.fusion.comment_width = comments;
        config.content_width = content_width(ready.source);
        config.pretrained_width = live.pretraining.width;
        config.label = String::from("a gift during the visit, its value as in gift.csv");
        config
    }

    fn nodes(&self, ready: &Ready<'_>, seed: u64, progress: &mut Progress) -> anyhow::Result<Arc<NodeTable>> {
        progress.stage(format!("node vectors, seed {seed}"));
        let config =
            kairos_representation::GraphClConfig { seed, ..self.config.gifting.live.pretraining.clone() };
        let split = &ready.parts.split;
        let nodes = pretrain(
            ready.source,
            &config,
            ready.parts.pretrain_end_ms,
            split.validation_end_ms,
            &mut |epoch| {
                let text = format!("epoch {}/{}: loss {:.4}", epoch.epoch, config.epochs, epoch.loss);
                progress.at(&text, epoch.epoch.is_multiple_of(5));
            },
        )?;
        Ok(Arc::new(nodes))
    }

    fn fit(
        &self,
        ready: &Ready<'_>,
        variant: &Variant,
        seed: u64,
        nodes: &Arc<NodeTable>,
        progress: &mut Progress,
    ) -> anyhow::Result<(Ranker, Reached, Scores)> {
        let live = &self.config.gifting.live;
        progress.stage(format!("{}, seed {seed}", variant.name));
        #[allow(clippy::disallowed_methods, reason = "tells whoever waits how long it took; in no result")]
        let begun = Instant::now();
        let settings = kairos_gifting::TrainingConfig {
            seed,
            negatives_kept_before: live.negatives_kept,
            ..live.training.clone()
        };
        let set = |samples: &[_], nodes: &Arc<NodeTable>| -> Dataset {
            let longest = live.ranker.longest_history;
            ready.source.dataset(samples, ready.segments, ready.snapshots, nodes, longest)
        };
        let (train, validation) = (set(&ready.parts.train, nodes), set(&ready.parts.validation, nodes));
        let mut show = |epoch: &Epoch| {
            let gauc = epoch.gauc.map_or_else(|| "-".to_owned(), |gauc| format!("{gauc:.4}"));
            let best = if epoch.best { " best" } else { "" };
            let text =
                format!("epoch {}/{}: loss {:.4}, GAUC {gauc}{best}", epoch.epoch, epoch.epochs, epoch.loss);
            progress.at(&text, true);
        };
        let (ranker, reached) = kairos_gifting::train(
            variant.config.clone(),
            &settings,
            &train,
            &validation,
            &ready.device,
            None,
            &mut show,
        )?;
        let later = with_later_titles(
            NodeTable::clone(nodes),
            ready.source,
            variant.config.content_width,
            ready.parts.pretrain_end_ms,
        );
        let test = set(&ready.parts.test, &Arc::new(later));
        let said = predictions(&ranker, &test)?;
        progress.note(&format!("{}, seed {seed}: {:.0} s", variant.name, begun.elapsed().as_secs_f64()));
        Ok((ranker, reached, judge(&said, ready.happened)))
    }

    fn entry(
        &self,
        ready: &Ready<'_>,
        variant: &Variant,
        nodes: &[Arc<NodeTable>],
        progress: &mut Progress,
    ) -> anyhow::Result<Entry> {
        let mut seeds = Vec::new();
        for (seed, nodes) in (self.seed..).zip(nodes) {
            seeds.push(self.fit(ready, variant, seed, nodes, progress)?.2);
        }
        Ok(Entry { name: variant.name.clone(), seeds })
    }

    fn baselines(
        &self,
        data: &Path,
        ready: &Ready<'_>,
        nodes: &[Arc<NodeTable>],
        progress: &mut Progress,
    ) -> anyhow::Result<Vec<Entry>> {
        let live = &self.config.gifting.live;
        let Parts { validation, test, split, .. } = ready.parts;
        let said = popularity(ready.source, test);
        let mut entries =
            vec![Entry { name: "popularity".to_owned(), seeds: vec![judge(&said, ready.happened)] }];
        let mut seeds = Vec::new();
        for seed in self.seed..self.seed + self.seeds.max(1) {
            progress.stage(format!("lightgcn, seed {seed}"));
            let config = kairos_representation::LightGcnConfig { seed, ..live.lightgcn.clone() };
            let products = Products::train(ready.source, &config, split.train_end_ms, &mut |_| ())?;
            let said = products.say(validation, live.negatives_kept, test);
            seeds.push(judge(&said, ready.happened));
        }
        entries.push(Entry { name: "lightgcn".to_owned(), seeds });
        if self.whole != Whole::Sim {
            entries.push(self.entry(ready, &Whole::Sim.of(&self.ranker(ready)), nodes, progress)?);
        }
        if let Some(chances) = oracle::chances(data, &ready.source.records, test)? {
            let given: Vec<f64> = test.iter().filter(|one| one.gift).map(|one| one.value).collect();
            let worth = given.iter().sum::<f64>() / given.len().max(1) as f64;
            let say = |chance: f64| Said { score: chance, probability: chance, value: chance * worth };
            let said: Vec<Said> = chances.into_iter().map(say).collect();
            entries.push(Entry { name: ORACLE.to_owned(), seeds: vec![judge(&said, ready.happened)] });
        }
        Ok(entries)
    }

    fn save(
        &self,
        out: &Path,
        ready: &Ready<'_>,
        ranker: &Ranker,
        reached: &LiveReached,
        nodes: &NodeTable,
    ) -> anyhow::Result<String> {
        let digest = ranker.save(out, reached)?;
        let end = ready.parts.split.validation_end_ms;
        let known = Known::before(&ready.source.records, end);
        let (users, streamers) = (&ready.source.users, &ready.source.streamers);
        let first = |ids: &[u64], count: usize| ids.iter().copied().take(count).collect::<Vec<_>>();
        write_nodes(out, nodes, &first(users, known.users), &first(streamers, known.streamers))?;
        graph_before(self.config, ready.source, end)?.graph_mut().compact(&out.join(GRAPH_FILE))?;
        Ok(digest)
    }
}

/// The true chance of each gift, of generated worlds.
const ORACLE: &str = "oracle (true chance, mean value)";
