//! The schema: numbered files, applied in order, each once.
//!
//! Invariants: an applied file never changes (its BLAKE3 is recorded and compared); a file that stopped half way is
//! applied again, so its statements must be repeatable (`IF NOT EXISTS`, `OR REPLACE`); processes that start at once on
//! new tables all end with the same ones.

use std::time::Duration;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::{Error, Store};

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../schema/", $name, ".sql")))),*]
    };
}

const MIGRATIONS: &[(&str, &str)] = migrations![
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
];

const APPLIED: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (name String, blake3 String) \
     ENGINE = ReplacingMergeTree ORDER BY name";

/// How often, and how long, a failed migration is looked for among those that another process has applied.
const LOOKS: u32 = 8;
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
    let create = format!("CREATE DATABASE IF NOT EXISTS {}", store.database());
    store.outside(&create).execute().await.map_err(Error::query("creating the database"))?;
    store.raw(APPLIED).execute().await.map_err(Error::query("creating schema_migrations"))?;
    let applied = applied(store).await?;
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

async fn applied(store: &Store) -> Result<Vec<Applied>, Error> {
    store
        .raw("SELECT name, blake3 FROM schema_migrations FINAL ORDER BY name")
        .fetch_all()
        .await
        .map_err(Error::query("reading schema_migrations"))
}

/// Several jobs may start on new tables at once, and there is no lock to take. What another has applied meanwhile is left
/// alone, and who fails waits a little whether another gets through with it.
async fn run_once(store: &Store, name: &str, text: &str, blake3: String) -> Result<(), Error> {
    let is_applied = async || Ok::<_, Error>(applied(store).await?.iter().any(|row| row.name == name));
    if is_applied().await? {
        return Ok(());
    }
    let Err(failed) = run(store, name, text, blake3).await else { return Ok(()) };
    for _ in 0..LOOKS {
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
        store.raw(statement).execute().await.map_err(what())?;
    }
    let mut insert = store.client().insert::<Applied>("schema_migrations").await.map_err(what())?;
    insert.write(&Applied { name: name.to_owned(), blake3 }).await.map_err(what())?;
    insert.end().await.map_err(what())
}

/// Statements end with a `;` at the end of a line.
fn statements(text: &str) -> impl Iterator<Item = &str> {
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
            let ways = ["IF NOT EXISTS", "IF EXISTS", "CREATE OR REPLACE VIEW", "INSERT INTO clips_rows"];
            let repeatable = |s: &str| ways.iter().any(|way| s.contains(way));
            assert!(statements(text).all(repeatable), "{name}");
        }
    }
}
