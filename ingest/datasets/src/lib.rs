//! Readers of the field's public data sets, for training and for evaluation.
//!
//! Every reader of rooms yields [`LabelledRoom`]s one at a time: [`klive`] (the release of the highlight paper), [`m3`]
//! (KuaiLive-M3 with the labels of its benchmark) and [`features`] (one safetensors file per room, written here too).
//! [`open`] tells the layouts apart. [`gifting`] reads who gave what to whom, and what was on the screen. [`labels`] reads
//! what evaluations compare with; [`generated`] writes folders in the public layouts, of which the truth is known.
//!
//! Invariants: memory holds one room and an index, never a whole set of rooms ([`gifting`] says what it holds); the same
//! files give the same rooms in the same order; nothing that doesn't fit is skipped in silence.

mod error;
pub mod features;
pub mod generated;
pub mod gifting;
pub mod klive;
pub mod labels;
pub mod m3;
mod open;
mod room;

pub use error::DatasetError;
pub use open::{Dataset, Layout, open};
pub use room::{LabelledRoom, LabelledUnit, Modality, Split};
