//! Which ClickHouse: a configured server, or the embedded engine under the output folder.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use kairos_clickhouse::{Store, Target};

use crate::config::Config;

/// Folder of the embedded engine's tables inside an output folder.
const FOLDER: &str = "clickhouse";

fn target(config: &Config, out: &Path) -> Target {
    match &config.clickhouse.url {
        Some(url) => Target::Url {
            url: url.clone(),
            user: config.clickhouse.user.clone(),
            password: config.clickhouse.password.clone(),
            database: config.clickhouse.database.clone(),
        },
        None => Target::Embedded { data_dir: out.join(FOLDER) },
    }
}

/// Serves the embedded engine of `out` to other processes, until the store is closed. The password is the configured one.
///
/// # Errors
/// If the engine is missing, its folder in use, the address taken, or a password wanting.
pub async fn serve(config: &Config, out: &Path, listen: SocketAddr) -> anyhow::Result<Store> {
    let password = config.clickhouse.password.clone().unwrap_or_default();
    let store = Store::connect(Target::Served { data_dir: out.join(FOLDER), listen, password }).await?;
    std::mem::forget(store.clone());
    store.migrate().await?;
    store.retain(&config.clickhouse.retention).await?;
    Ok(store)
}

/// Opens the tables for writing; they are made when they are not there, and keep rows for as long as is configured.
///
/// # Errors
/// If the server doesn't answer, the embedded engine is missing or its folder in use, a migration fails, or a table has
/// a lifetime that the configuration contradicts.
pub async fn open(config: &Config, out: &Path) -> anyhow::Result<Store> {
    let store = migrated(config, out).await?;
    store.retain(&config.clickhouse.retention).await?;
    Ok(store)
}

async fn migrated(config: &Config, out: &Path) -> anyhow::Result<Store> {
    let store = Store::connect(target(config, out)).await?;
    let store = match config.clickhouse.cluster.as_str() {
        "" => store,
        cluster => store.on_cluster(cluster)?,
    };
    // One handle is never dropped, so that the embedded engine runs until the process exits: stopping it is
    // the one thing that can still fail then, and every acknowledged row is on disk already.
    std::mem::forget(store.clone());
    store.migrate().await?;
    Ok(store)
}

/// Opens tables that a replay or a job has written. For how long rows are kept stays as it is: whoever only asks need not
/// know.
///
/// # Errors
/// Also if nothing was written there yet.
pub async fn open_existing(config: &Config, out: &Path) -> anyhow::Result<Store> {
    if config.clickhouse.url.is_none() && !out.join(FOLDER).is_dir() {
        bail!("no rows in {}: run `kairos replay RECORDING --out {}` first", out.display(), out.display());
    }
    migrated(config, out).await
}

/// Brings the rollups by hour up to date at once and then every so often, until the task is dropped. Several servers may: an
/// hour is made anew from its rows, whoever makes it. A rollup that fails is said, and made the next time.
pub async fn roll_up(store: Store, every: Duration) {
    let mut times = tokio::time::interval(every);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        match store.rollup().await {
            Ok(rolled) => {
                let hours: u64 = rolled.iter().map(|rolled| rolled.hours).sum();
                tracing::info!(hours, "rolled up");
            }
            Err(error) => tracing::warn!(%error, "the rollup by hour failed and is made again with the next"),
        }
    }
}
