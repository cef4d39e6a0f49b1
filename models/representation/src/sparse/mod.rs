//! Sparse matrices of graphs and their products with dense ones.
//!
//! Invariants: columns of a row are distinct and ascending; a row of a product is summed by one thread in the
//! order of its columns, so results don't depend on the number of threads.

mod csr;
mod operation;
mod scale;

pub use csr::Csr;
pub(crate) use operation::SparseProduct;
