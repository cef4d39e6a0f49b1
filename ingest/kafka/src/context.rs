//! What all clients tell the client library: where its log goes and how to get a token.

use std::error::Error as StdError;

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::error::KafkaError;

use crate::Security;

#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) security: Security,
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    /// Connection troubles: the library tries again, and what it can't repair comes back where it was asked.
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "kafka", %error, reason, "kafka connection");
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn StdError>> {
        self.security.token().map_err(Into::into)
    }
}
