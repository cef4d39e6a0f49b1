//! The API over real tables: what it answers, whom it lets in, and whether it is as described.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod contract;
#[path = "../desk/mod.rs"]
mod desk;
mod guard;
