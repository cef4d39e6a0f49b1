//! What a server has done so far.

use std::time::Duration;

/// A batch that was run.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Items in it.
    pub items: usize,
    /// What they cost: pictures, or tokens.
    pub cost: usize,
    /// Requests that they were of.
    pub requests: usize,
    /// How long it took.
    pub took: Duration,
}

/// Sums over a server's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Batches that were run, those of the first warm-up left out.
    pub batches: u64,
    /// Items in them.
    pub items: u64,
    /// Requests that were refused because they would have come too late.
    pub overloaded: u64,
    /// Requests whose time was over before they were done.
    pub late: u64,
    /// Requests that the encoder failed on.
    pub failed: u64,
}
