//! `kairos clickhouse`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;

use crate::config::Config;
use crate::{live, storage};

/// Serves the embedded engine to the jobs of this machine, as a ClickHouse server would, until it is stopped.
///
/// Jobs and queries reach it with KAIROS_CLICKHOUSE__URL=http://ADDRESS. For one machine and for trying things; past that,
/// run ClickHouse.
#[derive(Debug, Parser)]
pub struct Args {
    /// Output folder, under which the tables are.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Where to listen. Other than on loopback a password is needed (KAIROS_CLICKHOUSE__PASSWORD).
    #[arg(long, default_value = "127.0.0.1:8123", value_name = "ADDRESS")]
    listen: SocketAddr,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = live::stop_on_signals()?;
        std::fs::create_dir_all(&self.out)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let store = runtime.block_on(storage::serve(config, &self.out, self.listen))?;
        println!("listening on http://{}", self.listen);
        while !stop.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(runtime.block_on(store.close())?)
    }
}
