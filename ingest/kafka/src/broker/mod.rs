//! A real broker for tests: Apache Kafka, one node, on free loopback ports and a folder of its own.
//!
//! The jars are those that `make setup` fetches. Where they or Java are missing, starting fails and says so;
//! a test that needs the broker then fails too. `KAIROS_KAFKA=host:port` points [`Broker::shared`] at another
//! broker. A broker ends with its handle, or with the process, however that ends.

mod folder;
mod port;
mod process;
mod secured;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Admin, Error, Layout, Settings};
use folder::failed;
pub use port::free_port;
use process::Process;
pub use secured::Secured;

/// A running broker.
pub struct Broker {
    address: String,
    /// Absent for a broker that was not started here.
    process: Option<Process>,
}

/// Other programs may take a port between its choice and its use.
const ATTEMPTS: usize = 3;

impl Broker {
    /// Starts a broker.
    ///
    /// # Errors
    /// If Java or the jars are missing, or it does not come up.
    pub fn start() -> Result<Self, Error> {
        let mut attempt = 1;
        loop {
            let (port, controller) = (free_port()?, free_port()?);
            let mut process = Process::prepare(port, controller)?;
            match process.start() {
                Ok(()) => return Ok(Self { address: format!("127.0.0.1:{port}"), process: Some(process) }),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// The broker that the tests of one process share.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Result<Broker, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| match std::env::var("KAIROS_KAFKA") {
            Ok(address) => Ok(Self { address, process: None }),
            Err(_unset) => Self::start().map_err(|error| error.to_string()),
        });
        started.as_ref().map_err(|reason| failed(reason.clone()))
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Settings with a prefix that no other test uses, and limits that suit tests.
    pub fn settings(&self, name: &str) -> Settings {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Settings {
            brokers: self.address.clone(),
            prefix: format!("{name}-{}-{count}", std::process::id()),
            session_timeout_ms: 6_000,
            ..Settings::default()
        }
    }

    /// [`Self::settings`] with the project's topics created under its prefix.
    ///
    /// # Errors
    /// If the broker refuses.
    pub fn with_topics(&self, name: &str, partitions: i32) -> Result<Settings, Error> {
        let settings = self.settings(name);
        Admin::open(&settings)?.create_topics(&Layout { partitions, replication: 1 })?;
        Ok(settings)
    }

    /// Ends the process at once, as a crash does (SIGKILL). What it had written stays.
    ///
    /// # Errors
    /// If it was not started here.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.own()?.kill();
        Ok(())
    }

    /// Starts it again on the same ports and the same folder.
    ///
    /// # Errors
    /// If it was not started here, or does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.own()?.start()
    }

    fn own(&mut self) -> Result<&mut Process, Error> {
        let address = self.address.clone();
        self.process.as_mut().ok_or_else(|| failed(format!("{address} was not started here")))
    }
}
