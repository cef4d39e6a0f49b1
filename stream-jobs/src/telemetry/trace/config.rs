//! Section `[telemetry]` of the configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// Variables that name a collector where the configuration names none.
const VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Traces of live jobs, from the capture of a segment to its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Address of a collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; without it the one of
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, and without both there are no traces.
    pub otlp: Option<String>,
    /// Share of what is captured whose traces are kept, 0 to 1. A message that belongs to a trace follows its producer.
    pub sample: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp: None, sample: 0.01 }
    }
}

impl TelemetryConfig {
    /// Address of the collector, where there is one.
    pub fn address(&self) -> Option<String> {
        let set =
            || VARIABLES.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
        self.otlp.clone().or_else(set)
    }

    /// # Errors
    /// Names the field that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field: &str, reason: String| {
            Err(ConfigError::Value { field: format!("telemetry.{field}"), reason })
        };
        if let Some(address) = &self.otlp
            && !(address.starts_with("http://") || address.starts_with("https://"))
        {
            return wrong("otlp", format!("{address:?} does not start with http:// or https://"));
        }
        if !(0.0..=1.0).contains(&self.sample) {
            return wrong("sample", format!("{} is not within 0 and 1", self.sample));
        }
        Ok(())
    }
}
