//! What a job tells of itself while it runs: its log, numbers for Prometheus over HTTP, whether it lives, traces.
//!
//! Invariants: nothing that is scored depends on anything here; a label is a room, a topic or one of a few words, and a
//! room that is over is forgotten after an hour.

pub mod logs;
pub mod names;
pub mod trace;
mod troubles;

pub use troubles::{Troubles, listener, troubles};

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::live::clock;

/// What of a job's numbers is kept about what no longer moves: rooms that are over.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);
/// Time between two rounds of tidying.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Upper borders of what is measured in seconds: from a query to a stream that is far behind.
const SECONDS: [f64; 16] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 60.0, 300.0];

/// Section `[metrics]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address on which a live job serves `/metrics` (Prometheus), `/status` (what is wrong now) and `/healthz`, such as
    /// `127.0.0.1:9600`; without it none. `kairos serve` has `/metrics` on its own address.
    pub listen: Option<SocketAddr>,
}

/// Begins to collect; `part` is the job's name and stands on every number.
///
/// # Errors
/// If the process collects already.
pub fn collect(part: &str) -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .add_global_label("part", part)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .context("borders of histograms")?
        .idle_timeout(MetricKindMask::ALL, Some(FORGOTTEN_AFTER))
        .install_recorder()
        .context("collecting metrics")?;
    names::describe();
    Ok(handle)
}

/// Collects and serves the numbers of a live job, where an address is configured.
///
/// # Errors
/// If the address is taken.
pub fn start(config: &MetricsConfig, part: &str) -> anyhow::Result<()> {
    let Some(listen) = config.listen else { return Ok(()) };
    let handle = collect(part)?;
    let listener = std::net::TcpListener::bind(listen).with_context(|| format!("metrics.listen {listen}"))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = listener.local_addr()?;
    let part = part.to_owned();
    let run = move || runtime.block_on(serve(listener, handle, part));
    std::thread::Builder::new().name("metrics".to_owned()).spawn(run).context("serving metrics")?;
    tracing::info!("metrics on http://{address}/metrics");
    Ok(())
}

/// Tidies what `handle` renders, for ever.
pub async fn upkeep(handle: PrometheusHandle) {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    loop {
        every.tick().await;
        troubles().measure();
        handle.run_upkeep();
    }
}

async fn serve(listener: std::net::TcpListener, handle: PrometheusHandle, part: String) {
    tokio::spawn(upkeep(handle.clone()));
    let render = move || {
        let text = handle.render();
        async { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
    };
    let status = move || std::future::ready(axum::Json(troubles().status(&part)));
    let router = Router::new()
        .route("/metrics", get(render))
        .route("/status", get(status))
        .route("/healthz", get(async || "ok\n"));
    let served = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => axum::serve(listener, router).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = served {
        tracing::error!("metrics are served no more: {problem}");
    }
}

/// Does something and records how long it took, as a number and in the trace of the current message.
pub fn timed<T>(name: &'static str, act: impl FnOnce() -> T) -> T {
    let plain = name.strip_prefix("kairos_").and_then(|name| name.strip_suffix("_seconds"));
    let step = trace::step(plain.unwrap_or(name));
    let began: Instant = clock::now();
    let done = step.in_scope(act);
    metrics::histogram!(name).record(clock::now().saturating_duration_since(began).as_secs_f64());
    done
}

#[cfg(test)]
mod tests;
