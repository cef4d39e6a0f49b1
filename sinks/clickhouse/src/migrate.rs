//! The schema: numbered files, applied in order, each once.
//!
//! Invariants: an applied file never changes (its BLAKE3 is recorded and compared); a file that stopped half way is
//! applied again, so its statements must be repeatable (`IF NOT EXISTS`, `OR REPLACE`); processes that start at once on
//! new tables all end with the same ones; the record is of the file, whichever form its statements took, and tables of one
//! form are never taken for those of the other.

use std::time::Duration;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::cluster::{self, Cluster};
use crate::{Error, Store};

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../schema/", $name, ".sql")))),*]
    };
}

pub(crate) const MIGRATIONS: &[(&str, &str)] = migrations![
    "001_streams",
    "002_frame_scores",
    "003_highlights",
    "004_gift_predictions",
    "005_comments",
    "006_gifts",
    "007_feedback",
    "008_room_state",
    "009_ledger",
    "010_score_delay",
    "011_highlight_labels",
    "012_evaluations",
    "013_evaluation_scores",
    "014_clips",
    "015_clips_of_before",
    "016_highlights_beside_clips",
    "017_reviews",
    "018_words",
    "019_checkpoints",
    "020_dictionary",
    "021_dictionary_of_views",
    "022_written_at",
    "023_hours",
    "024_unit_vectors",
    "025_missing_parts",
];

const APPLIED: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (name String, blake3 String) \
     ENGINE = ReplacingMergeTree ORDER BY name";

/// How often, and how long, a failed migration is looked for among those that another process has applied.
const LOOKS: u32 = 24;
/// The same where every statement goes to all servers of a cluster.
const LOOKS_ON_CLUSTER: u32 = 240;
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Row, Serialize, Deserialize)]
struct Applied {
    name: String,
    blake3: String,
}

impl Store {
    /// Makes the database and its tables, or brings them up to this version. Does nothing the second time.
    ///
    /// # Errors
    /// If a migration that was applied has since been edited ([`Error::MigrationChanged`]), if the tables come from
    /// a newer version ([`Error::MigrationUnknown`]), or if ClickHouse refuses a statement.
    pub async fn migrate(&self) -> Result<(), Error> {
        apply(self, MIGRATIONS).await
    }
}

async fn apply(store: &Store, migrations: &[(&str, &str)]) -> Result<(), Error> {
    has_one_form(store).await?;
    prepare(store).await?;
    let mut applied = applied(store).await?;
    if migrations.iter().any(|(name, _)| applied.iter().all(|row| row.name != *name)) {
        applied = caught_up(store).await?;
    }
    if let Some(unknown) = applied.iter().find(|row| migrations.iter().all(|(name, _)| *name != row.name)) {
        return Err(Error::MigrationUnknown { name: unknown.name.clone() });
    }
    for (name, text) in migrations {
        let now = blake3::hash(text.as_bytes()).to_hex().to_string();
        match applied.iter().find(|row| row.name == *name) {
            Some(row) if row.blake3 == now => {}
            Some(row) => {
                return Err(Error::MigrationChanged {
                    name: (*name).to_owned(),
                    recorded: row.blake3.clone(),
                    now,
                });
            }
            None => run_once(store, name, text, now).await?,
        }
    }
    Ok(())
}

/// A migration alters the tables of its own form; those of the other it would pass by.
async fn has_one_form(store: &Store) -> Result<(), Error> {
    let sql = "SELECT name FROM system.tables WHERE database = {database:String} AND endsWith(name, '_rows') \
        AND (engine = 'Distributed') != {clustered:UInt8} ORDER BY name LIMIT 1";
    let clustered = u8::from(store.cluster().is_some());
    let query = store.outside(sql).param("database", store.database()).param("clustered", clustered);
    match query.fetch_optional::<String>().await.map_err(Error::query("looking at the tables"))? {
        Some(table) => Err(Error::OtherForm { table, clustered: clustered == 1 }),
        None => Ok(()),
    }
}

/// Makes the database and the table of what was applied. On a cluster that is asked of every server, so only once: a job
/// must start while one of them is away.
async fn prepare(store: &Store) -> Result<(), Error> {
    if let Some(cluster) = store.cluster().filter(|cluster| cluster.has_keeper()) {
        let sql = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'schema_migrations'";
        let query = store.outside(sql).param("database", store.database());
        if query.fetch_one::<u64>().await.map_err(Error::query("looking at the tables"))? > 0 {
            return Ok(());
        }
        tracing::info!(cluster = cluster.name(), database = store.database(), "making tables on a cluster");
    }
    let on = store.cluster().map(Cluster::on).unwrap_or_default();
    let create = format!("CREATE DATABASE IF NOT EXISTS {}{on}", store.database());
    store.outside(&create).execute().await.map_err(Error::query("creating the database"))?;
    let create = store.cluster().map_or_else(|| APPLIED.to_owned(), Cluster::applied_table);
    store.raw(&create).execute().await.map_err(Error::query("creating schema_migrations"))
}

async fn applied(store: &Store) -> Result<Vec<Applied>, Error> {
    store
        .raw("SELECT name, blake3 FROM schema_migrations FINAL ORDER BY name")
        .fetch_all()
        .await
        .map_err(Error::query("reading schema_migrations"))
}

/// The same, with what other servers of a cluster have recorded and this one has not heard of yet.
async fn caught_up(store: &Store) -> Result<Vec<Applied>, Error> {
    if store.cluster().is_some_and(Cluster::has_keeper) {
        let sync = "SYSTEM SYNC REPLICA schema_migrations";
        store.raw(sync).execute().await.map_err(Error::query("catching up on schema_migrations"))?;
    }
    applied(store).await
}

/// Several jobs may start on new tables at once, and there is no lock to take. What another has applied meanwhile is left
/// alone, and who fails waits a little whether another gets through with it.
async fn run_once(store: &Store, name: &str, text: &str, blake3: String) -> Result<(), Error> {
    let is_applied = async || Ok::<_, Error>(caught_up(store).await?.iter().any(|row| row.name == name));
    if is_applied().await? {
        return Ok(());
    }
    let Err(failed) = run(store, name, text, blake3).await else { return Ok(()) };
    let looks = if store.cluster().is_some() { LOOKS_ON_CLUSTER } else { LOOKS };
    for _ in 0..looks {
        tokio::time::sleep(PAUSE).await;
        if is_applied().await? {
            return Ok(());
        }
    }
    Err(failed)
}

async fn run(store: &Store, name: &str, text: &str, blake3: String) -> Result<(), Error> {
    let what = || Error::query(format!("migration {name}"));
    for statement in statements(text) {
        run_statement(store, statement, &format!("migration {name}")).await?;
    }
    let mut insert = store.client().insert::<Applied>("schema_migrations").await.map_err(what())?;
    insert.write(&Applied { name: name.to_owned(), blake3 }).await.map_err(what())?;
    insert.end().await.map_err(what())
}

/// Runs a statement of the schema in the form that the tables have.
pub(crate) async fn run_statement(store: &Store, statement: &str, what: &str) -> Result<(), Error> {
    let Some(cluster) = store.cluster() else {
        return store.raw(statement).execute().await.map_err(Error::query(what));
    };
    for statement in cluster::statements(cluster, store.database(), statement)? {
        // Only then does the answer say of every server whether it failed there.
        let waiting = store.raw(&statement).with_setting("wait_end_of_query", "1");
        waiting.execute().await.map_err(Error::query(what))?;
    }
    Ok(())
}

/// Statements end with a `;` at the end of a line.
pub(crate) fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::DIGESTED;

    #[test]
    fn migrations_are_numbered_without_gaps() {
        for (index, (name, _)) in MIGRATIONS.iter().enumerate() {
            assert!(name.starts_with(&format!("{:03}_", index + 1)), "{name}");
        }
    }

    #[test]
    fn every_view_reads_its_storage_without_superseded_revisions() {
        let schema: String = MIGRATIONS.iter().map(|(_, text)| *text).collect();
        let schema = schema.replace("VIEW IF NOT EXISTS ", "VIEW ");
        for (view, storage, identity) in DIGESTED {
            assert!(schema.contains(&format!("VIEW {view} AS SELECT * FROM {storage} FINAL")), "{view}");
            assert!(schema.contains(&format!("ORDER BY ({})", identity.join(", "))), "{view}");
        }
    }

    #[test]
    fn statements_can_be_repeated() {
        for (name, text) in MIGRATIONS {
            // Rows that are copied twice are one: the table keeps one per identity.
            let ways = [
                "IF NOT EXISTS",
                "IF EXISTS",
                "CREATE OR REPLACE VIEW",
                "MODIFY COMMENT",
                "INSERT INTO clips_rows",
            ];
            let repeatable = |s: &str| ways.iter().any(|way| s.contains(way));
            assert!(statements(text).all(repeatable), "{name}");
        }
    }
}
