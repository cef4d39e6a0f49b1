//! News as they happen, and a browser that clicks through the screen.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used, missing_docs)]

mod chrome;
mod clicks;
#[path = "../desk/mod.rs"]
mod desk;
mod jobs;
mod live;

/// Held by a test that adds to the rooms: another one would take its news for its own.
static NEWS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
