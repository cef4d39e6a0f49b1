//! The few fields of FFmpeg's structures that its Rust binding keeps out of reach.
//!
//! Invariant: this is the crate's only unsafe code; no pointer leaves it.
#![allow(unsafe_code)]

use ffmpeg_next::codec::Parameters;
use ffmpeg_next::ffi;

/// The codec's out-of-band configuration; empty when there is none.
pub(crate) fn extradata(parameters: &Parameters) -> Vec<u8> {
    // SAFETY: the pointer is valid as long as `parameters` is borrowed, and FFmpeg keeps `extradata` either
    // null or pointing to `extradata_size` readable bytes.
    unsafe {
        let raw = &*parameters.as_ptr();
        if raw.extradata.is_null() || raw.extradata_size <= 0 {
            return Vec::new();
        }
        std::slice::from_raw_parts(raw.extradata, raw.extradata_size as usize).to_vec()
    }
}

/// Replaces the codec's out-of-band configuration and its four-letter code in the container (0: the usual one).
/// False when there is no memory for it.
pub(crate) fn set_extradata(parameters: &mut Parameters, bytes: &[u8], tag: u32) -> bool {
    let Ok(size) = i32::try_from(bytes.len()) else { return false };
    // SAFETY: `parameters` is borrowed exclusively; the old buffer came from FFmpeg's allocator and is freed by
    // it, the new one comes from it with the padding it demands and holds `bytes.len()` bytes.
    unsafe {
        let raw = &mut *parameters.as_mut_ptr();
        let fresh = ffi::av_mallocz(bytes.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
        if fresh.is_null() {
            return false;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), fresh, bytes.len());
        ffi::av_freep((&raw mut raw.extradata).cast());
        raw.extradata = fresh;
        raw.extradata_size = size;
        raw.codec_tag = tag;
    }
    true
}

/// Width and height in pixels.
pub(crate) fn picture_size(parameters: &Parameters) -> (i32, i32) {
    // SAFETY: the pointer is valid as long as `parameters` is borrowed.
    let raw = unsafe { &*parameters.as_ptr() };
    (raw.width, raw.height)
}

/// Forgets the four-letter code of another container.
pub(crate) fn clear_tag(parameters: &mut Parameters) {
    // SAFETY: `parameters` is borrowed exclusively and its pointer is valid.
    unsafe { (*parameters.as_mut_ptr()).codec_tag = 0 };
}
