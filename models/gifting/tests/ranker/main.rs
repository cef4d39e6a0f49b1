//! The ranker as its users see it, on small generated worlds.

mod admission;
mod checkpoint;
mod inputs;
mod learning;
mod resume;
mod serving;
mod world;
