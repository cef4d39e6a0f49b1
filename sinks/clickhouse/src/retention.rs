//! For how long rows are kept: a lifetime per table, counted from when a row was last written.
//!
//! Invariants: nothing is dropped that the configuration does not name; a lifetime that somebody gave a table by hand is
//! never changed; of the revisions of a row the last one goes last, because it was written last.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Store, migrate};

/// The longest lifetime, days. ClickHouse counts seconds up to the year 2106, and a row that passes it is gone at once.
const LONGEST: u32 = 3_650;

/// For how many days rows are kept after they were last written; by default for ever. Rollups by hour, highlights, clips,
/// reviews, labels, evaluations and streams always stay. Every process that writes the same tables must be told the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Scores of units, days; 1 to 3650.
    pub scores: Option<u32>,
    /// Comments, days; 1 to 3650.
    pub comments: Option<u32>,
    /// Words that were said, days; 1 to 3650.
    pub words: Option<u32>,
    /// Vectors of units, days; 1 to 3650. Older moments are found by their words alone.
    pub vectors: Option<u32>,
    /// Paid items, days; 1 to 3650. The gift graph that is built from the tables knows no older ones.
    pub gifts: Option<u32>,
    /// Impressions, clicks and watches, days; 1 to 3650. Labels can be made of them no longer than that.
    pub feedback: Option<u32>,
    /// Gift predictions, days; 1 to 3650.
    pub predictions: Option<u32>,
    /// States of rooms, days; 1 to 3650.
    pub room_state: Option<u32>,
    /// Endings of offsets, days; 1 to 3650.
    pub ledger: Option<u32>,
}

impl Retention {
    /// Fields, tables, days.
    fn tables(&self) -> [(&'static str, &'static str, Option<u32>); 9] {
        [
            ("scores", "frame_scores_rows", self.scores),
            ("comments", "comments_rows", self.comments),
            ("words", "words_rows", self.words),
            ("vectors", "unit_vectors_rows", self.vectors),
            ("gifts", "gifts_rows", self.gifts),
            ("feedback", "feedback_rows", self.feedback),
            ("predictions", "gift_predictions_rows", self.predictions),
            ("room_state", "room_state_rows", self.room_state),
            ("ledger", "ledger_rows", self.ledger),
        ]
    }

    /// # Errors
    /// [`Error::Retention`] names the field that is no number of days.
    pub fn check(&self) -> Result<(), Error> {
        for (field, _, days) in self.tables() {
            if let Some(days) = days.filter(|days| !(1..=LONGEST).contains(days)) {
                return Err(Error::Retention { field, days, longest: LONGEST });
            }
        }
        Ok(())
    }
}

impl Store {
    /// Gives the tables these lifetimes, and takes away those of before that are no longer wanted; does nothing where they
    /// are as they should be. Rows that are too old leave when ClickHouse next merges them, within hours.
    ///
    /// # Errors
    /// Besides what ClickHouse refuses: [`Error::Retention`], and [`Error::OtherLifetime`] for a table that has a lifetime of
    /// another kind.
    pub async fn retain(&self, retention: &Retention) -> Result<(), Error> {
        retention.check()?;
        for (field, table, days) in retention.tables() {
            let change = match (self.lifetime(table).await?, days) {
                (Lifetime::Days(is), Some(wanted)) if is == wanted => continue,
                (Lifetime::Ever | Lifetime::Other(_), None) => continue,
                (Lifetime::Other(found), Some(_)) => {
                    return Err(Error::OtherLifetime { table, field, found });
                }
                (_, Some(days)) => format!("MODIFY TTL {BEGIN}{days}{END}"),
                (Lifetime::Days(_), None) => "REMOVE TTL".to_owned(),
            };
            tracing::info!(table, ?days, "changing for how long rows are kept");
            let sql = format!("ALTER TABLE {table}\n    {change}");
            if let Err(failed) = migrate::run_statement(self, &sql, &format!("retention of {table}")).await {
                // Another process may just have done the same.
                let is = self.lifetime(table).await?;
                if is != days.map_or(Lifetime::Ever, Lifetime::Days) {
                    return Err(failed);
                }
            }
        }
        Ok(())
    }

    async fn lifetime(&self, table: &str) -> Result<Lifetime, Error> {
        let sql = "SELECT extract(engine_full, ' TTL (.+?)(?: SETTINGS |$)') FROM system.tables \
            WHERE database = {database:String} AND name = {table:String}";
        let table = if self.cluster().is_some() { format!("{table}_local") } else { table.to_owned() };
        let query = self.raw(sql).param("database", self.database()).param("table", table);
        let text: String = query.fetch_one().await.map_err(Error::query("looking at a table's lifetime"))?;
        Ok(Lifetime::read(text))
    }
}

const BEGIN: &str = "written_at + toIntervalDay(";
const END: &str = ")";

/// For how long a table keeps its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// For ever.
    Ever,
    /// So many days after they were last written.
    Days(u32),
    /// As somebody else has told it, in ClickHouse's words.
    Other(String),
}

impl Lifetime {
    /// From what stands after `TTL`.
    pub(crate) fn read(text: String) -> Self {
        let days = text.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)?.parse().ok());
        match days {
            Some(days) => Self::Days(days),
            None if text.is_empty() => Self::Ever,
            None => Self::Other(text),
        }
    }
}
