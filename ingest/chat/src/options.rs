//! Where comments and gifts come from: the section `[chat]` of the configuration.

use std::collections::BTreeMap;

use kairos_timeline::RoomId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ChatError;
use crate::secret::Secret;

/// All connectors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChatOptions {
    /// Twitch chats; one connection each.
    pub twitch: Vec<TwitchOptions>,
    /// WebSockets that send JSON lines.
    pub websocket: Vec<WebSocketOptions>,
    /// The HTTP interface; not served unless this section is there.
    pub http: Option<HttpOptions>,
}

/// How lines are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LineOptions {
    /// Longest line, bytes; a longer one is broken.
    pub line_bytes: usize,
    /// Longest text kept of a message or name, bytes; longer ones are cut at a character.
    pub text_bytes: usize,
}

impl Default for LineOptions {
    fn default() -> Self {
        Self { line_bytes: 256 << 10, text_bytes: 8 << 10 }
    }
}

/// One connection to Twitch's chat, or to a server that speaks like it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TwitchOptions {
    /// `wss://host` for IRC over WebSocket, `irc://host:port` for plain IRC.
    pub server: String,
    /// Which room each channel (without `#`) is.
    #[schemars(with = "BTreeMap<String, String>")]
    pub channels: BTreeMap<String, RoomId>,
    /// Name to log in with; empty: anonymous, which may read everything.
    pub nick: String,
    /// Token to log in with (`oauth:...`); without it anonymous.
    pub token: Option<Secret>,
    /// A connection without a line for this long, milliseconds, is asked whether it lives; without an answer for as long
    /// again it is given up.
    pub silent_after_ms: u64,
    /// How long connecting and joining may take, milliseconds.
    pub connect_timeout_ms: u64,
    /// First wait before connecting again, milliseconds.
    pub backoff_min_ms: u64,
    /// Longest wait before connecting again, milliseconds.
    pub backoff_max_ms: u64,
    /// How lines are read.
    pub lines: LineOptions,
}

impl Default for TwitchOptions {
    fn default() -> Self {
        Self {
            server: "wss://irc-ws.chat.twitch.tv:443".to_owned(),
            channels: BTreeMap::new(),
            nick: String::new(),
            token: None,
            silent_after_ms: 60_000,
            connect_timeout_ms: 10_000,
            backoff_min_ms: 1_000,
            backoff_max_ms: 60_000,
            lines: LineOptions::default(),
        }
    }
}

/// A WebSocket that sends JSON lines: messages of one or more lines, each an event of this project's topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocketOptions {
    /// `ws://` or `wss://`.
    pub url: Secret,
    /// Room of events that name none; without it such events are broken.
    #[schemars(with = "Option<String>")]
    pub room: Option<RoomId>,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<Secret>,
    /// A connection without a message for this long, milliseconds, is asked whether it lives, as with Twitch.
    pub silent_after_ms: u64,
    /// How long connecting may take, milliseconds.
    pub connect_timeout_ms: u64,
    /// First wait before connecting again, milliseconds.
    pub backoff_min_ms: u64,
    /// Longest wait before connecting again, milliseconds.
    pub backoff_max_ms: u64,
    /// How lines are read.
    pub lines: LineOptions,
}

impl Default for WebSocketOptions {
    fn default() -> Self {
        let TwitchOptions {
            silent_after_ms, connect_timeout_ms, backoff_min_ms, backoff_max_ms, lines, ..
        } = TwitchOptions::default();
        Self {
            url: Secret::new(""),
            room: None,
            token: None,
            silent_after_ms,
            connect_timeout_ms,
            backoff_min_ms,
            backoff_max_ms,
            lines,
        }
    }
}

/// The HTTP interface: see [`router`](crate::router).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpOptions {
    /// Address to listen on.
    pub listen: String,
    /// Asked for as `Authorization: Bearer`; without it the address is open to whoever reaches it.
    pub token: Option<Secret>,
    /// Largest request, bytes.
    pub body_bytes: usize,
    /// How long a request waits for space when the reader is slow, milliseconds; then it is refused whole.
    pub wait_ms: u64,
    /// How lines are read.
    pub lines: LineOptions,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7080".to_owned(),
            token: None,
            body_bytes: 1 << 20,
            wait_ms: 5_000,
            lines: LineOptions::default(),
        }
    }
}

fn refuse(field: &'static str, problem: impl Into<String>) -> Result<(), ChatError> {
    Err(ChatError::Option { field, problem: problem.into() })
}

impl ChatOptions {
    /// Checks what types can't.
    ///
    /// # Errors
    /// The first field with a value that can't work.
    pub fn check(&self) -> Result<(), ChatError> {
        self.twitch.iter().try_for_each(TwitchOptions::check)?;
        self.websocket.iter().try_for_each(WebSocketOptions::check)?;
        self.http.as_ref().map_or(Ok(()), HttpOptions::check)
    }
}

impl LineOptions {
    fn check(&self) -> Result<(), ChatError> {
        if self.line_bytes < 1 << 10 {
            return refuse("lines.line_bytes", "must be at least 1024");
        }
        if self.text_bytes == 0 || self.text_bytes > self.line_bytes {
            return refuse("lines.text_bytes", "must be from 1 to lines.line_bytes");
        }
        Ok(())
    }
}

fn check_waits(silent: u64, connect: u64, min: u64, max: u64) -> Result<(), ChatError> {
    for (field, value) in
        [("silent_after_ms", silent), ("connect_timeout_ms", connect), ("backoff_min_ms", min)]
    {
        if value == 0 {
            return refuse(field, "must be more than 0");
        }
    }
    if max < min { refuse("backoff_max_ms", "must be at least backoff_min_ms") } else { Ok(()) }
}

impl TwitchOptions {
    /// Checks what types can't.
    ///
    /// # Errors
    /// The first field with a value that can't work.
    pub fn check(&self) -> Result<(), ChatError> {
        self.lines.check()?;
        check_waits(self.silent_after_ms, self.connect_timeout_ms, self.backoff_min_ms, self.backoff_max_ms)?;
        let scheme = self.server.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("wss" | "ws" | "irc") => {}
            _ => return refuse("server", "must be wss://host, ws://host or irc://host:port"),
        }
        let local = ["127.0.0.1", "[::1]", "localhost"].iter().any(|host| self.server.contains(host));
        if self.token.is_some() && scheme != Some("wss") && !local {
            return refuse("server", "a token is sent over wss:// only");
        }
        if self.token.is_some() && self.nick.is_empty() {
            return refuse("nick", "a token needs the name that it belongs to");
        }
        if self.channels.is_empty() {
            return refuse("channels", "names no channel");
        }
        let plain =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if let Some(name) = self.channels.keys().find(|name| !plain(name)) {
            return refuse("channels", format!("{name:?} is no name of a channel"));
        }
        match self.nick.is_empty() || plain(&self.nick) {
            true => Ok(()),
            false => refuse("nick", "has characters that no name has"),
        }
    }
}

impl WebSocketOptions {
    /// Checks what types can't.
    ///
    /// # Errors
    /// The first field with a value that can't work.
    pub fn check(&self) -> Result<(), ChatError> {
        self.lines.check()?;
        check_waits(self.silent_after_ms, self.connect_timeout_ms, self.backoff_min_ms, self.backoff_max_ms)?;
        match self.url.reveal().split_once("://") {
            Some(("ws" | "wss", _)) => Ok(()),
            _ => refuse("url", "must begin with ws:// or wss://"),
        }
    }
}

impl HttpOptions {
    /// Checks what types can't.
    ///
    /// # Errors
    /// The first field with a value that can't work.
    pub fn check(&self) -> Result<(), ChatError> {
        self.lines.check()?;
        let Ok(listen) = self.listen.parse::<std::net::SocketAddr>() else {
            return refuse("listen", "must be an address and a port, such as 127.0.0.1:7080");
        };
        if !listen.ip().is_loopback() && self.token.is_none() {
            return refuse("token", "is needed where others than this machine can reach the address");
        }
        if self.token.as_ref().is_some_and(|token| token.reveal().is_empty()) {
            return refuse("token", "is empty");
        }
        if self.body_bytes == 0 { refuse("body_bytes", "must be more than 0") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twitch(toml: &str) -> Result<(), String> {
        let options: ChatOptions = toml::from_str(toml).map_err(|error| error.to_string())?;
        options.check().map_err(|error| error.to_string())
    }

    #[test]
    fn an_anonymous_reader_needs_channels_only() {
        assert_eq!(twitch("[[twitch]]\nchannels = { somebody = \"room-1\" }"), Ok(()));
    }

    #[test]
    fn what_cannot_work_names_its_field() {
        for (toml, part) in [
            ("[[twitch]]", "channels"),
            ("[[twitch]]\nchannels = { \"a b\" = \"r\" }", "no name of a channel"),
            (
                "[[twitch]]\nserver = \"irc://host:1\"\nnick = \"n\"\ntoken = \"t\"\nchannels = { a = \"r\" }",
                "wss",
            ),
            ("[[twitch]]\nchannel = 3", "unknown field"),
            ("[http]\nlisten = \"0.0.0.0:80\"", "option token"),
            ("[http]\nlisten = \"everywhere\"", "option listen"),
            ("[[websocket]]\nurl = \"http://x\"", "option url"),
        ] {
            let error = twitch(toml).unwrap_err();
            assert!(error.contains(part), "{toml}: {error}");
        }
    }
}
