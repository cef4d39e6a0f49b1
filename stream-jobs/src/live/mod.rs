//! What the live jobs share: messages put in order, rooms that open and close, and an account of every offset.

mod arrival;
pub mod clock;
mod events;
mod ledger;
mod lookout;
mod merge;
mod mourner;
mod room;
mod setting;

pub use arrival::{Arrival, Said, TimeOrder};
pub use events::{Events, range};
pub use ledger::{Account, Kept as KeptAccount};
pub use lookout::{Lookout, Seen};
pub use merge::{Across, Merge};
pub use mourner::say_damaged;
pub use room::{Happening, LiveRoom, Opening, Patience};
pub use setting::Setting;

use std::collections::BTreeMap;

use kairos_timeline::Position;
use serde::{Deserialize, Serialize};

use crate::graph::position_key;

/// Next offsets by [`crate::graph::position_key`].
pub type Positions = BTreeMap<String, i64>;

/// A place between two messages of all topics, from which on everything that follows is found again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// Next offsets; empty for a place that is not known yet.
    pub next: Positions,
    /// The newest time of a room's message before it, Unix microseconds.
    pub newest_us: i64,
}

impl Default for Begin {
    fn default() -> Self {
        Self { next: Positions::new(), newest_us: i64::MIN }
    }
}

impl Begin {
    /// Whether the message at `position` comes after it.
    pub fn is_before(&self, position: &Position) -> bool {
        let next = self.next.get(&position_key(&position.topic, position.partition));
        next.is_some_and(|next| *next <= position.offset)
    }
}

/// Where messages begin of which the one at `position` is the first, when `next` are read next of its topics.
pub fn begins(topics: &[String], next: &Positions, position: &Position) -> Positions {
    let keys = topics.iter().map(|topic| position_key(topic, position.partition));
    let known = keys.filter_map(|key| Some((key.clone(), *next.get(&key)?)));
    let own = (position_key(&position.topic, position.partition), position.offset);
    known.chain([own]).collect()
}

/// A flag that SIGTERM and SIGINT raise; the second of them ends the process at once.
///
/// # Errors
/// If signals can't be listened to.
pub fn stop_on_signals() -> anyhow::Result<std::sync::Arc<std::sync::atomic::AtomicBool>> {
    use anyhow::Context;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        // In this order: the first signal finds the flag down.
        signal_hook::flag::register_conditional_shutdown(signal, 130, stop.clone())
            .and_then(|_first| signal_hook::flag::register(signal, stop.clone()))
            .context("listening for signals")?;
    }
    Ok(stop)
}
