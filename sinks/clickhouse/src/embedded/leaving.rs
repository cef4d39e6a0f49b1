//! How a process leaves while the engine runs in it.
//!
//! Invariant: the library's destructors don't run under its own threads.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many answers are preceded by a registration each, and then every one in so many. One takes 32 bytes for the life of
/// the process.
const OFTEN: u64 = 4_096;

/// Asked when the process exits: whether the engine still runs.
static STILL_RUNS: OnceLock<fn() -> bool> = OnceLock::new();

/// Has a process that exits while `running` leave at once, with its exit status but without the library's
/// destructors: they would tear it down under its own threads. What was acknowledged is on disk.
pub(super) fn at_exit_if(running: fn() -> bool) {
    STILL_RUNS.get_or_init(|| running);
    come_first();
}

/// To be called before an answer leaves and after every statement. What is registered last runs first at the exit, and
/// the library registers destructors whenever a part of it is used for the first time; so this registers again and again.
pub(super) fn stay_first() {
    static ANSWERS: AtomicU64 = AtomicU64::new(0);
    let answers = ANSWERS.fetch_add(1, Ordering::Relaxed);
    if answers < OFTEN || answers.is_multiple_of(OFTEN) {
        come_first();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn come_first() {
    unsafe extern "C" {
        fn on_exit(callback: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
        fn _exit(status: c_int) -> !;
    }
    extern "C" fn leave(status: c_int, _argument: *mut c_void) {
        if STILL_RUNS.get().is_some_and(|running| running()) {
            // SAFETY: ends the process; takes no pointers.
            unsafe { _exit(status) };
        }
    }
    // SAFETY: the C library keeps a pointer to a function that is never unloaded, and passes the null along. It
    // fails only without memory; then exiting goes on as if nothing had been registered.
    let _registered = unsafe { on_exit(leave, std::ptr::null_mut()) };
}

/// The library exists for Linux with glibc alone.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn come_first() {}
