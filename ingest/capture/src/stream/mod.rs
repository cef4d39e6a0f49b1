//! From the units of a connection to the segments of a stream. Nothing here connects to anything.

mod broadcast;
mod capture_clock;
mod continuity;
mod cut;
mod media_clock;
mod mux;
#[cfg(test)]
pub(crate) mod sample;
mod seen;
mod unit;

pub(crate) use broadcast::{Broadcast, Made, identity};
pub(crate) use mux::container;
pub(crate) use seen::Seen;
pub(crate) use unit::{Kind, Unit};
