//! Rankings of all items for a user, trained on `train.tsv` and companions.
//!
//! Invariants: `test.tsv` takes no part in any choice; rows that choose are never trained on before the choice.

mod catalogue;
mod data;
mod fit;
mod judge;
mod recommend;
mod table;
mod train;

pub use data::Source;
pub use judge::Judged;
pub use recommend::{Recommendations, recommend};
pub use table::Entry;
pub(crate) use table::spread;
pub use train::{Outcome, Plan};

/// Lengths of the lists that are judged.
pub const KS: [usize; 2] = [10, 20];
