//! The scoring job on a real broker: what it writes is what a replay of the topics writes, whatever happens to it.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

mod behind;
mod bench;
mod disk;
mod faults;
mod numbers;
mod proxy;
mod sameness;
mod senders;
mod show;
mod slow;
mod studio;
mod swap;
mod web;
