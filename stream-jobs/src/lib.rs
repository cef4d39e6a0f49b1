//! Streaming jobs: the only place where ingest, models and sinks meet.
//!
//! [`room`] is the pure core: one room's inputs in, its scores and highlights out. Around it: [`replay`] drives
//! recordings through it, [`rows`] and [`storage`] carry its facts to ClickHouse, [`report`] shows them,
//! [`train`] makes checkpoints from it, [`eval`] judges them per second, [`gifting`] does both for gift models, and
//! [`cli`] is the command `kairos`.

pub mod cli;
pub mod clip;
pub mod config;
pub mod doctor;
pub mod eval;
mod features;
pub mod gift;
pub mod gifting;
pub mod graph;
pub mod highlights;
pub mod ingest;
pub mod live;
pub mod memory;
pub mod models;
pub mod pretrained;
pub mod replay;
pub mod report;
pub mod room;
pub mod rows;
pub mod score;
pub mod scoring;
pub mod search;
pub mod speech;
pub mod storage;
pub mod telemetry;
pub mod track;
pub mod train;

use features::features;
