//! The command `kairos` as its users run it: on simulated recordings, with the real embedded ClickHouse.

mod damage;
mod formats;
mod kairos;
mod lag;
mod replay;
mod usage;
