//! How much was heard, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::heard::Heard;

/// Counters that all connectors share.
#[derive(Debug, Default)]
pub struct Counts {
    comments: AtomicU64,
    gifts: AtomicU64,
    feedback: AtomicU64,
    broken: AtomicU64,
    removed: AtomicU64,
    ignored: AtomicU64,
    reconnects: AtomicU64,
}

/// Their values at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountsSnapshot {
    /// Comments.
    pub comments: u64,
    /// Gifts.
    pub gifts: u64,
    /// Feedback.
    pub feedback: u64,
    /// Lines that could not be read.
    pub broken: u64,
    /// Requests of moderators to remove messages (`CLEARMSG`, `CLEARCHAT`); what they remove was said all the same.
    pub removed: u64,
    /// Lines that say nothing that is scored.
    pub ignored: u64,
    /// Connections lost.
    pub reconnects: u64,
}

impl Counts {
    /// The values now.
    pub fn snapshot(&self) -> CountsSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CountsSnapshot {
            comments: read(&self.comments),
            gifts: read(&self.gifts),
            feedback: read(&self.feedback),
            broken: read(&self.broken),
            removed: read(&self.removed),
            ignored: read(&self.ignored),
            reconnects: read(&self.reconnects),
        }
    }

    pub(crate) fn heard(&self, heard: &Heard) {
        let count = match heard {
            Heard::Comment(_) => &self.comments,
            Heard::Gift(_) => &self.gifts,
            Heard::Feedback(_) => &self.feedback,
            Heard::Broken { .. } => &self.broken,
            Heard::State { .. } => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn removed(&self) {
        self.removed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ignored(&self) {
        self.ignored.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }
}
