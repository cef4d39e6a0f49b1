//! What of a partition survives its worker: rows of the ledger and the checkpoint.

use std::collections::BTreeMap;

use anyhow::Context;
use kairos_clickhouse::Checkpoint;
use kairos_kafka::TopicPartition;
use kairos_timeline::RoomId;
use serde::{Deserialize, Serialize};

use super::Partition;
use super::left_out::LeftOut;
use super::rooms::Room;
use crate::graph::position_key;
use crate::live::{Account, Begin, KeptAccount};
use crate::room::Unserved;
use crate::rows::TableRow;

/// What a partition needs to go on after a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// As far as rooms have taken messages.
    pub(super) at: Begin,
    /// Rooms that were open, and where their messages begin.
    pub(super) rooms: BTreeMap<String, Begin>,
    /// Accounts by topic.
    pub(super) accounts: BTreeMap<String, KeptAccount>,
    /// Segments of open rooms that were left out.
    #[serde(default, skip_serializing_if = "LeftOut::is_empty")]
    pub(super) left_out: LeftOut,
    /// What open rooms went without because encoders were not there in time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unserved: BTreeMap<String, Unserved>,
}

impl Kept {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// If another version wrote it.
    pub fn read(checkpoint: &Checkpoint) -> anyhow::Result<Self> {
        serde_json::from_str(&checkpoint.state).with_context(|| {
            format!("checkpoint of job {}, partition {}", checkpoint.job, checkpoint.partition)
        })
    }
}

impl Partition {
    /// Rows of the ledger that are new.
    pub fn account(&mut self) -> Vec<TableRow> {
        let rows = self.accounts.values_mut().flat_map(Account::rows);
        rows.map(|row| TableRow::Ledger(Box::new(row))).collect()
    }

    /// The checkpoint of `job`, to be written when all that came out before is acknowledged; `None` when nothing has
    /// changed since the last.
    ///
    /// # Errors
    /// If it can't be encoded.
    pub fn checkpoint(&mut self, job: &str) -> anyhow::Result<Option<Checkpoint>> {
        if std::mem::take(&mut self.since) == 0 {
            return Ok(None);
        }
        self.forget_left_out();
        let unserved = |(id, room): (&RoomId, &Room)| {
            let unserved = room.live.unserved();
            (!unserved.is_empty()).then(|| (id.to_string(), unserved.clone()))
        };
        let kept = Kept {
            at: Begin { next: self.next.clone(), newest_us: self.newest_us },
            rooms: self.rooms.iter().map(|(id, room)| (id.to_string(), room.live.begins().clone())).collect(),
            accounts: self
                .accounts
                .iter()
                .map(|(topic, account)| (topic.to_string(), account.kept()))
                .collect(),
            left_out: self.left_out.clone(),
            unserved: self.rooms.iter().filter_map(unserved).collect(),
        };
        let state = serde_json::to_string(&kept).context("encoding a checkpoint")?;
        // A room that ends by silence moves nothing else: later is more, among equals.
        let progress = self.next.values().map(|next| next.unsigned_abs()).sum();
        Ok(Some(Checkpoint { job: job.to_owned(), partition: self.number, state, progress }))
    }

    /// No room is built again from what lies before all of them.
    fn forget_left_out(&mut self) {
        let Some(media) = self.topics.first().map(|topic| position_key(topic, self.number)) else { return };
        let open = self.rooms.values().filter_map(|room| room.live.begins().next.get(&media));
        let first = open.chain(self.next.get(&media)).min().copied();
        self.left_out.forget_before(first.unwrap_or(i64::MAX));
    }

    /// Next offsets, to be shown as the group's lag.
    pub fn next(&self) -> Vec<(TopicPartition, i64)> {
        let next = |topic: &String| {
            let next = self.next.get(&position_key(topic, self.number))?;
            Some((TopicPartition::new(topic.as_str(), self.number), *next))
        };
        self.topics.iter().filter_map(next).collect()
    }
}
