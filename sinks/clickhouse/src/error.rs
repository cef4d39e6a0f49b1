//! What can go wrong with the tables, with what a user needs to act on it.
//!
//! Invariant: an answer of ClickHouse keeps its own text and code.

use std::path::PathBuf;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library of the embedded engine is not on this machine.
    #[error(
        "the embedded ClickHouse is not installed: {path} does not exist; run `make setup`, set KAIROS_LIBCHDB to a libchdb.so, or configure the URL of a ClickHouse server"
    )]
    LibraryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The library is there but can't be used.
    #[error("the embedded ClickHouse at {path} does not load: {reason}")]
    LibraryBroken {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// Another process has the data folder open.
    #[error(
        "another process (id {process}) uses the data folder {data_dir}; stop it or choose another folder"
    )]
    Locked {
        /// The folder.
        data_dir: PathBuf,
        /// Its process id.
        process: u32,
    },
    /// This process runs the engine on another data folder.
    #[error(
        "the embedded ClickHouse of this process already runs on {open}; {data_dir} can't be opened beside it"
    )]
    OneFolder {
        /// The folder in use.
        open: PathBuf,
        /// The folder asked for.
        data_dir: PathBuf,
    },
    /// The engine refuses the data folder.
    #[error("the embedded ClickHouse can't open the data folder {data_dir}")]
    Open {
        /// The folder.
        data_dir: PathBuf,
    },
    /// A file, a socket or a thread failed.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The address of a server is none.
    #[error("{url:?} is no ClickHouse address; write http://host:8123")]
    Url {
        /// The text.
        url: String,
    },
    /// Everybody who can reach the machine could read and write.
    #[error("listening on {listen} needs a password; only loopback goes without")]
    Exposed {
        /// The address.
        listen: std::net::SocketAddr,
    },
    /// A database name with other characters than letters, digits and `_`.
    #[error("database name {name:?} must be 1 to 64 letters, digits or '_', and not start with a digit")]
    Database {
        /// The text.
        name: String,
    },
    /// A cluster's name with other characters than letters, digits, `_`, `-` and `.`.
    #[error("cluster name {name:?} must be 1 to 64 letters, digits, '_', '-' or '.'")]
    Cluster {
        /// The text.
        name: String,
    },
    /// A migration has a statement whose form on a cluster is not known.
    #[error("a statement has no form on a cluster, {problem}: {statement}")]
    ClusterForm {
        /// What is not known of it.
        problem: String,
        /// The statement.
        statement: String,
    },
    /// The database has tables of one form, and the configuration asks for the other.
    #[error(
        "table {table} is {}; take another database, or {} the cluster in the configuration",
        if *clustered { "of a single server" } else { "distributed over a cluster" },
        if *clustered { "leave out" } else { "name" }
    )]
    OtherForm {
        /// A table of the other form.
        table: String,
        /// Whether a cluster is configured.
        clustered: bool,
    },
    /// A lifetime of rows that would drop them at once, or never end.
    #[error(
        "retention {field}: {days} days are not within 1 and {longest}; leave it out to keep rows for ever"
    )]
    Retention {
        /// The field of the configuration.
        field: &'static str,
        /// What it says.
        days: u32,
        /// The most that is allowed.
        longest: u32,
    },
    /// A table has a lifetime that is none of ours.
    #[error(
        "table {table} has a lifetime of its own (TTL {found}); take it away with ALTER TABLE ... REMOVE TTL, or leave out retention {field}"
    )]
    OtherLifetime {
        /// The table.
        table: &'static str,
        /// The field of the configuration.
        field: &'static str,
        /// What ClickHouse says of it.
        found: String,
    },
    /// ClickHouse did not answer, or answered with an error.
    #[error("{what}: {source}")]
    Query {
        /// What was asked.
        what: String,
        /// The client's error; its text carries ClickHouse's code and words.
        #[source]
        source: clickhouse::error::Error,
    },
    /// A batch could not be written.
    #[error(transparent)]
    Batch(#[from] Box<BatchError>),
    /// A migration that the tables were made with has since been edited.
    #[error(
        "migration {name} was applied with other text (recorded {recorded}, now {now}); add a new migration instead of editing it"
    )]
    MigrationChanged {
        /// The file's name.
        name: String,
        /// BLAKE3 when it was applied.
        recorded: String,
        /// BLAKE3 of the text in this binary.
        now: String,
    },
    /// The tables are from a newer binary.
    #[error(
        "migration {name} is applied but unknown to this version; use the version that made the tables, or a newer one"
    )]
    MigrationUnknown {
        /// The recorded name.
        name: String,
    },
    /// No such named query.
    #[error("no query is named {name:?}; there are {known}")]
    UnknownQuery {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A parameter that has no default was not given, or one was given that the query does not have.
    #[error("query {query}: {problem}")]
    Parameter {
        /// The query.
        query: String,
        /// What is wrong.
        problem: String,
    },
    /// An answer that is no text.
    #[error("the answer is no UTF-8 text; ask for another format")]
    NotText,
}

/// A batch that was not acknowledged. Its rows stay with the writer and go again, with the same token, at the next
/// flush.
#[derive(Debug, thiserror::Error)]
#[error("{rows} rows of {table} from {first} to {last} were not written after {attempts} attempts: {source}")]
pub struct BatchError {
    /// The view's name.
    pub table: &'static str,
    /// How many rows.
    pub rows: usize,
    /// The first row's place: topic and offset, or room, stream and media time.
    pub first: String,
    /// The last row's place.
    pub last: String,
    /// How often it was sent.
    pub attempts: usize,
    /// The last answer.
    #[source]
    pub source: clickhouse::error::Error,
}

impl Error {
    /// ClickHouse's error code, when the answer carries one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Query { source, .. } => code(source),
            Self::Batch(batch) => code(&batch.source),
            _ => None,
        }
    }

    pub(crate) fn query(what: impl Into<String>) -> impl FnOnce(clickhouse::error::Error) -> Self {
        let what = what.into();
        move |source| Self::Query { what, source }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// The number in `Code: 60. DB::Exception: ...`.
pub(crate) fn code_of(text: &str) -> Option<u32> {
    let digits = text.split("Code: ").nth(1)?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn code(error: &clickhouse::error::Error) -> Option<u32> {
    match error {
        clickhouse::error::Error::BadResponse(text) => code_of(text),
        _ => None,
    }
}

/// Whether the same bytes may be taken later: nobody answered, or the server says that it is busy. Everything else
/// (unknown table, wrong type, wrong password) stays as it is however often it is asked.
pub(crate) fn is_transient(error: &clickhouse::error::Error) -> bool {
    use clickhouse::error::Error as E;
    // 32 a shard that went away in the middle, 159 timeout, 160 too slow, 202 too many queries, 203 no free connection
    // to a shard, 209 and 210 network, 225 no keeper, 236 aborted, 241 memory, 242 read only replica, 252 too many
    // parts, 243 its disk is full, 279 no replica of a shard answers, 285 too few replicas, 286 quorum of the insert
    // before, 319 unknown insert status, 364 not shared yet, 999 keeper.
    const BUSY: [u32; 19] =
        [32, 159, 160, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 286, 319, 364, 999];
    match error {
        E::Network(_) | E::TimedOut => true,
        E::BadResponse(text) => code_of(text).map_or_else(
            // A proxy's own page has a status and no code.
            || ["502", "503", "504"].iter().any(|status| text.starts_with(status)),
            // Writing to a disk that fills up meanwhile has codes of its own, and the system's words.
            |code| BUSY.contains(&code) || text.contains("No space left on device"),
        ),
        _ => false,
    }
}

/// What a log calls the trouble behind a transient error: `disk` when the server's is full, else `tables`.
pub(crate) fn trouble(error: &clickhouse::error::Error) -> &'static str {
    let clickhouse::error::Error::BadResponse(text) = error else { return "tables" };
    let is_full = code_of(text) == Some(243) || text.contains("No space left on device");
    if is_full { "disk" } else { "tables" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_answer_is_read_from_its_text() {
        assert_eq!(code_of("Code: 60. DB::Exception: Unknown table"), Some(60));
        assert_eq!(code_of("bad gateway"), None);
        assert_eq!(code_of("Code: 99999999999999"), None);
    }

    #[test]
    fn a_busy_server_is_asked_again_and_a_wrong_table_is_not() {
        let bad = |text: &str| clickhouse::error::Error::BadResponse(text.to_owned());
        assert!(is_transient(&bad("Code: 252. DB::Exception: Too many parts")));
        assert!(is_transient(&bad("503 Service Unavailable")));
        assert!(is_transient(&bad("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space")));
        assert!(is_transient(&bad("Code: 75. DB::Exception: errno: 28, strerror: No space left on device")));
        assert_eq!(
            "disk",
            trouble(&bad("Code: 75. DB::Exception: errno: 28, strerror: No space left on device"))
        );
        assert_eq!("tables", trouble(&bad("Code: 252. DB::Exception: Too many parts")));
        assert!(!is_transient(&bad("Code: 60. DB::Exception: Unknown table")));
        assert!(!is_transient(&bad("Code: 516. DB::Exception: Authentication failed")));
    }
}
