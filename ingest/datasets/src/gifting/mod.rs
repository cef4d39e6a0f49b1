//! Who gave what to whom, and what was on the screen: the data that gift predictions learn from.
//!
//! Two layouts, told apart by [`Layout::of`]: [`interactions`] (user, item, value, for rankings over all items) and
//! [`kuailive`] (clicks and gifts with their times). The latter becomes [`Records`], which a program that reads its own
//! tables fills with a [`RecordsBuilder`] instead. From records come a split by time ([`TimeSplit`]), what was known before
//! an instant ([`Histories`]), what was on the screen ([`segments`]) and what to learn from ([`Samples`]).
//!
//! Invariants: everything is plain numbers with dense ids, whose texts [`Ids`] keep; nothing before an instant depends on
//! what comes after it; the same files give the same bytes.

pub mod attributes;
mod histories;
mod ids;
pub mod interactions;
pub mod kuailive;
mod layout;
mod lines;
mod matrix;
pub mod records;
mod samples;
pub mod segments;
mod split;

pub use attributes::Attributes;
pub use histories::{Event, EventKind, Histories};
pub use ids::Ids;
pub use interactions::{Interaction, Interactions};
pub use layout::Layout;
pub use matrix::{Matrix, read_npy};
pub use records::{GiftEvent, Impression, Reaction, ReactionKind, Records, RecordsBuilder, Room, Row};
pub use samples::{Sample, Samples, Sampling, calibrated};
pub use segments::Segments;
pub use split::TimeSplit;
