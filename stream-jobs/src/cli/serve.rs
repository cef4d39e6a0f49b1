//! `kairos serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use kairos_console::Console;

use crate::config::Config;
use crate::{live, storage, telemetry};

/// Serves the review screen and the HTTP API (/openapi.json), until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    /// Output folder of a replay or of jobs: rows of the embedded engine, and clips/.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Where to listen. Other than on loopback nobody is let in without a token (section [serve]).
    #[arg(long, default_value = "127.0.0.1:7000", value_name = "ADDRESS")]
    listen: SocketAddr,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = live::stop_on_signals()?;
        std::fs::create_dir_all(&self.out)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let store = storage::open(config, &self.out).await?;
            let listener = tokio::net::TcpListener::bind(self.listen)
                .await
                .with_context(|| format!("listening on {}", self.listen))?;
            let address = listener.local_addr()?;
            println!("http://{address}");
            let handle = telemetry::collect("serve")?;
            tokio::spawn(telemetry::upkeep(handle.clone()));
            if config.clickhouse.rollup_minutes > 0 {
                let every = Duration::from_secs(60 * u64::from(config.clickhouse.rollup_minutes));
                tokio::spawn(storage::roll_up(store.clone(), every));
            }
            let console = Console {
                options: config.serve.clone(),
                metrics: Some(handle),
                ..Console::new(store.clone(), self.out.join("clips"))
            };
            let stopped = async move {
                while !stop.load(Ordering::Acquire) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            kairos_console::serve(listener, console, stopped).await?;
            Ok(store.close().await?)
        })
    }
}
