//! The losses of ContentCTR and KuaiHL: alignment, border-aware pairs, cross-entropy by unit, and the options of the
//! released code: listwise, first differences, room mean.
//!
//! Invariants: every loss is a scalar tensor with a gradient; an empty set of terms is a loss of zero, never NaN.

mod alignment;
mod difference;
mod known;
mod listwise;
mod live_mean;
mod pairwise;
mod pointwise;
mod soft_dtw;

pub use alignment::{
    AlignmentKeys, KEYS, LAMBDA, Positive, SWAP_TEMPERATURE, alignment_loss, cosine_distance,
};
pub use difference::{Difference, first_difference};
pub use listwise::{LISTWISE_TEMPERATURE, listwise_cross_entropy};
pub use live_mean::live_mean;
pub use pairwise::border_aware_pairwise;
pub use pointwise::binary_cross_entropy;
pub use soft_dtw::soft_dtw;
