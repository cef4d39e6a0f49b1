//! Where a room's media comes from, as a URL or a path. Keys and passwords are used, never shown.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::CaptureError;

/// A live source. `Debug`, `Display` and serialisation show it without secrets.
///
/// | text | meaning |
/// |---|---|
/// | `rtmp://host/app/key`, `rtmps://...` | pulled from an RTMP server |
/// | `rtmp-listen://0.0.0.0:1935/app` | senders push to us; the stream key is the room's id |
/// | `rtmp-listen://0.0.0.0:1935/app?key=KEY` | the same with a key of its own |
/// | `srt://host:port` | SRT, we call; `?passphrase=`, `?streamid=`, `?latency=` as usual |
/// | `srt://0.0.0.0:port?mode=listener` | SRT, the sender calls us |
/// | `https://host/path.m3u8` | HLS; any other `http` address is read as one endless file (HTTP-FLV, HTTP-TS) |
/// | `rtsp://user:password@host/path` | RTSP |
/// | `file:///path` or a path | a file |
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Source {
    text: String,
    pub(crate) kind: SourceKind,
    name: Arc<str>,
    secrets: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SourceKind {
    RtmpPull,
    RtmpListen { address: SocketAddr, app: String, key: Option<String> },
    Srt { listener: bool },
    Http,
    Rtsp,
    File(PathBuf),
}

impl Source {
    /// Its name in positions, logs and errors: without stream key, user, password and query.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether it waits for senders whose stream key says which room they are.
    pub fn is_open_listener(&self) -> bool {
        matches!(self.kind, SourceKind::RtmpListen { key: None, .. })
    }

    /// The text with everything, for whoever connects.
    pub(crate) fn secret_text(&self) -> &str {
        &self.text
    }

    /// What others wrote about it, without its secrets.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// Senders come to us, at a moment that is theirs to choose.
    pub(crate) fn listens(&self) -> bool {
        matches!(self.kind, SourceKind::RtmpListen { .. } | SourceKind::Srt { listener: true })
    }

    /// What a sender pushes to an open listener.
    pub(crate) fn pushed(address: SocketAddr, app: &str, key: &str) -> Self {
        let kind = SourceKind::RtmpListen { address, app: app.to_owned(), key: Some(key.to_owned()) };
        let name = format!("rtmp-listen://{address}/{app}");
        Self::of(&format!("{name}?key={key}"), kind, name, vec![key.to_owned()])
    }

    fn of(text: &str, kind: SourceKind, name: String, mut secrets: Vec<String>) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        // The longest first, so that none leaves a part of another behind.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { text: text.to_owned(), kind, name: name.into(), secrets }
    }
}

/// The parts of an address that are used.
struct Address {
    scheme: String,
    host: String,
    port: Option<u16>,
    path: String,
    query: String,
    secrets: Vec<String>,
}

impl Address {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let query = url.query().unwrap_or_default().to_owned();
        let mut secrets = vec![text.to_owned(), query.clone()];
        secrets.extend(url.password().map(str::to_owned));
        secrets.extend(url.fragment().map(str::to_owned));
        secrets.push(url.username().to_owned());
        // Of a query also each value, as errors of libraries show them one by one.
        secrets.extend(query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
        // What is shorter is a number or a word of the protocol, which messages are full of.
        secrets.retain(|secret| secret.len() > 3 && !["caller", "listener"].contains(&secret.as_str()));
        Ok(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port(),
            path: url.path().to_owned(),
            query,
            secrets,
        })
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }

    fn place(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{}://{}{port}", self.scheme, self.host)
    }
}

fn parse(text: &str) -> Result<Source, String> {
    let Some((scheme, _)) = text.split_once("://") else {
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        return Ok(file(text, PathBuf::from(text)));
    };
    if scheme.eq_ignore_ascii_case("file") {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let path = url.to_file_path().map_err(|()| "is no path of this machine".to_owned())?;
        return Ok(file(text, path));
    }
    let mut address = Address::parse(text)?;
    let needs = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
    needs(!address.host.is_empty(), "has no host")?;
    let place = address.place();
    let kind = match address.scheme.as_str() {
        "rtmp" | "rtmps" => {
            let (app, key) = address.path.rsplit_once('/').unwrap_or_default();
            needs(
                app.len() > 1 && !key.is_empty(),
                "needs an application and a stream key: rtmp://host/app/key",
            )?;
            address.secrets.push(key.to_owned());
            return Ok(Source::of(text, SourceKind::RtmpPull, format!("{place}{app}"), address.secrets));
        }
        "rtmp-listen" => {
            let host = address.host.trim_matches(['[', ']']);
            let ip = host.parse().ok().ok_or("needs a numeric address to listen on, such as 0.0.0.0")?;
            let app = address.path.trim_matches('/').to_owned();
            needs(!app.is_empty(), "needs an application: rtmp-listen://0.0.0.0:1935/app")?;
            let key = address.value("key").map(str::to_owned);
            address.secrets.extend(key.clone());
            let listen = SocketAddr::new(ip, address.port.unwrap_or(1935));
            let name = format!("{place}/{app}");
            let kind = SourceKind::RtmpListen { address: listen, app, key };
            return Ok(Source::of(text, kind, name, address.secrets));
        }
        "srt" => {
            needs(address.port.is_some(), "needs a port: srt://host:port")?;
            match address.value("mode").unwrap_or("caller") {
                "caller" => SourceKind::Srt { listener: false },
                "listener" => SourceKind::Srt { listener: true },
                _ => return Err("mode must be caller or listener".to_owned()),
            }
        }
        "http" | "https" => {
            let name = format!("{place}{}", address.path);
            return Ok(Source::of(text, SourceKind::Http, name, address.secrets));
        }
        "rtsp" | "rtsps" => SourceKind::Rtsp,
        other => {
            return Err(format!(
                "scheme {other:?} is not one of rtmp, rtmps, rtmp-listen, srt, http, https, rtsp, rtsps, file"
            ));
        }
    };
    let name = if kind == SourceKind::Rtsp { format!("{place}{}", address.path) } else { place };
    Ok(Source::of(text, kind, name, address.secrets))
}

fn file(text: &str, path: PathBuf) -> Source {
    let name = path.file_name().map_or_else(|| text.to_owned(), |name| name.to_string_lossy().into_owned());
    Source::of(text, SourceKind::File(path), name, Vec::new())
}

/// A text that could not be read, up to where its secrets may begin.
fn shown(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, _)) => format!("{}://***", scheme.chars().take(16).collect::<String>()),
        None => text.chars().take(200).collect(),
    }
}

impl FromStr for Source {
    type Err = CaptureError;

    fn from_str(text: &str) -> Result<Self, CaptureError> {
        parse(text.trim())
            .map_err(|problem| CaptureError::Source { source_text: shown(text.trim()), problem })
    }
}

impl TryFrom<String> for Source {
    type Error = CaptureError;

    fn try_from(text: String) -> Result<Self, CaptureError> {
        text.parse()
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name)
    }
}

impl fmt::Debug for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RtmpPull => "rtmp",
            Self::RtmpListen { .. } => "rtmp-listen",
            Self::Srt { .. } => "srt",
            Self::Http => "http",
            Self::Rtsp => "rtsp",
            Self::File(_) => "file",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        text.parse().unwrap()
    }

    #[test]
    fn names_tell_the_place_and_no_secret() {
        for (text, name) in [
            ("rtmp://live.example/app/inst/s3cret-key", "rtmp://live.example/app/inst"),
            ("rtmps://live.example:443/app/s3cret?auth=s3cret", "rtmps://live.example:443/app"),
            ("srt://host:9000?passphrase=s3cret&streamid=s3cret2", "srt://host:9000"),
            ("srt://0.0.0.0:9000?mode=listener", "srt://0.0.0.0:9000"),
            ("https://u:s3cret@cdn.example/a/live.m3u8?token=s3cret", "https://cdn.example/a/live.m3u8"),
            ("rtsp://admin:s3cret@10.0.0.5:554/cam", "rtsp://10.0.0.5:554/cam"),
            ("rtmp-listen://0.0.0.0:1935/live?key=s3cret", "rtmp-listen://0.0.0.0:1935/live"),
            ("/srv/recordings/show.mp4", "show.mp4"),
            ("file:///srv/recordings/a%20b.ts", "a b.ts"),
        ] {
            let source = source(text);
            assert_eq!(&**source.name(), name);
            assert!(!format!("{source} {source:?} {:?}", source.kind).contains("s3cret"), "{text}");
            let echoed = source.scrub(&format!("could not open {text}: key s3cret-key or s3cret"));
            if text.contains("s3cret-key") {
                assert!(!echoed.contains("s3cret-key"), "{echoed}");
            }
        }
    }

    #[test]
    fn messages_of_others_are_freed_of_secrets() {
        let source = source("rtmp://live.example/app/abc-key");
        assert_eq!(
            source.scrub("no stream abc-key at rtmp://live.example/app/abc-key"),
            "no stream *** at ***"
        );
    }

    #[test]
    fn what_cannot_be_a_source_says_why_and_shows_no_secret() {
        for (text, part) in [
            ("", "is empty"),
            ("rtmp://host/s3cret", "needs an application and a stream key"),
            ("srt://host?passphrase=s3cret", "needs a port"),
            ("srt://host:1?mode=s3cret", "mode must be"),
            ("rtmp-listen://live.example/app?key=s3cret", "numeric address"),
            ("gopher://host/s3cret", "is not one of"),
        ] {
            let error = text.parse::<Source>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn the_listener_of_a_source_is_understood() {
        let SourceKind::RtmpListen { address, app, key } = source("rtmp-listen://127.0.0.1/live?key=k").kind
        else {
            panic!("a listener");
        };
        assert_eq!((address.port(), app.as_str(), key.as_deref()), (1935, "live", Some("k")));
        assert!(source("srt://0.0.0.0:1?mode=listener").listens());
        assert!(!source("srt://host:1").listens());
    }
}
