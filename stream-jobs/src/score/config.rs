//! Section `[score]` of the configuration: the live job that scores rooms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::live::TimeOrder;

/// What to do with media that can't be scored in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// All of it is scored, later.
    #[default]
    CatchUp,
    /// Segments older than `skip_after_s` are left out and counted; comments and gifts are scored all the same. What is
    /// left out depends on the clock, so a replay of the topics then gives other rows.
    Skip,
}

/// The live job, `kairos score`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Consumer group, and the name of the job's checkpoints.
    pub group: String,
    /// Threads that score, each for whole partitions; 0 = one per core.
    pub threads: usize,
    /// How messages of several topics are put in order, here and in `kairos gift`: `written` or `happened`, which is for
    /// topics that were filled one after the other before the job began.
    pub order: TimeOrder,
    /// How long a message waits for others that were written before it, where a topic has nothing more, milliseconds.
    pub hold_ms: u32,
    /// Longest time that a row waits to be written, milliseconds. Shorter is sooner to see and makes more parts.
    pub flush_ms: u32,
    /// Time between checkpoints, milliseconds: what is read again after a crash.
    pub checkpoint_ms: u32,
    /// A room without a first segment for so long is taken for a chat alone, seconds.
    pub media_wait_s: u32,
    /// A stream of which nothing came for so long is over, seconds.
    pub room_idle_s: u32,
    /// Messages held back per thread to put the topics in order of time, MiB; past it they go on out of order, and are
    /// counted.
    pub merge_mib: usize,
    /// `catch_up` or `skip`.
    pub behind: Behind,
    /// Age of a segment from which it is left out when behind, seconds.
    pub skip_after_s: u32,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self {
            group: "kairos.score".to_owned(),
            threads: 0,
            order: TimeOrder::Written,
            hold_ms: 200,
            flush_ms: 500,
            checkpoint_ms: 5_000,
            media_wait_s: 30,
            room_idle_s: 300,
            merge_mib: 256,
            behind: Behind::CatchUp,
            skip_after_s: 30,
        }
    }
}

impl ScoreConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let within =
            |field: &str, value: usize, least: usize, most: usize| match (least..=most).contains(&value) {
                true => Ok(()),
                false => Err(ConfigError::Value {
                    field: format!("score.{field}"),
                    reason: format!("{value} is not within {least} and {most}"),
                }),
            };
        within("group", self.group.len(), 1, 255)?;
        within("threads", self.threads, 0, 1_024)?;
        within("hold_ms", self.hold_ms as usize, 0, 60_000)?;
        within("flush_ms", self.flush_ms as usize, 10, 60_000)?;
        within("checkpoint_ms", self.checkpoint_ms as usize, 100, 3_600_000)?;
        within("media_wait_s", self.media_wait_s as usize, 1, 86_400)?;
        within("room_idle_s", self.room_idle_s as usize, 10, 864_000)?;
        within("merge_mib", self.merge_mib, 1, 1 << 20)?;
        within("skip_after_s", self.skip_after_s as usize, 1, 86_400)
    }
}
