//! Pictures and sound into an MP4 file whose bytes depend on nothing but what is put in.
//!
//! One encoder thread, no B-pictures, keyframes where they are asked for, no names or times of the writer.

use std::path::{Path, PathBuf};

use ffmpeg::codec::{self, Flags, encoder};
use ffmpeg::format::{Pixel, Sample, context::Output, sample};
use ffmpeg::{ChannelLayout, Dictionary, Packet, Rational, frame, picture};
use ffmpeg_next as ffmpeg;

use crate::SimulateError;
use crate::canvas::Canvas;
use crate::plan::Plan;
use crate::sound::RATE;

/// Ticks of the picture clock per second: whole for every usual frame rate and within what encoders take.
pub(crate) const CLOCK: i64 = 60_000;

/// Samples in a frame of AAC.
pub(crate) const SOUND_FRAME: usize = 1_024;

const PICTURE_ENCODERS: [&str; 4] = ["libx264", "libopenh264", "h264", "mpeg4"];

struct Track {
    stream: usize,
    clock: Rational,
    /// Ticks of `clock` that a packet lasts when nothing follows.
    lasts: i64,
}

/// An MP4 file that is being written.
pub(crate) struct Mp4 {
    path: PathBuf,
    output: Output,
    pictures: Option<(Track, encoder::video::Encoder, frame::Video)>,
    sound: Option<(Track, encoder::audio::Encoder)>,
}

impl Mp4 {
    /// Opens the encoders and writes the head of the file.
    ///
    /// # Errors
    /// If an encoder is missing or refuses, or the file can't be written.
    pub(crate) fn create(
        path: &Path,
        plan: &Plan,
        title: &str,
        video: bool,
        audio: bool,
    ) -> Result<Self, SimulateError> {
        let failed = |step| move |source| SimulateError::Media { step, path: path.to_owned(), source };
        let mut output = ffmpeg::format::output_as(path, "mp4").map_err(failed("open an mp4 file"))?;
        let mut metadata = Dictionary::new();
        metadata.set("title", title);
        metadata.set("comment", "simulated");
        output.set_metadata(metadata);
        let pictures = if video { Some(open_pictures(&mut output, path, plan)?) } else { None };
        let sound = if audio { Some(open_sound(&mut output, path, plan)?) } else { None };
        let options = Dictionary::from_iter([("fflags", "+bitexact"), ("movflags", "+faststart")]);
        output.write_header_with(options).map_err(failed("write the head"))?;
        Ok(Self { path: path.to_owned(), output, pictures, sound })
    }

    /// Encodes a picture shown at `tick` of [`CLOCK`].
    pub(crate) fn picture(&mut self, canvas: &Canvas, tick: i64, key: bool) -> Result<(), SimulateError> {
        let Some((_, encoder, frame)) = &mut self.pictures else { return Ok(()) };
        // The encoder may still hold the last picture's buffer, so each picture gets its own.
        *frame = frame::Video::new(Pixel::YUV420P, canvas.width as u32, canvas.height as u32);
        for (plane, source) in canvas.planes.iter().enumerate() {
            let wide = if plane == 0 { canvas.width } else { canvas.width / 2 };
            let stride = frame.stride(plane);
            for (line, from) in frame.data_mut(plane).chunks_mut(stride).zip(source.chunks_exact(wide)) {
                line[..wide].copy_from_slice(from);
            }
        }
        frame.set_pts(Some(tick));
        frame.set_kind(if key { picture::Type::I } else { picture::Type::None });
        let sent = encoder.send_frame(frame);
        sent.map_err(|source| SimulateError::Media {
            step: "encode a picture",
            path: self.path.clone(),
            source,
        })?;
        self.write_pictures()
    }

    /// Encodes up to [`SOUND_FRAME`] samples heard from `first`, counted on the file's clock.
    pub(crate) fn sound(&mut self, samples: &[f32], first: i64) -> Result<(), SimulateError> {
        let Some((_, encoder)) = &mut self.sound else { return Ok(()) };
        let mut frame =
            frame::Audio::new(Sample::F32(sample::Type::Planar), samples.len(), ChannelLayout::MONO);
        frame.set_rate(RATE);
        frame.plane_mut::<f32>(0).copy_from_slice(samples);
        frame.set_pts(Some(first));
        let sent = encoder.send_frame(&frame);
        sent.map_err(|source| SimulateError::Media {
            step: "encode sound",
            path: self.path.clone(),
            source,
        })?;
        self.write_sound()
    }

    /// Writes what the encoders hold and the tail of the file.
    pub(crate) fn finish(mut self) -> Result<(), SimulateError> {
        let path = self.path.clone();
        let failed = |step| move |source| SimulateError::Media { step, path, source };
        if let Some((_, encoder, _)) = &mut self.pictures {
            encoder.send_eof().map_err(failed.clone()("end the pictures"))?;
            self.write_pictures()?;
        }
        if let Some((_, encoder)) = &mut self.sound {
            encoder.send_eof().map_err(failed.clone()("end the sound"))?;
            self.write_sound()?;
        }
        self.output.write_trailer().map_err(failed("write the tail"))
    }

    fn write_pictures(&mut self) -> Result<(), SimulateError> {
        match &mut self.pictures {
            Some((track, encoder, _)) => drain(&mut self.output, track, encoder, &self.path),
            None => Ok(()),
        }
    }

    fn write_sound(&mut self) -> Result<(), SimulateError> {
        match &mut self.sound {
            Some((track, encoder)) => drain(&mut self.output, track, encoder, &self.path),
            None => Ok(()),
        }
    }
}

fn drain(
    output: &mut Output,
    track: &Track,
    encoder: &mut encoder::Encoder,
    path: &Path,
) -> Result<(), SimulateError> {
    let mut packet = Packet::empty();
    // An error here only says that the encoder wants more or has ended.
    while encoder.receive_packet(&mut packet).is_ok() {
        let target = output.stream(track.stream).map_or(track.clock, |stream| stream.time_base());
        packet.set_stream(track.stream);
        packet.set_duration(track.lasts);
        packet.rescale_ts(track.clock, target);
        let written = packet.write_interleaved(output);
        written.map_err(|source| SimulateError::Media {
            step: "write a packet",
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(())
}

fn open_pictures(
    output: &mut Output,
    path: &Path,
    plan: &Plan,
) -> Result<(Track, encoder::video::Encoder, frame::Video), SimulateError> {
    let failed =
        |source| SimulateError::Media { step: "open the picture encoder", path: path.to_owned(), source };
    let found = PICTURE_ENCODERS.iter().find_map(|name| encoder::find_by_name(name));
    let codec = found.ok_or_else(|| SimulateError::MissingEncoder {
        what: "picture",
        tried: PICTURE_ENCODERS.join(", "),
    })?;
    let clock = Rational::new(1, CLOCK as i32);
    let mut wanted = codec::Context::new_with_codec(codec).encoder().video().map_err(failed)?;
    wanted.set_width(plan.width);
    wanted.set_height(plan.height);
    wanted.set_format(Pixel::YUV420P);
    wanted.set_time_base(clock);
    wanted.set_frame_rate(Some((plan.fps as i32, 1)));
    wanted.set_bit_rate(plan.video_kbps as usize * 1_000);
    wanted.set_max_b_frames(0);
    // Keyframes are asked for by time; the encoder's own counter only has to stay out of the way.
    wanted.set_gop((plan.keyframe_seconds * f64::from(plan.fps) * 3.0).ceil() as u32);
    wanted.set_flags(Flags::GLOBAL_HEADER | Flags::BITEXACT);
    let mut options = Dictionary::from_iter([("threads", "1")]);
    if codec.name() == "libx264" {
        options.set("preset", "superfast");
        options.set("forced-idr", "1");
        options.set("x264-params", "scenecut=0:rc-lookahead=8:mbtree=0:sliced-threads=0");
    }
    let opened = wanted.open_as_with(codec, options).map_err(failed)?;
    let mut stream = output.add_stream(codec).map_err(failed)?;
    stream.set_parameters(&opened);
    stream.set_time_base(clock);
    stream.set_avg_frame_rate((plan.fps as i32, 1));
    let track = Track { stream: stream.index(), clock, lasts: CLOCK / i64::from(plan.fps) };
    Ok((track, opened, frame::Video::empty()))
}

fn open_sound(
    output: &mut Output,
    path: &Path,
    plan: &Plan,
) -> Result<(Track, encoder::audio::Encoder), SimulateError> {
    let failed =
        |source| SimulateError::Media { step: "open the sound encoder", path: path.to_owned(), source };
    let codec = encoder::find_by_name("aac")
        .ok_or_else(|| SimulateError::MissingEncoder { what: "sound", tried: "aac".to_owned() })?;
    let clock = Rational::new(1, RATE as i32);
    let mut wanted = codec::Context::new_with_codec(codec).encoder().audio().map_err(failed)?;
    wanted.set_rate(RATE as i32);
    wanted.set_channel_layout(ChannelLayout::MONO);
    wanted.set_format(Sample::F32(sample::Type::Planar));
    wanted.set_time_base(clock);
    wanted.set_bit_rate(plan.audio_kbps as usize * 1_000);
    wanted.set_flags(Flags::GLOBAL_HEADER | Flags::BITEXACT);
    let options = Dictionary::from_iter([("threads", "1"), ("aac_coder", "fast")]);
    let opened = wanted.open_as_with(codec, options).map_err(failed)?;
    let mut stream = output.add_stream(codec).map_err(failed)?;
    stream.set_parameters(&opened);
    stream.set_time_base(clock);
    Ok((Track { stream: stream.index(), clock, lasts: SOUND_FRAME as i64 }, opened))
}
