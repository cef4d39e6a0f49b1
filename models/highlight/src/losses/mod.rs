//! The losses of ContentCTR and KuaiHL: alignment, border-aware pairs, and cross-entropy by unit.
//!
//! Invariants: every loss is a scalar tensor with a gradient; an empty set of terms is a loss of zero, never NaN.

mod alignment;
mod pairwise;
mod pointwise;
mod soft_dtw;

pub use alignment::{
    AlignmentKeys, KEYS, LAMBDA, Positive, SWAP_TEMPERATURE, alignment_loss, cosine_distance,
};
pub use pairwise::border_aware_pairwise;
pub use pointwise::binary_cross_entropy;
pub use soft_dtw::soft_dtw;
