//! The little of a hub's API that a pull needs: which commit a revision is, and bytes of a file from an offset on.
//!
//! Not by the crate hf-hub: 1.0.0, the newest, fetches a file from its first byte again whenever it broke off (no range, a new file), and
//! brings 62 crates that nothing else here needs, among them hf-xet and a second cryptography in C (aws-lc). 0.5.0 goes on where it
//! stopped and needs six, but a hub that falls silent holds it for ever: it has no limits of time. A pull here has both.

use std::time::Duration;

use anyhow::{Context, bail};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, Request};

/// Where public models are.
const PUBLIC: &str = "https://huggingface.co";
/// Longest silence of the hub before a request is given up; the next pull goes on from there.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const REDIRECTS: usize = 6;
/// Largest description of a repository that is read.
const DESCRIPTION: usize = 16 << 20;

/// An answer whose body is still to come.
pub(super) type Answer = opentelemetry_http::Response<hyper::body::Incoming>;

/// A hub.
pub struct Hub {
    endpoint: String,
    token: Option<String>,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Hub {
    /// By `HF_ENDPOINT` and `HF_TOKEN`, else the public hub without a token.
    pub fn find(env: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| env(name).filter(|value| !value.is_empty());
        let endpoint = named("HF_ENDPOINT").unwrap_or_else(|| PUBLIC.to_owned());
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(Duration::from_secs(15)));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), token: named("HF_TOKEN"), client }
    }

    /// Address of a file, for people as well.
    pub fn address(&self, repository: &str, revision: &str, file: &str) -> String {
        format!("{}/{repository}/resolve/{}/{file}", self.endpoint, revision.replace('/', "%2F"))
    }

    /// Commit that a revision is.
    pub(super) async fn commit(&self, repository: &str, revision: &str) -> anyhow::Result<String> {
        let address =
            format!("{}/api/models/{repository}/revision/{}", self.endpoint, revision.replace('/', "%2F"));
        let answer = self.get(&address, 0).await?;
        let body = Limited::new(answer.into_body(), DESCRIPTION);
        let body = tokio::time::timeout(PATIENCE, body.collect()).await;
        let body =
            body.context("the hub fell silent")?.map_err(|error| anyhow::anyhow!("{address}: {error}"))?;
        let description: serde_json::Value =
            serde_json::from_slice(&body.to_bytes()).with_context(|| format!("{address}: no JSON"))?;
        let commit = description["sha"].as_str().unwrap_or_default();
        // It becomes part of a path.
        if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            bail!("{address}: names no commit");
        }
        Ok(commit.to_owned())
    }

    /// Asks for a file from an offset on, over redirections. 416 is an answer, other failures are not.
    pub(super) async fn get(&self, address: &str, offset: u64) -> anyhow::Result<Answer> {
        let mut address = address.to_owned();
        for _ in 0..REDIRECTS {
            let mut request = Request::get(&address);
            if offset > 0 {
                request = request.header("range", format!("bytes={offset}-"));
            }
            // A token is the hub's own business, not of the stores that it sends to.
            if let Some(token) = self.token.as_ref().filter(|_| self.is_own(&address)) {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let request = request.body(Empty::new()).with_context(|| format!("{address} is no address"))?;
            let answer = tokio::time::timeout(PATIENCE, self.client.request(request))
                .await
                .with_context(|| format!("{address}: no answer"))?;
            let answer = answer.with_context(|| format!("cannot reach {address}"))?;
            let status = answer.status();
            if status.is_redirection() {
                let place = answer.headers().get("location").and_then(|place| place.to_str().ok());
                let place = place.with_context(|| format!("{address}: redirected nowhere"))?;
                address = match place.starts_with('/') {
                    true => format!("{}{place}", origin(&address)),
                    false => place.to_owned(),
                };
                continue;
            }
            if status.is_success() || status.as_u16() == 416 {
                return Ok(answer);
            }
            bail!("{address}: {status}{}", advice(status.as_u16()));
        }
        bail!("{address}: redirected more than {REDIRECTS} times")
    }

    fn is_own(&self, address: &str) -> bool {
        origin(address) == origin(&self.endpoint)
    }
}

/// Scheme and host of an address.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    address[host..].find('/').map_or(address, |at| &address[..host + at])
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => ": HF_TOKEN names a token that may read it",
        404 => ": the hub has no such file or revision",
        _ => "",
    }
}
