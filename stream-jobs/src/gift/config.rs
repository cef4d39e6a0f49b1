//! Section `[gift]` of the configuration: how gifts are predicted while a room is live.
//!
//! Invariant: everything that bounds memory or moves a result is here, and counted in events or in the data's own time.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// How gifts are predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GiftConfig {
    /// Whether replays predict gifts.
    pub enabled: bool,
    /// Folder of the ranker's checkpoint; without it the one that ships with kairos.
    pub checkpoint: Option<PathBuf>,
    /// Viewers of each unit that get a row, the likeliest; 1 to 1,000.
    pub top: usize,
    /// For how long a viewer counts as present after the last click, comment or gift, seconds.
    pub present_s: u32,
    /// Viewers remembered per room, the last seen; 1 to 1,000,000.
    pub viewers: usize,
    /// Users whose past acts are remembered, the last active; at least 1.
    pub users: usize,
    /// Past acts remembered per user, the last; 1 to 10,000.
    pub history: usize,
    /// Numbers of users that are kept for the next unit, MiB; a user takes about 1 KiB. Past it those that were longest not
    /// asked for are computed anew: take more for many thousands of viewers at a time.
    pub passes_mib: usize,
    /// Weights of the graph are as of the newest gift's time, rounded down to whole steps of this, hours. All neighbours
    /// are computed anew when a step begins.
    pub as_of_step_hours: u32,
    /// The live job.
    pub job: JobConfig,
}

/// The live job, `kairos gift`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobConfig {
    /// Consumer group.
    pub group: String,
    /// Gifts after which a checkpoint (graph, viewers, positions) is written.
    pub checkpoint_gifts: u64,
    /// Messages after which one is written however few gifts there were.
    pub checkpoint_messages: u64,
    /// A room without a first segment for so long is taken for a chat alone, seconds of its own events.
    pub media_wait_s: u32,
    /// A room is closed when the newest event of all rooms in its partition is so far ahead of its own, seconds.
    pub room_idle_s: u32,
    /// Messages held back to put the topics in order of time, MiB; past it they go on out of order, and are counted.
    pub merge_mib: usize,
}

impl Default for JobConfig {
    fn default() -> Self {
        Self {
            group: "kairos.gift".to_owned(),
            checkpoint_gifts: 10_000,
            checkpoint_messages: 200_000,
            media_wait_s: 30,
            room_idle_s: 3_600,
            merge_mib: 256,
        }
    }
}

impl Default for GiftConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            checkpoint: None,
            top: 10,
            present_s: 300,
            viewers: 5_000,
            users: 500_000,
            history: 64,
            passes_mib: 8,
            as_of_step_hours: 24,
            job: JobConfig::default(),
        }
    }
}

impl GiftConfig {
    /// The moment that weights are as of when the newest gift is at `newest_us` (Unix microseconds).
    pub fn as_of_us(&self, newest_us: i64) -> i64 {
        let step = i64::from(self.as_of_step_hours.max(1)) * 3_600_000_000;
        newest_us.max(0) / step * step
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let within =
            |field: &str, value: usize, least: usize, most: usize| match (least..=most).contains(&value) {
                true => Ok(()),
                false => Err(ConfigError::Value {
                    field: format!("gift.{field}"),
                    reason: format!("{value} is not within {least} and {most}"),
                }),
            };
        within("top", self.top, 1, 1_000)?;
        within("present_s", self.present_s as usize, 1, 86_400)?;
        within("viewers", self.viewers, 1, 1_000_000)?;
        within("users", self.users, 1, usize::MAX)?;
        within("history", self.history, 1, 10_000)?;
        within("passes_mib", self.passes_mib, 1, 1 << 20)?;
        within("as_of_step_hours", self.as_of_step_hours as usize, 1, 8_760)?;
        within("job.group", self.job.group.len(), 1, 255)?;
        within("job.checkpoint_gifts", self.job.checkpoint_gifts as usize, 1, usize::MAX)?;
        within("job.checkpoint_messages", self.job.checkpoint_messages as usize, 1, usize::MAX)?;
        within("job.media_wait_s", self.job.media_wait_s as usize, 1, 86_400)?;
        within("job.room_idle_s", self.job.room_idle_s as usize, 1, 864_000)?;
        within("job.merge_mib", self.job.merge_mib, 1, 1 << 20)
    }
}
