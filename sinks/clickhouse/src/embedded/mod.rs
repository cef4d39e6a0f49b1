//! ClickHouse inside this process, reached through the same HTTP as a server.
//!
//! Invariants: one engine, on one folder, per process; it listens on loopback only and answers nobody without the
//! key that this process drew; the last handle to close stops it.

mod engine;
mod ffi;
mod frames;
mod front;
mod library;
mod request;

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

/// Registered once the library is loaded, so that it runs before the library's own destructors.
static STOP_AT_EXIT: Once = Once::new();

/// A process that exits with an open store (after an error, say) still stops the engine: its threads must not
/// run on while the library is torn down under them.
extern "C" fn stop_at_exit() {
    let stop = || {
        if let Ok(mut running) = RUNNING.try_lock()
            && let Some(last) = running.take()
        {
            last.front.stop();
        }
    };
    // On a thread of its own: the exiting thread has lost its thread-local state. If there is none to be had or
    // the stop fails, exiting goes on all the same.
    if let Ok(stopping) = std::thread::Builder::new().name("kairos-exit".to_owned()).spawn(stop) {
        drop(stopping.join());
    }
}

/// A handle on the running engine.
pub(crate) struct Embedded {
    url: String,
    key: String,
}

impl Embedded {
    /// Starts the engine on a folder, or joins the one that runs there. Blocks for up to half a second.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, Error> {
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
        let engine = Engine::open(&data_dir)?;
        STOP_AT_EXIT.call_once(|| ffi::at_exit(stop_at_exit));
        let front = Front::start(engine, random_hex()?)?;
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

/// 128 random bits of the operating system, in hex.
pub(crate) fn random_hex() -> Result<String, Error> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(|source| Error::Io {
        what: "drawing a random key".to_owned(),
        source: std::io::Error::other(source.to_string()),
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}
