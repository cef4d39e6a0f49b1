//! How the C library's allocator keeps memory that was given back.
//!
//! Threads get arenas of glibc of their own, up to eight per core. Each grows to hold what a busy moment needed, keeps
//! that, and lends it to no other thread.

/// Arenas for all threads together.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: std::ffi::c_int = 2;

/// Has all threads share two arenas. To be called before there are any; what the environment says
/// (`MALLOC_ARENA_MAX`) goes before.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub fn share_arenas() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        // SAFETY: takes two plain numbers. Its answer says whether it took them; without, memory is only larger.
        let _taken = unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) };
    }
}

/// Other allocators have no such arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_arenas() {}
