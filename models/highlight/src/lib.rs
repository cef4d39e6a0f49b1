//! ContentCTR: scores every unit of a live room from its content, and turns scores into highlights.
//!
//! Invariants: numbers in, numbers out, no clock; no score depends on a later unit; a modality that is
//! missing is a state of its own, not a vector of zeros.

mod calibration;
mod checkpoint;
mod config;
mod error;
mod features;
mod highlights;
mod lag;
pub mod losses;
mod model;
mod rows;
mod scorer;
mod training;

pub use calibration::{Calibration, agreed_score};
pub use checkpoint::KIND;
pub use config::{Config, Head, Input, Inputs, Norm, Normalisation, Positions};
pub use error::HighlightError;
pub use features::{MODALITIES, Modality, UnitFeatures};
pub use highlights::{
    Highlight, HighlightConfig, HighlightId, HighlightState, HighlightTracker, ScoreUpdate,
};
pub use lag::{LagConfig, LagEstimate, LagEstimator};
pub use model::{ContentCtr, Scores, streamer_fingerprint};
pub use scorer::{Scorer, UnitScore};
pub use training::{
    AtDelay, Epoch, Progress, Reached, Rooms, TrainingConfig, TrainingRoom, split_rooms, train,
};
