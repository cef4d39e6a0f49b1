//! News as they happen, and a browser that clicks through the screen.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used, missing_docs)]

mod chrome;
mod clicks;
#[path = "../desk/mod.rs"]
mod desk;
mod live;
