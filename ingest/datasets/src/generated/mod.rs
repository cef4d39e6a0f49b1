//! Small folders in the layouts of the public data sets, of which the truth is known.
//!
//! Invariants: the same specification gives the same bytes; what is returned is what was written, not what was read.

mod gifting;
mod klive;
mod m3;
mod parquet_table;

pub use gifting::{KnownChance, Shape, Summary, World, read_truth, write_kuailive};
pub use klive::{KliveSpec, ListStyle, write_klive};
pub use m3::{GeneratedM3Room, M3Spec, TimeNotation, write_m3};
