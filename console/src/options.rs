//! What the console allows, as in the configuration file.
//!
//! Invariants: with no options set nothing is open but loopback; checked options contradict nothing.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Secret};

/// What a client that brings no token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Anonymous {
    /// Nothing: the screen asks for a token.
    Nobody,
    /// Read.
    Reader,
    /// Read and review.
    Editor,
}

/// Identity from a proxy that has authenticated the user (OpenID Connect, for example oauth2-proxy).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyHeaders {
    /// Addresses of the proxy. The headers count from nowhere else.
    pub trusted: Vec<IpAddr>,
    /// Header with the user's name, such as `x-auth-request-email`.
    pub user: String,
    /// Header with the user's groups, separated by commas, such as `x-auth-request-groups`.
    pub groups: String,
    /// Groups that may read; empty when everybody whom the proxy lets through may.
    #[serde(default)]
    pub readers: Vec<String>,
    /// Groups that may review.
    #[serde(default)]
    pub editors: Vec<String>,
}

/// A bucket of requests per client address.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimit {
    /// Requests that flow in per second.
    pub per_second: f64,
    /// Requests that a client may send at once after a pause. A login attempt counts as ten.
    pub burst: f64,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_second: 100.0, burst: 600.0 }
    }
}

/// Options of the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleOptions {
    /// Tokens that may read, at least 16 characters each.
    pub reader_tokens: Vec<Secret>,
    /// Tokens that may read and review, at least 16 characters each.
    pub editor_tokens: Vec<Secret>,
    /// What a client without a token may do. Unset: on loopback it may read, and review as long as no tokens and no
    /// proxy are set; on any other address it may do nothing.
    pub anonymous: Option<Anonymous>,
    /// Identity headers of an authenticating proxy; none are believed unless set.
    pub proxy: Option<ProxyHeaders>,
    /// Origins of other sites whose scripts may call the API, as `https://desk.example.org`; none unless set.
    pub origins: Vec<String>,
    /// Live jobs whose state the page for operators shows: their `metrics.listen`, as `http://host:port`.
    pub jobs: Vec<String>,
    /// Requests per client.
    pub rate: RateLimit,
    /// Items of a page when the request names no limit.
    pub page: u32,
    /// Items of a page at most.
    pub longest_page: u32,
    /// Points of a curve at most, whatever a request asks for.
    pub points: u32,
    /// How often the tables are asked for news, milliseconds, for all listeners together.
    pub live_ms: u64,
    /// Listeners for news at once; each holds one connection.
    pub listeners: usize,
    /// How long one question to the tables may take, seconds.
    pub patience: u32,
    /// Days until a login must be repeated.
    pub session_days: u32,
    /// Whether the login cookie is sent over HTTPS only; set it where a proxy ends TLS.
    pub https_only: bool,
}

impl Default for ConsoleOptions {
    fn default() -> Self {
        Self {
            reader_tokens: Vec::new(),
            editor_tokens: Vec::new(),
            anonymous: None,
            proxy: None,
            origins: Vec::new(),
            jobs: Vec::new(),
            rate: RateLimit::default(),
            page: 100,
            longest_page: 1_000,
            points: 4_000,
            live_ms: 1_000,
            listeners: 256,
            patience: 20,
            session_days: 30,
            https_only: false,
        }
    }
}

impl ConsoleOptions {
    /// Checks every option.
    ///
    /// # Errors
    /// [`Error::Option`] with the first option that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |field, problem: String| Err(Error::Option { field, problem });
        for (field, tokens) in
            [("reader_tokens", &self.reader_tokens), ("editor_tokens", &self.editor_tokens)]
        {
            if let Some(at) = tokens.iter().position(|token| token.length() < 16) {
                return bad(field, format!("token {} is shorter than 16 characters", at + 1));
            }
        }
        if let Some(proxy) = &self.proxy {
            if proxy.trusted.is_empty() {
                return bad("proxy", "trusted names no address".to_owned());
            }
            for name in [&proxy.user, &proxy.groups] {
                if hyper::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
                    return bad("proxy", format!("{name:?} is no header name"));
                }
            }
        }
        for origin in &self.origins {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if rest.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
                return bad(
                    "origins",
                    format!("{origin:?} is no origin; write https://host or https://host:port"),
                );
            }
        }
        if let Some(job) = self.jobs.iter().find(|job| crate::jobs::authority(job).is_none()) {
            return bad("jobs", format!("{job:?} is no address of a job; write http://host:port"));
        }
        let rate = self.rate;
        if !(rate.per_second > 0.0
            && rate.per_second.is_finite()
            && rate.burst >= 10.0
            && rate.burst.is_finite())
        {
            return bad("rate", "per_second must be above 0 and burst at least 10".to_owned());
        }
        let ranges = [
            ("page", u64::from(self.page), 1, u64::from(self.longest_page)),
            ("longest_page", u64::from(self.longest_page), 1, 10_000),
            ("points", u64::from(self.points), 10, 100_000),
            ("live_ms", self.live_ms, 50, 60_000),
            ("listeners", self.listeners as u64, 1, 100_000),
            ("patience", u64::from(self.patience), 1, 600),
            ("session_days", u64::from(self.session_days), 1, 3_650),
        ];
        for (field, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return bad(field, format!("{value} is not between {low} and {high}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let options: ConsoleOptions = serde_json::from_str(text).map_err(|error| error.to_string())?;
        options.check().map_err(|error| error.to_string())
    }

    #[test]
    fn options_out_of_range_are_named() {
        assert_eq!(check("{}"), Ok(()));
        let refused = [
            (r#"{"tokens": []}"#, "unknown field `tokens`"),
            (r#"{"reader_tokens": ["short"]}"#, "reader_tokens: token 1 is shorter"),
            (r#"{"origins": ["*"]}"#, "\"*\" is no origin"),
            (r#"{"origins": ["https://a/b"]}"#, "is no origin"),
            (r#"{"jobs": ["https://score:9600"]}"#, "\"https://score:9600\" is no address of a job"),
            (r#"{"jobs": ["http://score:9600/metrics"]}"#, "is no address of a job"),
            (r#"{"page": 2000}"#, "page: 2000 is not between 1 and 1000"),
            (r#"{"rate": {"per_second": 0.0}}"#, "per_second"),
            (r#"{"proxy": {"trusted": [], "user": "x", "groups": "y"}}"#, "names no address"),
        ];
        for (text, words) in refused {
            let error = check(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
