//! MMBee: ranks users and live rooms by the chance of a gift and its expected value.
//!
//! Invariants: numbers in, numbers out; no clock, no file but checkpoints and training state; the same examples,
//! settings and seed give the same bytes; what is missing is masked or learned, never a made-up value.

mod batch;
mod calibration;
mod checkpoint;
mod config;
mod error;
mod inputs;
pub mod losses;
mod model;
mod path;
mod serving;
mod slots;
mod training;

pub use calibration::{Calibration, OutcomeStatistics};
pub use checkpoint::KIND;
pub use config::{Ablation, Complement, Config, Fusion, History, Pool, Search};
pub use error::GiftingError;
pub use inputs::{
    Dataset, Event, Example, Examples, Lists, Modality, Neighbour, NodeTable, Nodes, Outcome, RoomInput, Row,
    Segment, Snapshot, UserInput, Vectors, history_before,
};
pub use model::{Prediction, Ranker};
pub use path::Path;
pub use serving::{Origin, Reason, RoomPass, Scorer, UserPass};
pub use slots::{Admission, Slots};
pub use training::{Epoch, Progress, Reached, TrainingConfig, evaluate, train};
