//! Section `[clip]` of the configuration: the live job that cuts clips. How they are cut is section `[clips]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// The live job, `kairos clip`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClipConfig {
    /// Consumer group, and the name of the job's checkpoints.
    pub group: String,
    /// How long media behind a highlight is waited for before it is cut without, seconds.
    pub wait_s: u32,
    /// Media read for one clip, MiB at most.
    pub media_mib: usize,
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self { group: "kairos.clip".to_owned(), wait_s: 60, media_mib: 256 }
    }
}

impl ClipConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let within =
            |field: &str, value: usize, least: usize, most: usize| match (least..=most).contains(&value) {
                true => Ok(()),
                false => Err(ConfigError::Value {
                    field: format!("clip.{field}"),
                    reason: format!("{value} is not within {least} and {most}"),
                }),
            };
        within("group", self.group.len(), 1, 255)?;
        within("wait_s", self.wait_s as usize, 1, 3_600)?;
        within("media_mib", self.media_mib, 1, 1 << 20)
    }
}
