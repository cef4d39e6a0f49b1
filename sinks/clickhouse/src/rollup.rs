//! Rollups by hour: what stays to be seen of rows that retention has dropped.
//!
//! Invariants: an hour is made anew from last revisions, never added to, so replays and late revisions can't count twice and
//! a rollup that was stopped is put right by the next; only hours that are over are rolled up; an hour whose rows have been
//! dropped keeps what it had.

use crate::{Error, Store};

macro_rules! rollups {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../rollups/", $name, ".sql")))),*]
    };
}

const ROLLUPS: &[(&str, &str)] = rollups!["score_hours", "comment_hours", "gift_hours", "feedback_hours"];

/// Rows carry the time at which their insert began and are seen when it has ended, by another server's clock perhaps: what
/// was written this long before a rollup is looked at once more by the next.
const OVERLAP_S: u32 = 600;

/// What one rollup did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rolled {
    /// The view of its hours.
    pub view: &'static str,
    /// How many hours of rooms it brought up to date.
    pub hours: u64,
}

impl Store {
    /// Brings the rollups up to date: every hour that is over and has rows written since it was last rolled up. The rows are
    /// looked through for such hours each time; only those are summed.
    ///
    /// # Errors
    /// If ClickHouse refuses a statement. What was rolled up by then stays, and is right.
    pub async fn rollup(&self) -> Result<Vec<Rolled>, Error> {
        let now = self.raw("SELECT toUnixTimestamp64Micro(now64(6))").fetch_one::<i64>().await;
        let now = now.map_err(Error::query("asking ClickHouse for the time"))?;
        let mut rolled = Vec::new();
        for &(view, sql) in ROLLUPS {
            let what = || Error::query(format!("rollup {view}"));
            // An hour that is what it was two rollups ago is written all the same.
            let insert = self.raw(sql).with_setting("insert_deduplicate", "0");
            let insert = insert.param("now", now).param("overlap_s", OVERLAP_S);
            insert.execute().await.map_err(what())?;
            let fresh = format!(
                "SELECT count() FROM {view} WHERE rolled_at = fromUnixTimestamp64Micro({{now:Int64}}, 'UTC')"
            );
            let hours = self.raw(&fresh).param("now", now).fetch_one::<u64>().await.map_err(what())?;
            rolled.push(Rolled { view, hours });
        }
        Ok(rolled)
    }
}
