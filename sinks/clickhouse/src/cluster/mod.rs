//! The schema on several servers: the same migrations, with tables that are sharded and replicated.
//!
//! Invariants: there is one schema text, that of the migrations; every table of it becomes a replicated table on each shard
//! (`NAME_local`) and a `Distributed` table of its own name over all of them, so that views, queries and the writer are
//! the same in both forms; all revisions of a row are on one shard, because a table is sharded by columns of its identity;
//! a statement of an unknown kind is an error, never left out.

mod rewrite;
#[cfg(test)]
mod tests;

pub(crate) use rewrite::statements;

use crate::Error;

/// Where replicas of a shard's table meet; the server fills in the braces from its macros and the table's name.
const SHARD_PATH: &str = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

/// The same for a table that all servers have whole.
const WHOLE_PATH: &str = "'/clickhouse/tables/{database}/{table}', '{shard}-{replica}'";

/// How many inserts into a shard's table a repeated one is compared with. All writers share them, and a batch may come
/// again minutes later.
const WINDOW: u32 = 10_000;

/// What every request says. A row is acknowledged when its shard has it, on most of its replicas: otherwise a server that
/// dies could take rows with it that a checkpoint elsewhere calls written. The server gives up waiting before the writer does.
pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("insert_distributed_sync", "1"),
    ("insert_quorum", "auto"),
    ("insert_quorum_timeout", "30000"),
    ("alter_sync", "2"),
];

/// A cluster that the servers' configuration defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    name: String,
    /// Whether the servers have a Keeper, so that statements reach all of them and tables are replicated. Only tests go
    /// without: the embedded engine has none.
    has_keeper: bool,
}

impl Cluster {
    /// The cluster of a name.
    ///
    /// # Errors
    /// If the name has other characters than letters, digits, `_`, `-` and `.`.
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
            return Err(Error::Cluster { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), has_keeper: true })
    }

    #[cfg(test)]
    pub(crate) fn without_keeper(self) -> Self {
        Self { has_keeper: false, ..self }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn has_keeper(&self) -> bool {
        self.has_keeper
    }

    /// What follows the name of the object in a statement that all servers run.
    pub(crate) fn on(&self) -> String {
        if self.has_keeper { format!(" ON CLUSTER '{}'", self.name) } else { String::new() }
    }

    /// The table that says what was applied. Each server has all of it: who asks any of them finds the same, and it is
    /// there before anything else is.
    pub(crate) fn applied_table(&self) -> String {
        let engine = self.engine(WHOLE_PATH, "");
        format!(
            "CREATE TABLE IF NOT EXISTS schema_migrations{} (name String, blake3 String) ENGINE = {engine} ORDER BY name",
            self.on()
        )
    }

    fn engine(&self, path: &str, version: &str) -> String {
        match (self.has_keeper, version) {
            (true, "") => format!("ReplicatedReplacingMergeTree({path})"),
            (true, version) => format!("ReplicatedReplacingMergeTree({path}, {version})"),
            (false, version) => format!("ReplacingMergeTree({version})"),
        }
    }
}
