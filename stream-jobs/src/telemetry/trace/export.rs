//! Spans to a collector: OTLP over HTTP, in the background.
//!
//! Invariants: no job ever waits for a collector, except for a moment when it ends; what waits is bounded, and what is lost
//! is counted; a collector that is away is said once, not for each batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span, SpanData,
    SpanExporter, SpanProcessor,
};
use tokio::runtime::{Handle, Runtime};

use super::{SCOPE, TelemetryConfig};
use crate::telemetry::names;

/// Spans that wait for the collector: some seconds of a busy job, a few megabytes.
const WAITING: usize = 4_096;
/// How long one request to the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a job that ends waits for its last spans to be taken.
const FLUSH: Duration = Duration::from_secs(3);
/// Largest answer of a collector that is read.
const ANSWER: usize = 1 << 20;
/// Where spans are posted, below the address that is configured.
const PATH: &str = "/v1/traces";

/// Traces are sent while it lives, and for a moment when it is dropped.
pub struct Traces {
    provider: SdkTracerProvider,
    runtime: Option<Runtime>,
}

impl Traces {
    /// Begins to send the spans of `kairos part`; also what makes them.
    ///
    /// # Errors
    /// If the address can't be one, or there is no thread.
    pub fn start(config: &TelemetryConfig, part: &str) -> anyhow::Result<(Self, SdkTracer)> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kairos-otlp")
            .enable_all()
            .build()?;
        let exporter =
            opentelemetry_otlp::SpanExporter::builder().with_http().with_http_client(Web::new(&runtime));
        let exporter = match &config.otlp {
            Some(address) => exporter.with_endpoint(format!("{}{PATH}", address.trim_end_matches('/'))),
            // The exporter reads the standard variables.
            None => exporter,
        };
        let exporter = exporter.build().context("telemetry.otlp")?;
        let waiting = Arc::new(AtomicUsize::new(0));
        let address = config.address().unwrap_or_default();
        let is_away = AtomicBool::new(false);
        let exporter = Counted { exporter, address, waiting: waiting.clone(), is_away };
        let batches = BatchConfigBuilder::default().with_max_queue_size(WAITING).build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder(),
            None => Resource::builder().with_service_name(format!("kairos-{part}")),
        };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded { processor, waiting })
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample))))
            .with_resource(resource.build())
            .build();
        opentelemetry::global::set_tracer_provider(provider.clone());
        let tracer = provider.tracer(SCOPE);
        Ok((Self { provider, runtime: Some(runtime) }, tracer))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(problem) = self.provider.shutdown_with_timeout(FLUSH) {
            tracing::warn!("the last spans may be lost: {problem}");
        }
        // A request that hangs is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Takes spans while there is room for them.
#[derive(Debug)]
struct Bounded {
    processor: BatchSpanProcessor,
    /// Spans that ended and are not yet exported.
    waiting: Arc<AtomicUsize>,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &opentelemetry::Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) < WAITING {
            self.processor.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            count("lost", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

/// Counts what an exporter sends and loses, and says when that changes.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    address: String,
    waiting: Arc<AtomicUsize>,
    is_away: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        self.waiting.fetch_sub(spans, Ordering::AcqRel);
        count(if sent.is_ok() { "sent" } else { "lost" }, spans as u64);
        let was_away = self.is_away.swap(sent.is_err(), Ordering::AcqRel);
        match &sent {
            Err(error) if !was_away => {
                let collector = &self.address;
                tracing::warn!(trouble = "traces", collector, %error, "no spans are taken, they are lost until they are");
            }
            Ok(()) if was_away => tracing::info!(trouble_over = "traces", "spans are taken again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

fn count(outcome: &'static str, spans: u64) {
    metrics::counter!(names::SPANS, "outcome" => outcome).increment(spans);
}

/// The HTTP client of the tables, for the exporter: its own threads know no runtime.
#[derive(Debug, Clone)]
struct Web {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
}

impl Web {
    fn new(runtime: &Runtime) -> Self {
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(connector.build());
        Self { client, runtime: runtime.handle().clone() }
    }
}

#[async_trait]
impl HttpClient for Web {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = async move {
            let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        // Even the timer wants a runtime around it.
        self.runtime.spawn(async move { tokio::time::timeout(PATIENCE, sent).await? }).await?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use opentelemetry::trace::{Span as _, Tracer as _};

    use super::*;

    /// Takes nothing until it is let go.
    #[derive(Debug)]
    struct Stuck(Arc<Mutex<()>>);

    impl SpanExporter for Stuck {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            drop(self.0.lock());
            Ok(())
        }
    }

    #[test]
    fn spans_that_can_not_be_sent_are_bounded_and_nobody_waits_for_them() {
        let gate = Arc::new(Mutex::new(()));
        let closed = gate.lock().unwrap();
        let waiting = Arc::new(AtomicUsize::new(0));
        let is_away = AtomicBool::new(false);
        let (exporter, address) = (Stuck(gate.clone()), String::new());
        let exporter = Counted { exporter, address, waiting: waiting.clone(), is_away };
        let batches = BatchConfigBuilder::default().with_max_queue_size(WAITING).build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded { processor, waiting: waiting.clone() })
            .with_sampler(Sampler::AlwaysOn)
            .build();
        let tracer = provider.tracer(SCOPE);
        for _ in 0..3 * WAITING {
            tracer.start("span").end();
        }
        assert_eq!(waiting.load(Ordering::Acquire), WAITING);
        drop(closed);
        provider.shutdown_with_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(waiting.load(Ordering::Acquire), 0, "all that was taken was sent");
    }
}
