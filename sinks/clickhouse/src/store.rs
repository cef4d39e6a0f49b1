//! A connection to the tables, on either engine.
//!
//! Invariant: everything goes through the `clickhouse` client over HTTP, so a server and the embedded engine can't
//! drift apart.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clickhouse::query::Query;
use serde::Serialize;

use crate::Error;
use crate::cluster::{self, Cluster};
use crate::embedded::{Door, Embedded};

/// The database when none is configured.
const DATABASE: &str = "kairos";

/// Which ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A server, by its HTTP interface.
    Url {
        /// `http://host:8123` or `https://host:8443`.
        url: String,
        /// The user; `None` for the server's default.
        user: Option<String>,
        /// The user's password.
        password: Option<String>,
        /// The database; `None` for `kairos`.
        database: Option<String>,
    },
    /// ClickHouse inside this process, alone on a folder.
    Embedded {
        /// The folder; made when it is not there.
        data_dir: PathBuf,
    },
    /// The same, and other processes reach it over HTTP as they reach a server.
    Served {
        /// The folder; made when it is not there.
        data_dir: PathBuf,
        /// Where it listens.
        listen: SocketAddr,
        /// The password that it asks for; empty for none, which is refused on any address but loopback.
        password: String,
    },
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A table for people.
    #[default]
    PrettyCompact,
    /// One JSON object per line.
    JsonEachRow,
    /// Tab separated, with a line of names.
    Tsv,
    /// Comma separated, with a line of names.
    Csv,
    /// An Apache Parquet file; no text.
    Parquet,
}

impl Format {
    /// ClickHouse's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrettyCompact => "PrettyCompact",
            Self::JsonEachRow => "JSONEachRow",
            Self::Tsv => "TSVWithNames",
            Self::Csv => "CSVWithNames",
            Self::Parquet => "Parquet",
        }
    }
}

/// A connection; clones share it.
#[derive(Clone)]
pub struct Store {
    base: clickhouse::Client,
    client: clickhouse::Client,
    database: String,
    cluster: Option<Cluster>,
    url: String,
    user: Option<String>,
    password: Option<String>,
    // Keeps the engine running.
    _engine: Option<Arc<Embedded>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No password, so no client either.
        f.debug_struct("Store").field("database", &self.database).field("url", &self.url).finish()
    }
}

impl Store {
    /// Connects, and starts the engine where it is embedded. Call [`Store::migrate`] before reading or writing.
    ///
    /// # Errors
    /// If the server does not answer, the library is missing, or another process uses the folder.
    pub async fn connect(target: Target) -> Result<Self, Error> {
        let access = match target {
            Target::Url { url, user, password, database } => {
                if !url.starts_with("http://") && !url.starts_with("https://") {
                    return Err(Error::Url { url });
                }
                (url, user, password, database.unwrap_or_else(|| DATABASE.to_owned()), None)
            }
            Target::Embedded { data_dir } => embedded(data_dir, Door::own()?).await?,
            Target::Served { data_dir, listen, password } => {
                if password.is_empty() && !listen.ip().is_loopback() {
                    return Err(Error::Exposed { listen });
                }
                embedded(data_dir, Door { listen, key: password }).await?
            }
        };
        Self::open(access).await
    }

    #[cfg(test)]
    pub(crate) async fn of_engine(engine: Embedded) -> Result<Self, Error> {
        Self::open(access(engine)).await
    }

    async fn open((url, user, password, database, engine): Access) -> Result<Self, Error> {
        let mut base = clickhouse::Client::default().with_url(&url);
        if let Some(user) = &user {
            base = base.with_user(user);
        }
        if let Some(password) = &password {
            base = base.with_password(password);
        }
        // A batch is acknowledged when its rows are in the table, not when they are in the server's memory. A chat
        // with broken clocks may span more months than a batch is allowed partitions.
        let base =
            base.with_setting("async_insert", "0").with_setting("max_partitions_per_insert_block", "0");
        let store = Self {
            client: base.clone(),
            base,
            database: String::new(),
            cluster: None,
            url,
            user,
            password,
            _engine: engine,
        };
        let store = store.with_database(&database)?;
        let alive = store.base.query("SELECT 1").fetch_one::<u8>().await;
        alive.map_err(Error::query("connecting to ClickHouse"))?;
        Ok(store)
    }

    /// The same connection, with tables that are sharded over the servers of a cluster and replicated within each shard.
    /// The servers' configuration defines the cluster and its Keeper, and gives every server its macros `{shard}` and
    /// `{replica}`. An insert is acknowledged when most replicas of the shards that it goes to have it.
    ///
    /// # Errors
    /// If the name has other characters than letters, digits, `_`, `-` and `.`.
    pub fn on_cluster(self, name: &str) -> Result<Self, Error> {
        Cluster::new(name).map(|cluster| self.with_form(cluster))
    }

    pub(crate) fn with_form(mut self, cluster: Cluster) -> Self {
        let set = |client: clickhouse::Client| {
            cluster::SETTINGS.iter().fold(client, |client, (name, value)| client.with_setting(*name, *value))
        };
        self.base = set(self.base);
        self.client = set(self.client);
        self.cluster = Some(cluster);
        self
    }

    /// Where the same ClickHouse is reached over HTTP, for another client. The embedded engine's key is in it: it
    /// is worth as much as the data. The cluster is not: name it there again.
    pub fn endpoint(&self) -> Target {
        Target::Url {
            url: self.url.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            database: Some(self.database.clone()),
        }
    }

    /// The same connection on another database.
    ///
    /// # Errors
    /// If the name has other characters than letters, digits and `_`.
    pub fn with_database(mut self, database: &str) -> Result<Self, Error> {
        let starts_well = database.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !starts_well || database.len() > 64 || !database.chars().all(allowed) {
            return Err(Error::Database { name: database.to_owned() });
        }
        self.client = self.base.clone().with_database(database);
        self.database = database.to_owned();
        Ok(self)
    }

    /// The client, for typed reads: `store.client().query(..).fetch::<FrameScore>()`.
    pub const fn client(&self) -> &clickhouse::Client {
        &self.client
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    pub(crate) const fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Asks in SQL; the answer as text. A `FORMAT` in the query wins over `format`. The whole answer is held in
    /// memory: put a `LIMIT` on what could be large.
    ///
    /// # Errors
    /// ClickHouse's own words and code ([`Error::code`]).
    pub async fn query(&self, sql: &str, format: Format) -> Result<String, Error> {
        self.query_with(sql, &[] as &[(&str, &str)], format).await
    }

    /// Asks in SQL with parameters that are bound by the server: `{room:String}` takes the parameter `room`.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query_with<V: Serialize>(
        &self,
        sql: &str,
        params: &[(&str, V)],
        format: Format,
    ) -> Result<String, Error> {
        let mut answer = Vec::new();
        self.query_into(sql, params, format, &mut answer).await?;
        String::from_utf8(answer).map_err(|_not_text| Error::NotText)
    }

    /// The same into a writer, as it comes: for answers that are large, or no text.
    ///
    /// # Errors
    /// As [`Store::query`], and [`Error::Io`] where the writer fails. What was written by then is not whole.
    pub async fn query_into<V: Serialize>(
        &self,
        sql: &str,
        params: &[(&str, V)],
        format: Format,
        out: &mut (dyn std::io::Write + Send),
    ) -> Result<(), Error> {
        let query = params.iter().fold(self.raw(sql), |query, (name, value)| query.param(name, value));
        let mut answer = query.fetch_bytes(format.as_str()).map_err(Error::query("query"))?;
        while let Some(piece) = answer.next().await.map_err(Error::query("query"))? {
            out.write_all(&piece).map_err(Error::io("writing an answer"))?;
        }
        out.flush().map_err(Error::io("writing an answer"))
    }

    /// A query whose `?` are plain characters.
    pub(crate) fn raw(&self, sql: &str) -> Query {
        self.client.query_raw(sql)
    }

    /// A statement that works where the database does not exist yet.
    pub(crate) fn outside(&self, sql: &str) -> Query {
        self.base.query_raw(sql)
    }

    /// Closes the connection. The embedded engine stops, and its folder is free, when the last clone has closed or
    /// was dropped.
    ///
    /// # Errors
    /// If the thread that stops the engine can't be awaited.
    pub async fn close(self) -> Result<(), Error> {
        tokio::task::spawn_blocking(move || drop(self)).await.map_err(|failed| Error::Io {
            what: "stopping the embedded ClickHouse".to_owned(),
            source: std::io::Error::other(failed),
        })
    }
}

type Access = (String, Option<String>, Option<String>, String, Option<Arc<Embedded>>);

async fn embedded(data_dir: PathBuf, door: Door) -> Result<Access, Error> {
    // Opening reads every table's parts from disk.
    let opening = tokio::task::spawn_blocking(move || Embedded::open(&data_dir, door));
    let engine = opening.await.map_err(|failed| Error::Io {
        what: "starting the embedded ClickHouse".to_owned(),
        source: std::io::Error::other(failed),
    })??;
    Ok(access(engine))
}

fn access(engine: Embedded) -> Access {
    let (url, user, password) = engine.access();
    (url, Some(user), Some(password), DATABASE.to_owned(), Some(Arc::new(engine)))
}
