//! What all clients tell the client library: where its log goes and how to get a token.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::{Security, Settings, clock};

/// Time between two warnings about connections.
const QUIET: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Context {
    security: Security,
    /// The connection's last trouble, which the library tells apart from the failure it leads to.
    trouble: Arc<Mutex<Option<String>>>,
    /// When it was last told.
    told: Arc<Mutex<Option<Instant>>>,
}

impl Context {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { security: settings.security.clone(), trouble: Arc::default(), told: Arc::default() }
    }

    /// The connection's last trouble.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    /// Connection troubles: the library tries again, and what it can't repair comes back where it was asked.
    fn error(&self, error: KafkaError, reason: &str) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // While a broker is down the library says so many times a second.
        if told.is_none_or(|told| clock::now().saturating_duration_since(told) >= QUIET) {
            *told = Some(clock::now());
            tracing::warn!(target: "kafka", trouble = "broker", %error, reason, "kafka connection");
        }
        // That all brokers are down follows from what was said before, and says less.
        if trouble.is_none() || error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *trouble = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn StdError>> {
        self.security.token().map_err(Into::into)
    }
}

impl ConsumerContext for Context {}
