//! The `[encoders.server]` section of the configuration: every field, its meaning, its default and its check.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How rooms share the pretrained encoders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Pictures of one batch, 1 to 1,024.
    pub pictures: usize,
    /// Tokens of one batch, what is padded included, 16 to 1,048,576. A single longer text is a batch of its own.
    pub tokens: usize,
    /// How long an encoder waits for more before it begins a batch that is not full, milliseconds, 0 to 1,000. While a batch runs the next
    /// one gathers anyway.
    pub linger_ms: u32,
    /// Longest that a live room waits for an encoder, milliseconds, 1 to 60,000. Where it would be longer the unit goes without, and its
    /// row says so. Replays wait as long as it takes.
    pub wait_ms: u32,
    /// Texts or pictures that may wait, all rooms together, 1 to 1,000,000.
    pub waiting: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        // A unit has one picture and at most 64 comments: that many rooms' pictures are 600 MB, and their comments some megabytes.
        Self { pictures: 16, tokens: 4_096, linger_ms: 0, wait_ms: 2_000, waiting: 4_096 }
    }
}

impl ServerConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`ServerError::Setting`] with the first field that is out of its range.
    pub fn check(&self) -> Result<(), ServerError> {
        let within = |field: &'static str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(ServerError::Setting { field, problem: format!("is {value}, expected {low} to {high}") })
        };
        within("pictures", self.pictures, 1, 1_024)?;
        within("tokens", self.tokens, 16, 1 << 20)?;
        within("linger_ms", self.linger_ms as usize, 0, 1_000)?;
        within("wait_ms", self.wait_ms as usize, 1, 60_000)?;
        within("waiting", self.waiting, 1, 1_000_000)
    }

    /// Longest that a live room waits.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms.into())
    }
}

/// Failure of starting a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A setting is out of its range.
    #[error("server.{field} {problem}")]
    Setting {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The encoder fails on its first batches.
    #[error("the encoder fails on its first batch")]
    WarmUp(#[from] kairos_transformers::TransformerError),
    /// The thread could not be started.
    #[error("cannot start the encoder's thread")]
    Thread(#[source] std::io::Error),
}
