//! Review screen and HTTP API over the tables: what an editor, an analyst and an operator look at.
//!
//! Invariants: reading goes through the views, with bound parameters only; the one thing written is a review; files
//! are served strictly from below the clip folder; nobody is let in whom the options don't name, except on
//! loopback; what is sent to a browser needs nothing from elsewhere.

mod access;
mod api;
mod ask;
mod body;
mod clock;
mod error;
mod jobs;
mod live;
mod media;
mod options;
mod page;
mod problem;
mod request;
mod reviews;
mod screen;
mod secret;
mod serve;
mod shield;

pub use access::Role;
pub use api::openapi;
pub use error::Error;
pub use jobs::{JobStatus, JobTrouble};
pub use options::{Anonymous, ConsoleOptions, ProxyHeaders, RateLimit};
pub use secret::Secret;
pub use serve::{Console, router, serve};
