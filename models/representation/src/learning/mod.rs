//! What every model trained by descent shares: batches, losses, when to stop.
//!
//! Invariants: batches and negatives follow from seed and epoch alone; the best validated weights are those
//! that stay.

mod losses;
mod progress;
mod sampling;

pub(crate) use losses::{bpr, cross_entropy, info_nce, sampled_softmax};
pub(crate) use progress::Watch;
pub use progress::{Epoch, Progress};
pub(crate) use sampling::{Batch, batches, draw_negative};
