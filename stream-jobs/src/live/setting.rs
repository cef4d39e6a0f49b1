//! What every live job is run with.

use std::path::PathBuf;

use kairos_clickhouse::Store;
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::storage;

/// What to run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The configuration.
    pub config: Config,
    /// Output folder: files, and the embedded engine where no server is configured.
    pub out: PathBuf,
    /// Stop when everything that the topics held at the start is done.
    pub until_end: bool,
}

impl Setting {
    /// The tables, and a runtime whose one thread writes them.
    ///
    /// # Errors
    /// If there are no tables, or no thread.
    pub fn tables(&self) -> anyhow::Result<(Runtime, Store)> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kairos-rows")
            .enable_all()
            .build()?;
        let store = runtime.block_on(storage::open(&self.config, &self.out))?;
        Ok((runtime, store))
    }
}
