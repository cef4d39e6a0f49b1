//! How the C library's allocator keeps memory that was given back.
//!
//! Threads get arenas of glibc of their own, up to eight per core. Each grows to hold what a busy moment needed, keeps
//! that, and lends it to no other thread. And once a decoded picture was freed, glibc takes the next ones from among the
//! small things that live long: between those the holes that pictures leave are never given back, and a job that runs for
//! hours grows.

/// Arenas for all threads together.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: std::ffi::c_int = 2;
/// Blocks from this size on, bytes, have pages of their own, which go back when they are freed. Planes of decoded pictures are
/// above it (640 x 360 are 225 KiB), rows, messages and numbers below.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: std::ffi::c_int = 128 << 10;

/// Has all threads share two arenas and keeps large blocks out of them. To be called before there are any; what the
/// environment says (`MALLOC_ARENA_MAX`, `MALLOC_MMAP_THRESHOLD_`) goes before.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub fn keep_small() {
    for (variable, option, value) in [
        ("MALLOC_ARENA_MAX", libc::M_ARENA_MAX, ARENAS),
        ("MALLOC_MMAP_THRESHOLD_", libc::M_MMAP_THRESHOLD, LARGE),
    ] {
        if std::env::var_os(variable).is_none() {
            // SAFETY: takes two plain numbers. Its answer says whether it took them; without, memory is only larger.
            let _taken = unsafe { libc::mallopt(option, value) };
        }
    }
}

/// Other allocators have no such arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_small() {}
