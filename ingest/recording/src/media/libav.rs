//! The few fields of FFmpeg's structures that `ffmpeg-next` has no safe accessor for.

#![allow(unsafe_code)]

use ffmpeg_next::codec::Parameters;

/// Width and height in pixels, sample rate in hertz, number of channels; zero where unknown.
pub(super) fn shape(parameters: &Parameters) -> (u32, u32, u32, u32) {
    // SAFETY: the pointer is valid as long as the parameters.
    let raw = unsafe { &*parameters.as_ptr() };
    let plain = |value: i32| u32::try_from(value).unwrap_or(0);
    (plain(raw.width), plain(raw.height), plain(raw.sample_rate), plain(raw.ch_layout.nb_channels))
}

/// Forgets the source container's tag of the codec, so that the target container chooses its own.
pub(super) fn clear_tag(parameters: &mut Parameters) {
    // SAFETY: the pointer is valid and the reference is exclusive.
    unsafe { (*parameters.as_mut_ptr()).codec_tag = 0 }
}
