//! The log of a process, and who else listens to it: what keeps its troubles, what sends its traces.
//!
//! Invariant: what is shown of the log changes nothing of troubles and traces.

use std::io::IsTerminal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::prelude::*;

use super::trace::{self, TelemetryConfig, Traces};

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line: `timestamp`, `level`, `target`, `message`, and fields such as `room` and `offset`.
    Json,
}

/// Section `[log]` of the configuration. What is shown follows from `-v` and `KAIROS_LOG`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` or `json`, on standard error.
    pub format: LogFormat,
}

/// Begins to log; a live job, named by `part`, sends traces where it has a collector, as long as what is returned lives.
///
/// # Errors
/// If traces can't be sent to where they should be.
pub fn start(
    log: &LogConfig,
    telemetry: &TelemetryConfig,
    verbose: u8,
    part: Option<&str>,
) -> anyhow::Result<Option<Traces>> {
    let default = match verbose {
        0 => "kairos=warn,kafka=warn",
        1 => "kairos=info,kafka=warn",
        _ => "kairos=debug,kafka=info",
    };
    let filter = EnvFilter::try_from_env("KAIROS_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // Files and journals get no colours.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    // Whatever of the log is shown, what is wrong is known. It listens to no span: nobody would make them for it.
    let troubles = filter_fn(|told| told.is_event() && *told.level() <= Level::INFO)
        .with_max_level_hint(LevelFilter::INFO);
    let (traces, spans) = match part.filter(|_| telemetry.address().is_some()) {
        Some(part) => {
            let (traces, tracer) = Traces::start(telemetry, part)?;
            let spans = tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_level(false)
                .with_tracked_inactivity(false);
            // Warnings about a message stand on its span.
            let wanted = filter_fn(|told| match told.is_span() {
                true => told.target() == trace::TARGET,
                false => *told.level() <= Level::WARN && told.target().starts_with("kairos"),
            });
            let wanted = wanted.with_max_level_hint(LevelFilter::INFO);
            (Some(traces), Some(spans.with_filter(wanted)))
        }
        None => (None, None),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(super::listener().with_filter(troubles))
        .with(spans)
        .init();
    Ok(traces)
}
