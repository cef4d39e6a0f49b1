//! Dense linear algebra the closed-form models need: an inverse and the leading singular vectors.
//!
//! Invariants: one thread in one order, so that results don't depend on the machine's number of cores;
//! matrices are row-major slices outside this room.

mod inverse;
mod singular;

pub(crate) use inverse::inverse_of_positive;
pub(crate) use singular::right_singular_vectors;
