//! The rows of one table that wait to be acknowledged.
//!
//! Invariant: once sealed, a batch neither gains nor loses rows until it is acknowledged, so its bytes and its
//! token stay what they were at the first attempt.

use tokio::time::Instant;

use super::WriterOptions;
use crate::Table;

/// One batch, filling or sealed.
#[derive(Debug)]
pub struct Buffer<R> {
    rows: Vec<R>,
    content: blake3::Hasher,
    bytes: usize,
    since: Option<Instant>,
    sealed: Option<String>,
}

impl<R> Default for Buffer<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), content: blake3::Hasher::new(), bytes: 0, since: None, sealed: None }
    }
}

impl<R> Buffer<R> {
    pub(super) fn rows(&self) -> &[R] {
        &self.rows
    }

    pub(super) fn held(&self) -> usize {
        self.rows.len()
    }

    /// Since when its first row waits.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    pub(super) fn is_due(&self, options: &WriterOptions) -> bool {
        self.sealed.is_some()
            || self.rows.len() >= options.rows.max(1)
            || self.bytes >= options.bytes.max(1)
            || self.since.is_some_and(|since| since.elapsed() >= options.age)
    }

    /// Closes the batch and names it; a closed batch keeps its name.
    pub(super) fn seal(&mut self, incarnation: &str) -> String {
        let content = &self.content;
        self.sealed.get_or_insert_with(|| format!("{incarnation}-{}", content.finalize().to_hex())).clone()
    }

    pub(super) fn acknowledged(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        *self = Self { rows, ..Self::default() };
    }
}

impl<R: Table> Buffer<R> {
    /// Adds a row, or gives it back with the reason why it can't be encoded.
    pub(super) fn push(&mut self, row: R) -> Result<(), (R, String)> {
        // JSON stands in for the row's bytes: the client's own encoder is not public, and a token only has to tell
        // batches apart.
        let mut line = Vec::with_capacity(512);
        if let Err(problem) = serde_json::to_writer(&mut line, &row) {
            return Err((row, problem.to_string()));
        }
        line.push(b'\n');
        self.content.update(&line);
        self.bytes += line.len();
        self.since.get_or_insert_with(Instant::now);
        self.rows.push(row);
        Ok(())
    }
}
