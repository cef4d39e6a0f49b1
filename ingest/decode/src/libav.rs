//! The calls into FFmpeg's libraries that `ffmpeg-next` has no safe form for.
//!
//! Each function owns what it allocates and hands out only types that free it; no pointer leaves this file.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::io::{Read, Seek};
use std::ptr;

use ffmpeg_next::codec::Parameters;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::software::scaling;
use ffmpeg_next::util::interrupt;
use ffmpeg_next::{Error, Stream, codec, frame};

use crate::deadline::Deadline;

/// Opens `stream` with the demuxer `format` and no other, without decoding anything to learn more about it:
/// hostile bytes can't choose a demuxer that opens files, and the decoders find out the rest by themselves.
pub(crate) fn open<T>(stream: T, format: &CStr, probe: usize, deadline: Deadline) -> Result<Input, Error>
where
    T: Read + Seek + Send + 'static,
{
    let mut io = StreamIo::from_read_seek(stream)?;
    let interrupt = interrupt::new(Box::new(move || deadline.passed()));
    // SAFETY: the name is a C string; the demuxer it returns is static.
    let demuxer = unsafe { ffi::av_find_input_format(format.as_ptr()) };
    if demuxer.is_null() {
        return Err(Error::DemuxerNotFound);
    }
    // SAFETY: the context is checked before use; `avformat_open_input` frees it on failure, leaving `pb` to
    // `io` because of the custom-I/O flag; on success the wrapper takes context, I/O and interrupt guard, and
    // closes them in that order.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(Error::Other { errno: ffmpeg_next::error::ENOMEM });
        }
        (*context).interrupt_callback = interrupt.interrupt;
        (*context).pb = io.as_mut_ptr();
        (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO;
        (*context).probesize = probe as i64;
        match ffi::avformat_open_input(&raw mut context, ptr::null(), demuxer, ptr::null_mut()) {
            0 => Ok(Input::wrap_with_custom_io_and_interrupt(context, io, interrupt.guard)),
            error => Err(Error::from(error)),
        }
    }
}

/// Everything by which a decoder for `parameters` differs from one for others.
pub(crate) fn fingerprint(parameters: &Parameters) -> Vec<u8> {
    // SAFETY: the pointer is valid as long as the parameters, and extradata holds as many bytes as it says.
    unsafe {
        let raw = &*parameters.as_ptr();
        let mut print = Vec::new();
        for field in [raw.codec_id as i64, i64::from(raw.format), i64::from(raw.profile)] {
            print.extend(field.to_le_bytes());
        }
        let numbers =
            [raw.width, raw.height, raw.sample_rate, raw.ch_layout.nb_channels, raw.bits_per_coded_sample];
        for field in numbers.into_iter().chain([raw.block_align]) {
            print.extend(field.to_le_bytes());
        }
        if !raw.extradata.is_null() && raw.extradata_size > 0 {
            print.extend(std::slice::from_raw_parts(raw.extradata, raw.extradata_size as usize));
        }
        print
    }
}

/// Average frame rate that the container states.
pub(crate) fn stated_rate(stream: &Stream<'_>) -> Option<f64> {
    let rate = stream.avg_frame_rate();
    let hertz = f64::from(rate.numerator()) / f64::from(rate.denominator());
    (hertz.is_finite() && hertz > 0.0).then_some(hertz)
}

/// A scaler that reads a frame's own colour matrix and range, writes full-range RGB and may change threads.
pub(crate) struct SendScaler(scaling::Context);

// SAFETY: the context is owned, used through `&mut self` alone and not tied to a thread.
unsafe impl Send for SendScaler {}

impl SendScaler {
    pub(crate) fn new(mut scaler: scaling::Context, frame: &frame::Video) -> Self {
        // SAFETY: both pointers are valid for the call, and the coefficient tables are static.
        unsafe {
            let raw = &*frame.as_ptr();
            let source = ffi::sws_getCoefficients(raw.colorspace as c_int);
            let full = c_int::from(raw.color_range == ffi::AVColorRange::AVCOL_RANGE_JPEG);
            let target = ffi::sws_getCoefficients(ffi::SWS_CS_DEFAULT);
            let one = 1 << 16;
            // A negative answer means that this pair of formats has no matrix, as with RGB sources.
            ffi::sws_setColorspaceDetails(scaler.as_mut_ptr(), source, full, target, 1, 0, one, one);
        }
        Self(scaler)
    }

    pub(crate) fn run(&mut self, frame: &frame::Video, scaled: &mut frame::Video) -> Result<(), Error> {
        self.0.run(frame, scaled)
    }
}

/// Lets an H.264 decoder wait for as many pictures as the stream may reorder, where the stream does not say:
/// segments are flushed at their end, so waiting costs nothing and pictures out of order are not dropped.
pub(crate) fn wait_for_reordered(context: &mut codec::Context) {
    context.compliance(codec::Compliance::Strict);
}

/// Shape of decoded sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SoundForm {
    format: c_int,
    pub(crate) rate: c_int,
    channels: c_int,
    mask: u64,
}

impl SoundForm {
    pub(crate) fn of(frame: &frame::Audio) -> Option<Self> {
        // SAFETY: the frame is valid; the mask is read only where the order says that it is one.
        let form = unsafe {
            let raw = &*frame.as_ptr();
            let native = raw.ch_layout.order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE;
            let mask = if native { raw.ch_layout.u.mask } else { 0 };
            Self { format: raw.format, rate: raw.sample_rate, channels: raw.ch_layout.nb_channels, mask }
        };
        (form.rate > 0 && (1..=64).contains(&form.channels) && form.format >= 0).then_some(form)
    }
}

/// Turns sound of one form into mono floats at another rate, and keeps the filter's memory between calls.
pub(crate) struct Resampler {
    context: *mut ffi::SwrContext,
}

// SAFETY: the context is owned, used through `&mut self` alone and not tied to a thread.
unsafe impl Send for Resampler {}

impl Resampler {
    pub(crate) fn new(form: SoundForm, rate: c_int) -> Result<Self, Error> {
        // SAFETY: layouts are initialised by the library, freed layouts own nothing (native order), and the
        // context is freed by the library on failure of the first call and by `drop` afterwards.
        unsafe {
            let mut source: ffi::AVChannelLayout = std::mem::zeroed();
            if form.mask == 0 || ffi::av_channel_layout_from_mask(&raw mut source, form.mask) < 0 {
                ffi::av_channel_layout_default(&raw mut source, form.channels);
            }
            let mut mono: ffi::AVChannelLayout = std::mem::zeroed();
            ffi::av_channel_layout_default(&raw mut mono, 1);
            let mut context = ptr::null_mut();
            let allocated = ffi::swr_alloc_set_opts2(
                &raw mut context,
                &raw mut mono,
                ffi::AVSampleFormat::AV_SAMPLE_FMT_FLT,
                rate,
                &raw mut source,
                std::mem::transmute::<c_int, ffi::AVSampleFormat>(form.format),
                form.rate,
                0,
                ptr::null_mut(),
            );
            if allocated < 0 || context.is_null() {
                return Err(Error::from(allocated));
            }
            let resampler = Self { context };
            match ffi::swr_init(context) {
                error if error < 0 => Err(Error::from(error)),
                _ => Ok(resampler),
            }
        }
    }

    /// Appends what comes out for `frame` to `out`. The frame must have the form that this was made for.
    pub(crate) fn push(&mut self, frame: &frame::Audio, out: &mut Vec<f32>) -> Result<(), Error> {
        // SAFETY: a decoded frame has `extended_data` pointers for each of its planes, `nb_samples` long.
        unsafe {
            let raw = &*frame.as_ptr();
            self.convert(raw.extended_data as *mut *const u8, raw.nb_samples, out)
        }
    }

    /// Appends what the filter still holds.
    pub(crate) fn drain(&mut self, out: &mut Vec<f32>) -> Result<(), Error> {
        // SAFETY: null input with zero samples is the library's way to say "end of input".
        unsafe { self.convert(ptr::null_mut(), 0, out) }
    }

    /// # Safety
    /// `input` is null, or has a plane of `samples` samples for each channel of the form.
    unsafe fn convert(
        &mut self,
        input: *mut *const u8,
        samples: c_int,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        // SAFETY: `out` is grown to the upper bound that the library states before it is written, and cut
        // back to what was written.
        unsafe {
            let room = ffi::swr_get_out_samples(self.context, samples);
            if room < 0 {
                return Err(Error::from(room));
            }
            let before = out.len();
            out.resize(before + room as usize, 0.0);
            let mut target = out[before..].as_mut_ptr().cast::<u8>();
            let written = ffi::swr_convert(self.context, &raw mut target, room, input, samples);
            out.truncate(before + written.clamp(0, room) as usize);
            if written < 0 { Err(Error::from(written)) } else { Ok(()) }
        }
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: the context is owned and freed once.
        unsafe { ffi::swr_free(&raw mut self.context) }
    }
}
