//! Training and judging gift models: `kairos train gifting`, `kairos eval gifting`.
//!
//! [`interactions`] ranks all items for a user (`train.tsv` and companions), [`live`] predicts gifts in live rooms (KuaiLive's
//! layout). Invariants: what chooses is never what
//! trains; the same data, configuration and seed give the same bytes.

pub mod config;
pub mod interactions;
pub mod live;
mod progress;

pub use config::GiftingConfig;
pub use progress::Progress;
