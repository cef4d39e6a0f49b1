//! What editors decide about highlights.
//!
//! Invariants: a decision is acknowledged only when it is in the table; decisions about one highlight are in the
//! order in which they came, also where two fall into one microsecond.

use kairos_clickhouse::{Review, Store, Writer, WriterOptions};
use tokio::sync::Mutex;

use crate::clock;
use crate::problem::Problem;

/// Writes reviews one by one.
#[derive(Debug)]
pub(crate) struct Desk(Mutex<Held>);

#[derive(Debug)]
struct Held {
    writer: Writer,
    last_us: i64,
}

impl Desk {
    pub(crate) fn new(store: &Store) -> Result<Self, kairos_clickhouse::Error> {
        // An editor waits for the answer: a server that is down must be told within seconds.
        let options = WriterOptions { attempts: 3, ..WriterOptions::default() };
        Ok(Self(Mutex::new(Held { writer: Writer::new(store, options)?, last_us: 0 })))
    }

    /// Stores a review; time and revision are set here.
    pub(crate) async fn write(&self, mut review: Review) -> Result<Review, Problem> {
        let mut held = self.0.lock().await;
        held.last_us = clock::unix_us().max(held.last_us + 1);
        review.reviewed_at = held.last_us;
        review.revision = u64::try_from(held.last_us).unwrap_or_default();
        held.writer.write(review.clone()).await.map_err(|refused| Problem::from(refused.error))?;
        held.writer.flush().await?;
        Ok(review)
    }
}
