//! Section `[clickhouse]`: where rows go, and for how long they stay there.
//!
//! Invariant: the password is neither printed nor written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where rows go.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClickHouseConfig {
    /// `http://` or `https://` address of a server; without it the embedded engine under the output folder.
    pub url: Option<String>,
    /// Database; created when missing.
    pub database: Option<String>,
    /// Name of a cluster in the server's configuration: tables are then sharded over it by room, and replicated; empty
    /// for a single server.
    pub cluster: String,
    /// User.
    pub user: Option<String>,
    /// Password. Better given as `KAIROS_CLICKHOUSE__PASSWORD`; never printed.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// For how many days rows are kept.
    pub retention: kairos_clickhouse::Retention,
    /// Minutes between two rollups by hour (`score_hours`, `room_hours`) that `kairos serve` makes; 0 leaves them to `kairos
    /// sql --rollup`.
    pub rollup_minutes: u32,
}

impl Default for ClickHouseConfig {
    fn default() -> Self {
        Self {
            url: None,
            database: None,
            cluster: String::new(),
            user: None,
            password: None,
            retention: kairos_clickhouse::Retention::default(),
            rollup_minutes: 15,
        }
    }
}

impl std::fmt::Debug for ClickHouseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let password = self.password.as_ref().map(|_| "(hidden)");
        f.debug_struct("ClickHouseConfig")
            .field("url", &self.url)
            .field("database", &self.database)
            .field("cluster", &self.cluster)
            .field("user", &self.user)
            .field("password", &password)
            .field("retention", &self.retention)
            .field("rollup_minutes", &self.rollup_minutes)
            .finish()
    }
}
