//! ClickHouse inside this process, reached through the same HTTP as a server.
//!
//! Invariants: one engine, on one folder, per process; unless it is told to serve others, it listens on loopback only and
//! answers nobody without the key that this process drew; the last handle to close stops it.

mod engine;
mod ffi;
mod frames;
mod front;
mod leaving;
mod library;
mod request;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

pub use library::library_path;

use crate::Error;
use engine::Engine;
use front::Front;

/// What runs in this process, and how many handles keep it.
struct Running {
    data_dir: PathBuf,
    front: Front,
    handles: usize,
}

// Held while the engine starts and stops, so that a start can't meet a stop.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

/// Whether the way out of the process is prepared.
static WAY_OUT: Once = Once::new();

/// Where the engine listens, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// Port 0: a free one.
    pub(crate) listen: SocketAddr,
    /// What requests must know; empty for nothing.
    pub(crate) key: String,
}

impl Door {
    /// For this process alone.
    pub(crate) fn own() -> Result<Self, Error> {
        Ok(Self { listen: (Ipv4Addr::LOCALHOST, 0).into(), key: random_hex()? })
    }
}

/// A handle on the running engine.
pub(crate) struct Embedded {
    url: String,
    key: String,
}

impl Embedded {
    /// Starts the engine on a folder, or joins the one that runs there. Blocks for up to half a second.
    pub(crate) fn open(data_dir: &Path, door: Door) -> Result<Self, Error> {
        Self::open_with(data_dir, door, &[])
    }

    /// The same with more arguments for an engine that starts.
    pub(crate) fn open_with(data_dir: &Path, door: Door, more: &[String]) -> Result<Self, Error> {
        let what = || format!("data folder {}", data_dir.display());
        std::fs::create_dir_all(data_dir).map_err(Error::io(what()))?;
        let data_dir = data_dir.canonicalize().map_err(Error::io(what()))?;
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_mut() {
            if running.data_dir != data_dir {
                return Err(Error::OneFolder { open: running.data_dir.clone(), data_dir });
            }
            running.handles += 1;
            return Ok(running.front.handle());
        }
        let engine = Engine::open(&data_dir, more)?;
        WAY_OUT.call_once(|| leaving::at_exit_if(is_running));
        let front = Front::start(engine, door)?;
        let handle = front.handle();
        *running = Some(Running { data_dir, front, handles: 1 });
        Ok(handle)
    }

    /// Address, user and password of the front.
    pub(crate) fn access(&self) -> (String, String, String) {
        (self.url.clone(), "kairos".to_owned(), self.key.clone())
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = running.as_mut() {
            engine.handles -= 1;
            if engine.handles == 0
                && let Some(last) = running.take()
            {
                last.front.stop();
            }
        }
    }
}

/// Whether the engine is up; also while it starts or stops.
fn is_running() -> bool {
    RUNNING.try_lock().map_or(true, |running| running.is_some())
}

/// 128 random bits of the operating system, in hex.
pub(crate) fn random_hex() -> Result<String, Error> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(|source| Error::Io {
        what: "drawing a random key".to_owned(),
        source: std::io::Error::other(source.to_string()),
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}
