//! Memory asked for before it is read: a thousand users' lists don't fit any cache, and come while something else is
//! computed.
#![allow(unsafe_code)]

/// Bytes that come together.
const LINE: usize = 64;

/// Asks for all of a slice; waits for nothing.
#[inline(always)]
pub(super) fn fetch<T>(slice: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for at in (0..size_of_val(slice)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        let place = slice.as_ptr().cast::<i8>().wrapping_add(at);
        // SAFETY: a hint, which neither reads nor faults, whatever the place.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(place) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, LINE);
}
