//! Encryption and authentication.
//!
//! Settings name the environment variable or the file that holds a secret, never the secret itself, so that
//! they can be printed and logged as they are. Secrets are read when a client opens, tokens whenever the
//! broker asks for a new one.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rdkafka::ClientConfig;
use rdkafka::client::OAuthToken;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, clock};

/// Where a secret is kept: `{ env = "NAME" }` or `{ file = "/path" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file, without the line end at its end.
    File(PathBuf),
}

/// Encryption and authentication of all clients; by default neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Encryption; without it everything travels in the clear.
    pub tls: Option<Tls>,
    /// Authentication.
    pub sasl: Option<Sasl>,
}

/// Transport encryption. All files are PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Authorities that may have signed the broker's certificate; the system's where absent.
    pub ca_file: Option<PathBuf>,
    /// Certificate of the client, where the broker asks for one.
    pub certificate_file: Option<PathBuf>,
    /// Key of that certificate.
    pub key_file: Option<PathBuf>,
    /// Password of that key.
    pub key_password: Option<Secret>,
}

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum Mechanism {
    /// Name and password in the clear; only within TLS.
    #[serde(rename = "PLAIN")]
    Plain,
    /// Salted challenge and response, RFC 5802, with SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// The same with SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    /// A bearer token, RFC 7628.
    #[serde(rename = "OAUTHBEARER")]
    OauthBearer,
}

/// Authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Name of the client; with a token its `sub` claim where empty.
    #[serde(default)]
    pub username: String,
    /// Password of PLAIN and SCRAM.
    #[serde(default)]
    pub password: Option<Secret>,
    /// JSON Web Token of OAUTHBEARER, read again each time the broker asks for a new one.
    #[serde(default)]
    pub token: Option<Secret>,
}

impl Secret {
    /// Reads it. The error names the place, never the content.
    pub(crate) fn read(&self, field: &'static str) -> Result<String, Error> {
        let (origin, content) = match self {
            Self::Env(name) => {
                let content = std::env::var(name).map_err(|error| error.to_string());
                // A variable that is not Unicode would be quoted in the error.
                let content = content.map_err(|reason| reason.split(':').next().unwrap_or("").to_owned());
                (format!("environment variable {name}"), content)
            }
            Self::File(path) => {
                let content = std::fs::read_to_string(path).map_err(|error| error.to_string());
                (format!("file {}", path.display()), content)
            }
        };
        match content {
            Ok(content) if content.trim_end_matches(['\r', '\n']).is_empty() => {
                Err(Error::Secret { field, origin, reason: "it is empty".to_owned() })
            }
            Ok(content) => Ok(content.trim_end_matches(['\r', '\n']).to_owned()),
            Err(reason) => Err(Error::Secret { field, origin, reason }),
        }
    }
}

impl Security {
    pub(crate) fn apply(&self, config: &mut ClientConfig) -> Result<(), Error> {
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            let files = [
                ("ssl.ca.location", &tls.ca_file),
                ("ssl.certificate.location", &tls.certificate_file),
                ("ssl.key.location", &tls.key_file),
            ];
            for (property, file) in files {
                if let Some(file) = file {
                    config.set(property, file.display().to_string());
                }
            }
            if let Some(password) = &tls.key_password {
                config.set("ssl.key.password", password.read("security.tls.key_password")?);
            }
        }
        let Some(sasl) = &self.sasl else { return Ok(()) };
        let mechanism = match sasl.mechanism {
            Mechanism::Plain => "PLAIN",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha512 => "SCRAM-SHA-512",
            Mechanism::OauthBearer => "OAUTHBEARER",
        };
        config.set("sasl.mechanism", mechanism);
        let missing = |field| Err(Error::Setting { field, reason: format!("needed with {mechanism}") });
        if sasl.mechanism == Mechanism::OauthBearer {
            let Some(token) = &sasl.token else { return missing("security.sasl.token") };
            // Read once here, so that a missing token is an error of opening and not of a background thread.
            token.read("security.sasl.token")?;
        } else {
            if sasl.username.is_empty() {
                return missing("security.sasl.username");
            }
            let Some(password) = &sasl.password else { return missing("security.sasl.password") };
            config.set("sasl.username", &sasl.username);
            config.set("sasl.password", password.read("security.sasl.password")?);
        }
        Ok(())
    }

    /// The token for a broker that asks for one.
    pub(crate) fn token(&self) -> Result<OAuthToken, String> {
        let sasl = self.sasl.as_ref().ok_or("security.sasl is not set")?;
        let source = sasl.token.as_ref().ok_or("security.sasl.token is not set")?;
        let token = source.read("security.sasl.token").map_err(|error| error.to_string())?;
        let claims = claims(&token).ok_or("security.sasl.token is not a JSON Web Token")?;
        let expires = claims.get("exp").and_then(serde_json::Value::as_f64);
        let expires = expires.ok_or("security.sasl.token has no exp claim")?;
        if expires <= clock::unix_seconds() as f64 {
            return Err("security.sasl.token has expired".to_owned());
        }
        let subject = claims.get("sub").and_then(serde_json::Value::as_str);
        let principal_name = if sasl.username.is_empty() {
            subject.ok_or("security.sasl.username is not set and the token has no sub claim")?.to_owned()
        } else {
            sasl.username.clone()
        };
        Ok(OAuthToken { token, principal_name, lifetime_ms: (expires * 1_000.0) as i64 })
    }
}

fn claims(token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}
