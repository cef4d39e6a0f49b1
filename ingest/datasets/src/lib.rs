//! Readers of the public data sets of the field.
mod error;
pub mod klive;
pub mod m3;
pub mod room;
pub use error::DatasetError;
