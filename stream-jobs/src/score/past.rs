//! What the topics hold, scored again through the code of the live job: the same messages, the same rows.
//!
//! Reads without a group, writes tables and nothing else. Invariant: at any time one message of each partition is at hand,
//! so memory does not grow with the topics.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kairos_kafka::{Admin, RangeReader, Topic, TopicPartition, read_range};

use super::partition::{Kept, Outbox, Partition, Silence};
use super::sink::Sink;
use super::{Counts, opening};
use crate::config::Config;
use crate::live::clock;
use crate::rows::TableRow;
use crate::storage;

/// What a replay of the topics gave.
#[derive(Debug)]
pub struct Done {
    /// Messages and rows.
    pub counts: Counts,
    /// Streams, in order.
    pub streams: Vec<String>,
    /// Digest of their rows.
    pub digest: String,
}

/// A partition of a topic, from its first offset to behind its last.
type HeldPart = (Topic, Arc<str>, i64, i64);

/// Scores all that the topics hold now into the tables of `out`; streams without an end are ended.
///
/// # Errors
/// If the broker or the tables can't be used.
pub fn replay_topics(config: &Config, out: &Path) -> anyhow::Result<Done> {
    std::fs::create_dir_all(out)?;
    let settings = &config.kafka;
    let names = settings.names()?;
    let opening = opening(config, false)?;
    let admin = Admin::open(settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let store = runtime.block_on(storage::open(config, out))?;
    let mut sink = Sink::tables(runtime.handle().clone(), &store, Duration::from_secs(1))?;
    let mut held: BTreeMap<i32, Vec<HeldPart>> = BTreeMap::new();
    for topic in Topic::INPUTS {
        let name: Arc<str> = names.of(topic).into();
        for part in admin.held(&name)? {
            held.entry(part.partition).or_default().push((topic, name.clone(), part.low, part.high));
        }
    }
    let mut done = Done { counts: Counts::default(), streams: Vec::new(), digest: String::new() };
    for (number, topics) in held {
        let mut partition =
            Partition::resume(number, &names, Kept::default(), &config.score, Duration::ZERO)?;
        let mut lanes = Vec::with_capacity(topics.len());
        for (topic, name, low, high) in topics {
            partition.begin(&name, low, high);
            let reader = (low < high).then(|| read_range(settings, &name, number, low..high)).transpose()?;
            lanes.push(Lane { topic, at: TopicPartition::new(name, number), reader });
        }
        let mut out = Outbox::default();
        loop {
            for lane in &mut lanes {
                lane.fill(&mut partition)?;
            }
            if !partition.step(clock::now(), None, &opening, &mut out)? {
                break;
            }
            take(&mut sink, &mut out, &mut done.streams)?;
        }
        partition.end_rooms(Silence::Over, &opening, &mut out)?;
        take(&mut sink, &mut out, &mut done.streams)?;
        for row in partition.account() {
            sink.write(row)?;
        }
        let (messages, dead, forced) = partition.counts();
        done.counts += Counts { messages, dead, forced, rows: 0 };
    }
    sink.flush()?;
    done.counts.rows = sink.rows;
    done.streams.sort();
    done.streams.dedup();
    done.digest = runtime.block_on(store.digest(&done.streams))?;
    runtime.block_on(store.close())?;
    Ok(done)
}

fn take(sink: &mut Sink, out: &mut Outbox, streams: &mut Vec<String>) -> anyhow::Result<()> {
    let stream = |row: &TableRow| match row {
        TableRow::Stream(row) if row.revision == 0 => Some(row.stream.clone()),
        _ => None,
    };
    streams.extend(out.rows.iter().filter_map(stream));
    sink.give(out)
}

struct Lane {
    topic: Topic,
    at: TopicPartition,
    /// `None` when the range is at its end.
    reader: Option<RangeReader>,
}

impl Lane {
    /// Reads a message where the partition has none of this topic at hand.
    fn fill(&mut self, partition: &mut Partition) -> anyhow::Result<()> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        if !partition.wants(&self.at) {
            return Ok(());
        }
        match reader.next() {
            Some(message) => partition.receive(message?, Some(self.topic), clock::now()),
            None => {
                // The end of a topic may hold no message.
                partition.ends(&self.at);
                self.reader = None;
            }
        }
        Ok(())
    }
}
