//! Dynamic time warping for aligning the modalities of a live room: exact, banded, soft and streaming.
//!
//! Invariants: plain numbers in, plain numbers out; the same input gives the same bits; every cost that
//! enters is finite and of bounded size, so no accumulated cost is ever NaN.

mod banded;
mod cosine;
mod cost;
mod exact;
mod soft;
mod streaming;

pub use banded::banded;
pub use cosine::{EPSILON, cosine_cost, cosine_similarity};
pub use cost::{CostMatrix, DtwError, LARGEST_COST};
pub use exact::{Alignment, exact};
pub use soft::{SoftAlignment, soft, soft_with_gradient};
pub use streaming::{Streaming, StreamingStep};
