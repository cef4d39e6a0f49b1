//! Clips of highlights: exact cuts out of encoded segments, published as MP4 or M4A files with a thumbnail.
//!
//! Invariants: a clip starts and ends where it was asked to (one picture at most beside it) and its sound is in
//! step with its pictures; pictures are re-encoded only where a cut falls inside a group of pictures, or
//! where the codec allows no splice; the same request gives the same bytes; a file appears under its name
//! whole or not at all.

mod clip;
mod cut;
mod edge;
mod error;
mod material;
mod merge;
mod mux;
mod nal;
mod name;
mod native;
mod pictures;
mod policy;
mod sound;
mod splice;
mod store;
mod thumbnail;
mod window;

pub use clip::{Clip, ClipRequest, ClipSegment, ClipStore};
pub use error::ClipError;
pub use merge::{Interval, Merged, merge};
pub use name::{ClipNames, NameTemplate};
pub use policy::ClipPolicy;
pub use store::{ClipFolder, ClipTarget};
