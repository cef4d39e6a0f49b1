//! A console over generated rooms on a free port, and a client for it that does what no browser would.
//!
//! Invariants: one engine for all tests of a file; every test has a console of its own; without an engine the tests
//! fail and say how to get it.

// Every test file takes what it needs; a helper that cannot go on has failed its test.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

#[path = "../../examples/demo/clips.rs"]
pub mod clips;
#[path = "../../examples/demo/fill.rs"]
pub mod fill;
#[path = "../../examples/demo/scene.rs"]
pub mod scene;
#[path = "../../examples/demo/talk.rs"]
pub mod talk;

use std::net::SocketAddr;
use std::path::PathBuf;

use kairos_clickhouse::{Store, Target};
use kairos_console::{Console, ConsoleOptions, Secret, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, oneshot};

pub const READER: &str = "reader-reader-reader";
pub const EDITOR: &str = "editor-editor-editor";

pub const SIZE: fill::Size = fill::Size { rooms: 5, units: 150, live: 3 };

/// Tables and clips that all tests of a file read.
pub struct Scenery {
    // Keeps the engine up between tests: a process that stops and starts it for each would mostly do that.
    _anchor: Store,
    pub clips: PathBuf,
    pub pool: Vec<clips::Drawn>,
    pub now_us: i64,
    pub highlights: usize,
}

static SCENERY: OnceCell<Scenery> = OnceCell::const_new();

fn folder(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("desk-{file}"))
}

/// A connection of its own: one that was made by a test ends with that test.
async fn connect(file: &str) -> Store {
    let target = match std::env::var("KAIROS_CLICKHOUSE") {
        Ok(url) if !url.is_empty() => {
            Target::Url { url, user: None, password: None, database: Some(format!("kairos_{file}")) }
        }
        _ => Target::Embedded { data_dir: folder(file).join("tables") },
    };
    Store::connect(target).await.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn scenery(file: &str) -> &'static Scenery {
    let make = || async {
        if let Err(error) = std::fs::remove_dir_all(folder(file)) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        }
        let store = connect(file).await;
        store.migrate().await.unwrap();
        let clips = folder(file).join("clips");
        let pool =
            clips::make(&clips, 2).unwrap_or_else(|error| panic!("drawing clips: {error}; install ffmpeg"));
        let now_us = fill::now_us();
        let highlights = fill::fill(&store, &pool, SIZE, now_us).await.unwrap();
        Scenery { _anchor: store, clips, pool, now_us, highlights }
    };
    SCENERY.get_or_init(make).await
}

/// A console that serves until it is dropped.
pub struct Desk {
    pub address: SocketAddr,
    pub scenery: &'static Scenery,
    pub store: Store,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<Result<(), kairos_console::Error>>>,
}

/// Options with a token for each role and nothing for anybody else.
pub fn guarded() -> ConsoleOptions {
    ConsoleOptions {
        reader_tokens: vec![Secret::new(READER)],
        editor_tokens: vec![Secret::new(EDITOR)],
        anonymous: Some(kairos_console::Anonymous::Nobody),
        live_ms: 100,
        ..ConsoleOptions::default()
    }
}

impl Desk {
    pub async fn open(file: &str, options: ConsoleOptions) -> Self {
        let scenery = scenery(file).await;
        let store = connect(file).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let console = Console { options, ..Console::new(store.clone(), &scenery.clips) };
        let stopped = async move { stopped.await.unwrap_or_default() };
        let served = tokio::spawn(serve(listener, console, stopped));
        Self { address, scenery, store, stop: Some(stop), served: Some(served) }
    }

    /// Asks to stop and waits until it has.
    pub async fn close(mut self) -> Result<(), kairos_console::Error> {
        drop(self.stop.take());
        self.served.take().unwrap().await.unwrap()
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        socket.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).await.unwrap();
        Answer::read(&bytes)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("authorization", &format!("Bearer {EDITOR}"))], "").await
    }

    /// The answer's JSON, which must be there.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn put(&self, path: &str, token: &str, body: &str) -> Answer {
        let token = format!("Bearer {token}");
        self.ask("PUT", path, &[("authorization", &token), ("content-type", "application/json")], body).await
    }

    /// A connection on which the answer goes on.
    pub async fn listen(&self, path: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {EDITOR}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        socket
    }

    pub async fn first_key(&self) -> String {
        let page = self.json("/api/v1/highlights?limit=1").await;
        page["highlights"][0]["key"].as_str().unwrap().to_owned()
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Self { status, head, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding").as_deref() == Some("chunked") {
            let (mut rest, mut body) = (answer.body.as_slice(), Vec::new());
            loop {
                let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
                let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&rest[line + 2..line + 2 + size]);
                rest = &rest[line + 4 + size..];
            }
            answer.body = body;
        }
        answer
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let line = |line: &str| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        self.head.lines().find_map(line)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Fails unless this is a problem document of a status.
    pub fn assert_problem(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

impl Desk {
    /// As [`Desk::first_key`], where nobody needs a token.
    pub async fn first_key_openly(&self) -> String {
        let page = self.ask("GET", "/api/v1/highlights?limit=1", &[], "").await.json();
        page["highlights"][0]["key"].as_str().unwrap().to_owned()
    }
}
