//! The command `kairos` as its users run it: on simulated recordings, with the real embedded ClickHouse.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

mod damage;
mod formats;
mod gift;
mod gifting;
mod judging;
mod kairos;
mod lag;
mod replay;
mod search;
mod serving;
mod speech;
mod usage;
