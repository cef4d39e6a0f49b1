//! Up to where jobs have read.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// A job's place in one partition of its topics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Consumer group of the job.
    pub job: String,
    /// The partition.
    pub partition: i32,
    /// What the job needs to go on, as it wrote it.
    pub state: String,
    /// Messages read so far; the checkpoint with most counts.
    pub progress: u64,
}

table!(Checkpoint, checkpoints, "checkpoints", ["job", "partition"], |row| format!(
    "job {} partition {}",
    row.job, row.partition
));
