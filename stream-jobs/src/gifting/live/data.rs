//! Records as rankers take them: samples by part, histories, segments.
//!
//! Invariants: ids are XXH3 of the platform's, as in the live jobs; an act of a second is no history of that second.

use std::path::Path;
use std::sync::Arc;

use kairos_datasets::Split;
use kairos_datasets::gifting::segments::{self, Content, ContentModality};
use kairos_datasets::gifting::{
    EventKind, Histories, Records, Sample, Samples, Sampling, Segments, TimeSplit, kuailive,
};
use kairos_gifting::{Dataset, Event, Lists, NodeTable, Outcome, Row, Segment, Snapshot};

use crate::gifting::config::LiveConfig;

/// A ranker's id of a user or a streamer.
#[must_use]
pub fn id_of(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

/// A folder in KuaiLive's layout.
pub struct Source {
    /// Everything that happened.
    pub records: Records,
    /// Ids of users by number.
    pub users: Vec<u64>,
    /// Ids of streamers by number.
    pub streamers: Vec<u64>,
    histories: Arc<Lists<Event>>,
}

/// Borders in time, and the samples between them.
pub struct Parts {
    /// Node vectors know what is before it; the ranker learns from visits from it on.
    pub pretrain_end_ms: i64,
    /// Borders of training and validation.
    pub split: TimeSplit,
    /// Visits to learn from.
    pub train: Vec<Sample>,
    /// Visits that choose.
    pub validation: Vec<Sample>,
    /// Visits that judge.
    pub test: Vec<Sample>,
}

impl Source {
    /// Reads a folder.
    ///
    /// # Errors
    /// Names file, line and field that don't fit.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let records = kuailive::read(folder, &kuailive::Options::default())?;
        let users: Vec<u64> = records.users.iter().map(id_of).collect();
        let streamers: Vec<u64> = records.streamers.iter().map(id_of).collect();
        let found = Histories::by_user(&records, &[EventKind::Leave, EventKind::Gift]);
        let id = |streamer: u32| streamers.get(streamer as usize).copied().unwrap_or_default();
        let lists = users.iter().zip(0_u32..).map(|(&user, number)| {
            (user, found.all(number).iter().map(|event| act(event, id(event.streamer))).collect::<Vec<_>>())
        });
        let histories = Arc::new(lists.collect());
        Ok(Self { users, streamers, histories, records })
    }

    /// Parts the visits by time.
    ///
    /// # Errors
    /// When a part has no visits, or training no gifts.
    pub fn parts(&self, config: &LiveConfig, seed: u64) -> anyhow::Result<Parts> {
        let split = TimeSplit::by_quantile(&self.records, config.train, config.validation);
        let pretrain_end_ms =
            TimeSplit::by_quantile(&self.records, config.train * config.pretrain, 0.0).train_end_ms;
        let of = |part, clicked_rate| {
            Samples::of(&self.records, &split, part, &Sampling { clicked_rate, shown_rate: 0.0, seed })
                .samples
        };
        let mut train = of(Split::Train, config.negatives_kept);
        train.retain(|sample| sample.time_ms >= pretrain_end_ms);
        let validation = of(Split::Validation, config.negatives_kept);
        let test = of(Split::Test, config.test_negatives_kept);
        for (name, part) in [("training", &train), ("validation", &validation), ("test", &test)] {
            let gifts = part.iter().filter(|sample| sample.gift).count();
            anyhow::ensure!(
                gifts > 0 && gifts < part.len(),
                "the {name} part has {} visits, {gifts} of them with a gift: too few (click.csv, gift.csv; \
                 [gifting.live] train, validation, pretrain)",
                part.len()
            );
        }
        Ok(Parts { pretrain_end_ms, split, train, validation, test })
    }

    /// What is on the screen at the given visits.
    ///
    /// # Errors
    /// Names file and row that don't fit.
    pub fn segments<'a>(
        &self,
        folder: &Path,
        samples: impl IntoIterator<Item = &'a Sample>,
    ) -> anyhow::Result<Segments> {
        let wanted: Vec<(u32, i64)> =
            samples.into_iter().map(|sample| (sample.live, sample.time_ms)).collect();
        Ok(segments::read(folder, &self.records.rooms, &wanted)?)
    }

    /// Samples as examples.
    #[must_use]
    pub fn dataset(
        &self,
        samples: &[Sample],
        segments: &Segments,
        snapshots: &Arc<Vec<Snapshot>>,
        nodes: &Arc<NodeTable>,
        longest_history: usize,
    ) -> Dataset {
        let mut found: Vec<Arc<Segment>> = Vec::new();
        let mut places: std::collections::BTreeMap<(u32, i64), u32> = std::collections::BTreeMap::new();
        let rows = samples.iter().map(|sample| {
            let content = segments.at(sample.live, sample.time_ms);
            let segment = content.map(|content| {
                *places.entry((sample.live, content.time_ms)).or_insert_with(|| {
                    found.push(Arc::new(segment(&content)));
                    found.len() as u32 - 1
                })
            });
            Row { outcome: self.outcome(sample), category: 0, segment }
        });
        let rows: Vec<Row> = rows.collect();
        Dataset {
            rows,
            histories: Arc::clone(&self.histories),
            snapshots: Arc::clone(snapshots),
            segments: Arc::new(found),
            nodes: Arc::clone(nodes),
            longest_history,
            ..Dataset::default()
        }
    }

    /// Who met whom and what came of it.
    #[must_use]
    pub fn outcome(&self, sample: &Sample) -> Outcome {
        let id = |ids: &[u64], number: u32| ids.get(number as usize).copied().unwrap_or_default();
        Outcome {
            user: id(&self.users, sample.user),
            streamer: id(&self.streamers, sample.streamer),
            time_s: sample.time_ms.div_euclid(1000),
            gift: sample.gift,
            value: sample.value as f32,
        }
    }
}

/// A visit weighs its minutes, a gift its value.
fn act(event: &kairos_datasets::gifting::Event, streamer: u64) -> Event {
    let weight = match event.kind {
        EventKind::Gift => event.amount,
        _ => event.amount / 60_000.0,
    };
    Event { streamer, time_s: event.time_ms.div_euclid(1000), weight, category: 0 }
}

fn segment(content: &Content<'_>) -> Segment {
    let rows = |rows: &segments::Rows<'_>| rows.iter().map(<[f32]>::to_vec).collect();
    Segment {
        pictures: rows(&content.pictures),
        speech: rows(&content.speech),
        comments: rows(&content.comments),
    }
}

/// Widths of pictures, speech and comments.
pub(super) fn widths(segments: &Segments) -> [usize; 3] {
    ContentModality::ALL.map(|modality| segments.width(modality))
}
