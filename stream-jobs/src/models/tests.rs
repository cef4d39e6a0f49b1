//! Pulls from a hub on loopback that breaks off, redirects, lies, or is not there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use indicatif::ProgressBar;

use super::catalogue::File;
use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const BIG: usize = 300_000;

/// What the hub holds, how it behaves, and what it was asked.
#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
    /// Bytes of a body after which the connection ends, for so many requests.
    cut: (usize, usize),
    /// The digest that it says the big file has.
    tag: Option<String>,
    asked: Vec<(String, Option<usize>)>,
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 % 253) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    let found = ring::digest::digest(&ring::digest::SHA256, bytes);
    found.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn answer(shelf: &Mutex<Shelf>, stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        lines.push(line.trim().to_ascii_lowercase());
    }
    let Some(first) = lines.first() else { return Ok(()) };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let offset = lines.iter().find_map(|line| line.strip_prefix("range: bytes="));
    let offset = offset.and_then(|range| range.trim_end_matches('-').parse::<usize>().ok());
    let mut shelf = shelf.lock().expect("a shelf");
    shelf.asked.push((path.clone(), offset));
    let mut out = stream;
    if path == "/api/models/a/tiny/revision/main" {
        let body = format!("{{\"sha\": \"{COMMIT}\", \"siblings\": []}}");
        return write!(
            out,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }
    // As on the real hub, large files lie elsewhere.
    let tail = path.strip_prefix(&format!("/a/tiny/resolve/{COMMIT}/"));
    if tail == Some("big.bin") {
        return write!(
            out,
            "HTTP/1.1 302 Found\r\nlocation: /store/big.bin\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    }
    let name = tail.or(path.strip_prefix("/store/")).unwrap_or_default();
    let Some(body) = shelf.files.get(name).cloned() else {
        return write!(out, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    let from = offset.unwrap_or(0);
    if from >= body.len() {
        return write!(out, "HTTP/1.1 416 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let status = if offset.is_some() { "206 Partial Content" } else { "200 OK" };
    let tag = shelf.tag.as_ref().filter(|_| name == "big.bin");
    let tag = tag.map_or_else(String::new, |tag| format!("etag: \"{tag}\"\r\n"));
    let rest = &body[from..];
    write!(out, "HTTP/1.1 {status}\r\n{tag}content-length: {}\r\nconnection: close\r\n\r\n", rest.len())?;
    let cut = shelf.cut;
    let cuts = name == "big.bin" && cut.1 > 0;
    if cuts {
        shelf.cut.1 -= 1;
    }
    out.write_all(&rest[..if cuts { cut.0.min(rest.len()) } else { rest.len() }])
}

struct World {
    shelf: Arc<Mutex<Shelf>>,
    hub: Hub,
    places: Places,
    _folder: tempfile::TempDir,
}

fn world(shelf: Shelf) -> World {
    let shelf = Arc::new(Mutex::new(shelf));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let served = shelf.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = answer(&served, &stream) {
                eprintln!("the hub of the test: {error}");
            }
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places::find(Some(folder.path()), |_| None).expect("a place");
    let hub = Hub::find(|name| (name == "HF_ENDPOINT").then(|| endpoint.clone()));
    World { shelf, hub, places, _folder: folder }
}

fn full() -> Shelf {
    let files = [("config.json".to_owned(), b"{}".to_vec()), ("big.bin".to_owned(), bytes(BIG))];
    Shelf { files: files.into(), ..Shelf::default() }
}

fn tiny(sha256: Option<&'static str>) -> Listed {
    let files = vec![File { path: "config.json", sha256: None }, File { path: "big.bin", sha256 }];
    Listed {
        name: "tiny",
        repository: "a/tiny",
        revision: "main",
        kind: Kind::Whisper,
        field: "speech.model",
        about: "a test",
        files: files.leak(),
    }
}

impl World {
    async fn pull(&self, model: &Listed) -> Result<Pulled, String> {
        let pulled = pull(&self.places, &self.hub, model, &ProgressBar::hidden()).await;
        pulled.map_err(|error| format!("{error:#}"))
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.places.folder("a/tiny", COMMIT).join(name)
    }
}

#[tokio::test]
async fn a_pull_writes_files_and_pins_them() {
    let world = world(full());
    let pulled = world.pull(&tiny(None)).await.expect("a pull");
    assert_eq!((pulled.fetched, pulled.recorded), (2, 2));
    assert_eq!(std::fs::read(world.file("big.bin")).expect("the file"), bytes(BIG));
    let lock = Lock::read(&world.places).expect("a lock");
    assert_eq!(lock.models["tiny"].revision, COMMIT);
    assert_eq!(
        lock.models["tiny"].files["big.bin"],
        LockedFile { size: BIG as u64, sha256: hex(&bytes(BIG)) }
    );
    assert_eq!(verify(&world.places, &tiny(None)).expect("verified"), 2);
    // What is there is not asked for again.
    let before = world.shelf.lock().expect("a shelf").asked.len();
    assert_eq!(world.pull(&tiny(None)).await.expect("a pull").fetched, 0);
    assert_eq!(world.shelf.lock().expect("a shelf").asked.len(), before);
}

#[tokio::test]
async fn a_pull_that_broke_off_goes_on_where_it_stopped() {
    let world = world(Shelf { cut: (100_000, 5), ..full() });
    // Two hundred thousand bytes in two attempts, the whole in the third: each begins where the one before stopped.
    world.pull(&tiny(None)).await.expect("a pull");
    let offsets = |shelf: &Shelf| -> Vec<Option<usize>> {
        shelf.asked.iter().filter(|(path, _)| path == "/store/big.bin").map(|(_, offset)| *offset).collect()
    };
    assert_eq!(offsets(&world.shelf.lock().expect("a shelf")), [None, Some(100_000), Some(200_000)]);
    assert_eq!(std::fs::read(world.file("big.bin")).expect("the file"), bytes(BIG));
    assert!(!world.file("big.bin.part").exists());
}

#[tokio::test]
async fn a_part_outlives_a_pull_that_failed() {
    let world = world(Shelf { cut: (10_000, 3), ..full() });
    let error = world.pull(&tiny(None)).await.expect_err("three breaks");
    assert!(error.contains("broke off") && error.contains("Without a network, fetch these files"), "{error}");
    assert_eq!(std::fs::metadata(world.file("big.bin.part")).expect("the part").len(), 30_000);
    world.pull(&tiny(None)).await.expect("a pull");
    assert_eq!(world.shelf.lock().expect("a shelf").asked.last().expect("asked").1, Some(30_000));
    assert_eq!(std::fs::read(world.file("big.bin")).expect("the file"), bytes(BIG));
}

#[tokio::test]
async fn another_digest_is_refused_and_nothing_is_left() {
    let zeros = "0".repeat(64);
    for (model, tag) in [(tiny(Some(zeros.clone().leak())), None), (tiny(None), Some(zeros.clone()))] {
        let world = world(Shelf { tag, ..full() });
        let error = world.pull(&model).await.expect_err("a wrong digest");
        let expected = format!("its SHA-256 is {}, expected {zeros}", hex(&bytes(BIG)));
        assert!(error.contains(&expected), "{error}");
        assert!(!world.file("big.bin").exists() && !world.file("big.bin.part").exists());
    }
}

#[tokio::test]
async fn a_file_that_has_changed_is_told_and_fetched_again() {
    let world = world(full());
    world.pull(&tiny(None)).await.expect("a pull");
    std::fs::write(world.file("big.bin"), b"something else").expect("written");
    let error = verify(&world.places, &tiny(None)).expect_err("changed").to_string();
    assert!(error.contains("big.bin: its SHA-256 is") && error.contains(&hex(&bytes(BIG))), "{error}");
    assert_eq!(world.pull(&tiny(None)).await.expect("a pull").fetched, 1);
    // The hub's file changes: what was pinned is not replaced by it.
    std::fs::remove_file(world.file("config.json")).expect("removed");
    world.shelf.lock().expect("a shelf").files.insert("config.json".to_owned(), b"{\"a\": 1}".to_vec());
    assert!(world.pull(&tiny(None)).await.expect_err("changed").contains("config.json: its SHA-256 is"));
}

#[tokio::test]
async fn without_a_network_it_says_what_to_do_by_hand() {
    let world = world(Shelf::default());
    let hub = Hub::find(|name| (name == "HF_ENDPOINT").then(|| "http://127.0.0.1:1/".to_owned()));
    let error = pull(&world.places, &hub, &tiny(None), &ProgressBar::hidden()).await.expect_err("no hub");
    let error = format!("{error:#}");
    assert!(error.contains("cannot reach http://127.0.0.1:1/api/models/a/tiny"), "{error}");
    assert!(error.contains("  http://127.0.0.1:1/a/tiny/resolve/main/big.bin\n"), "{error}");
    assert!(error.contains("name it by speech.model"), "{error}");
    assert!(list(&world.places).expect("a list").iter().all(|status| status.folder.is_none()));
}
