//! One number for all rows of some streams, to tell whether two runs made the same.
//!
//! Invariants: it covers every column of every view of what a job writes, scores of every delay, last revisions only;
//! rows are read in the order of their whole identity, so that no two can change places; it does not depend on the order of
//! inserts, the borders of batches, merges, or the number of threads; memory stays bounded, rows are hashed as they
//! come.

use crate::rows::DIGESTED;
use crate::{Error, Store};

impl Store {
    /// All streams that have rows, sorted.
    ///
    /// # Errors
    /// If ClickHouse does not answer.
    pub async fn streams(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT stream FROM streams ORDER BY stream";
        self.raw(sql).fetch_all().await.map_err(Error::query("streams"))
    }

    /// BLAKE3, in hex, over the rows of `streams` in every view, in the order of their identities.
    ///
    /// # Errors
    /// If ClickHouse does not answer.
    pub async fn digest(&self, streams: &[String]) -> Result<String, Error> {
        let mut digest = blake3::Hasher::new();
        for (view, _storage, identity) in DIGESTED {
            // `RowBinary` has no names and types in it, which a server may write in another way one day.
            let sql = format!(
                "SELECT * FROM {view} WHERE has({{streams:Array(String)}}, stream) ORDER BY {}",
                identity.join(", ")
            );
            let what = format!("digest of {view}");
            let mut rows = self
                .raw(&sql)
                .param("streams", streams)
                .fetch_bytes("RowBinary")
                .map_err(Error::query(what.as_str()))?;
            digest.update(view.as_bytes());
            let mut length = 0_u64;
            while let Some(chunk) = rows.next().await.map_err(Error::query(what.as_str()))? {
                length += chunk.len() as u64;
                digest.update(&chunk);
            }
            // Closes the view, so that bytes can't move from one to the next.
            digest.update(&length.to_le_bytes());
        }
        Ok(digest.finalize().to_hex().to_string())
    }
}
