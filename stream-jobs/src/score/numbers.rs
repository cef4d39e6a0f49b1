//! What the scoring job tells of itself.

use kairos_clickhouse::HighlightState;
use kairos_kafka::TopicPartition;
use kairos_timeline::WallTime;

use super::partition::{Outbox, Partition};
use crate::live::{Arrival, clock};
use crate::rows::TableRow;
use crate::telemetry::names;

/// Gauges that several workers add to.
#[derive(Debug, Default)]
pub struct Numbers {
    rooms: usize,
    held: usize,
    forced: u64,
}

impl Numbers {
    /// What a worker's partitions hold now.
    pub fn partitions<'a>(&mut self, partitions: impl Iterator<Item = &'a Partition>) {
        let now = partitions.fold(Self::default(), |sum, partition| {
            let (_, _, forced) = partition.counts();
            Self {
                rooms: sum.rooms + partition.rooms(),
                held: sum.held + partition.held_bytes(),
                forced: sum.forced + forced,
            }
        });
        metrics::gauge!(names::ROOMS).increment(now.rooms as f64 - self.rooms as f64);
        metrics::gauge!(names::HELD).increment(now.held as f64 - self.held as f64);
        metrics::counter!(names::OUT_OF_ORDER).increment(now.forced.saturating_sub(self.forced));
        *self = now;
    }

    /// The partitions are gone.
    pub fn clear(&mut self) {
        self.partitions(std::iter::empty());
        self.forced = 0;
    }
}

/// A new message is taken.
pub fn taken(arrival: &Arrival, wall: Option<WallTime>) {
    metrics::counter!(names::MESSAGES, "topic" => arrival.kind()).increment(1);
    if let Some((room, (wall, at))) = arrival.room().zip(wall.zip(arrival.order_us)) {
        let behind = (wall.as_micros() - at) as f64 / 1e6;
        metrics::gauge!(names::BEHIND, "room" => room.to_string()).set(behind);
    }
}

/// How far a partition is behind.
pub fn lag(partition: &Partition, at: &TopicPartition, high: i64) {
    let next = partition.next().into_iter().find(|(known, _)| known == at).map_or(0, |(_, next)| next);
    let labels = [("topic", at.topic.to_string()), ("partition", at.partition.to_string())];
    metrics::gauge!(names::LAG, &labels).set((high - next).max(0) as f64);
}

/// What came of a message.
pub fn given(out: &Outbox) {
    for row in &out.rows {
        if let TableRow::Score(row) = row
            && row.revision <= 1
        {
            without(&row.room, &row.missing);
        }
        match row {
            TableRow::Score(row) if row.revision == 0 => {
                metrics::counter!(names::UNITS, "room" => row.room.clone()).increment(1);
                let delay = clock::wall().as_micros() - (row.captured_at + row.unit_us);
                metrics::histogram!(names::UNIT_DELAY).record((delay as f64 / 1e6).max(0.0));
            }
            TableRow::State(row) => {
                metrics::gauge!(names::LATE, "room" => row.room.clone()).set(row.late as f64);
                metrics::gauge!(names::DROPS, "room" => row.room.clone()).set(row.drops as f64);
            }
            TableRow::Highlight(row) => {
                let state = match row.state {
                    HighlightState::Final => "final",
                    HighlightState::Withdrawn => "withdrawn",
                    _ => "provisional",
                };
                metrics::counter!(names::HIGHLIGHTS, "state" => state).increment(1);
            }
            _ => {}
        }
    }
}

/// Encoders that a pass over a unit went without, as its row says.
fn without(room: &str, missing: &[String]) {
    let parts = missing.iter().filter_map(|part| part.split_once(": ")?.1.rsplit_once(' '));
    for (encoder, why) in parts {
        let labels = [("room", room.to_owned()), ("encoder", encoder.to_owned()), ("why", why.to_owned())];
        metrics::counter!(names::WITHOUT, &labels).increment(1);
    }
}
