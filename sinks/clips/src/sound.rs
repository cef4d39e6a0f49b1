//! The sound of a clip, encoded anew as AAC so that it starts and ends on the very sample.
//!
//! Invariants: sample `n` of the track is heard `n / rate` seconds after the clip's first picture; what was lost
//! is silence, so nothing after it drifts. Encoding anew costs little and spares the edit lists that players
//! read differently.

use std::ops::Range;

use ffmpeg_next::codec::{self, Flags, Id, Parameters};
use ffmpeg_next::format::sample::{Sample as Kind, Type};
use ffmpeg_next::software::resampling;
use ffmpeg_next::{ChannelLayout, Packet, Rational, decoder, encoder, frame};

use crate::error::Fault;
use crate::material::{CLOCK, Track};
use crate::mux::SoundTrack;
use crate::pictures::packet;

/// What MPEG-4 AAC can say without escape codes.
const RATES: [u32; 12] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000];

/// Samples of the clip, one row per channel.
struct Samples {
    rate: u32,
    channels: Vec<Vec<f32>>,
    /// Where the next frame continues, samples from the start; before it may lie the lead-in.
    next: Option<i64>,
    resampler: Option<resampling::Context>,
}

/// The sound of `span` (ticks); `None` when there is no sound at all.
pub(crate) fn cut(track: &Track, span: Range<i64>) -> Result<Option<SoundTrack>, Fault> {
    // Decoders need a packet or two before they are exact.
    let near = span.start - CLOCK / 2..span.end + CLOCK / 4;
    let packets: Vec<_> = track.coded.iter().filter(|c| near.contains(&c.pts)).collect();
    let mut samples: Option<Samples> = None;
    for stretch in packets.chunk_by(|a, b| a.run == b.run) {
        let Some(first) = stretch.first() else { continue };
        let parameters = track.runs[first.run].1.clone();
        let context =
            codec::Context::from_parameters(parameters).map_err(Fault::at("setting up the sound decoder"))?;
        let mut opening = context.decoder();
        opening.set_packet_time_base(Rational(1, CLOCK as i32));
        let mut decoder = opening.audio().map_err(Fault::at("opening the sound decoder"))?;
        for coded in stretch {
            if decoder.send_packet(&packet(coded)).is_ok() {
                receive(&mut decoder, &mut samples, &span)?;
            }
        }
        decoder.send_eof().map_err(Fault::at("ending the decoding of sound"))?;
        receive(&mut decoder, &mut samples, &span)?;
    }
    samples.map(|samples| encode(&samples)).transpose()
}

fn receive(
    decoder: &mut decoder::Audio,
    samples: &mut Option<Samples>,
    span: &Range<i64>,
) -> Result<(), Fault> {
    let mut sound = frame::Audio::empty();
    while decoder.receive_frame(&mut sound).is_ok() {
        let Some(pts) = sound.timestamp() else { continue };
        if sound.rate() == 0 || sound.samples() == 0 {
            continue;
        }
        let into = samples.get_or_insert_with(|| Samples::new(&sound, span.end - span.start));
        into.add(&mut sound, pts - span.start)?;
    }
    Ok(())
}

impl Samples {
    fn new(like: &frame::Audio, length: i64) -> Self {
        let rate = if RATES.contains(&like.rate()) { like.rate() } else { 48_000 };
        let count = (i128::from(length) * i128::from(rate) + i128::from(CLOCK / 2)) / i128::from(CLOCK);
        let channels = vec![vec![0.0; count as usize]; usize::from(like.channels().clamp(1, 2))];
        Self { rate, channels, next: None, resampler: None }
    }

    /// Lays a frame on the clip's line; `pts` is its time from the clip's start, ticks.
    fn add(&mut self, sound: &mut frame::Audio, pts: i64) -> Result<(), Fault> {
        let wanted = (pts * i64::from(self.rate)).div_euclid(CLOCK);
        let converted = self.convert(sound)?;
        // Container clocks are coarser than samples: small steps are rounding and no reason for a click.
        let at = match self.next {
            Some(next) if (wanted - next).abs() <= i64::from(self.rate) / 100 => next,
            _ => wanted,
        };
        let count = converted.samples();
        for (c, row) in self.channels.iter_mut().enumerate() {
            let plane: &[f32] = converted.plane(c);
            for (n, &value) in plane.iter().take(count).enumerate() {
                if let Some(place) = usize::try_from(at + n as i64).ok().and_then(|i| row.get_mut(i)) {
                    *place = if value.is_finite() { value } else { 0.0 };
                }
            }
        }
        self.next = Some(at + count as i64);
        Ok(())
    }

    fn convert(&mut self, sound: &mut frame::Audio) -> Result<frame::Audio, Fault> {
        let layout = ChannelLayout::default(self.channels.len() as i32);
        if sound.channel_layout().is_empty() {
            sound.set_channel_layout(ChannelLayout::default(i32::from(sound.channels())));
        }
        let from = (sound.format(), sound.channel_layout(), sound.rate());
        let same = self.resampler.as_ref().is_some_and(|r| {
            let input = r.input();
            (input.format, input.channel_layout, input.rate) == from
        });
        if !same {
            let fresh =
                resampling::Context::get(from.0, from.1, from.2, Kind::F32(Type::Planar), layout, self.rate);
            self.resampler = Some(fresh.map_err(Fault::at("setting up the resampler"))?);
        }
        let mut converted = frame::Audio::empty();
        if let Some(resampler) = &mut self.resampler {
            resampler.run(sound, &mut converted).map_err(Fault::at("resampling sound"))?;
        }
        Ok(converted)
    }
}

fn encode(samples: &Samples) -> Result<SoundTrack, Fault> {
    let at = "opening the sound encoder";
    let missing = Fault::Media { step: at, source: ffmpeg_next::Error::EncoderNotFound };
    let codec = encoder::find(Id::AAC).ok_or(missing)?;
    let layout = ChannelLayout::default(samples.channels.len() as i32);
    let mut context = codec::Context::new_with_codec(codec);
    context.set_flags(Flags::GLOBAL_HEADER | Flags::BITEXACT);
    context.set_threading(codec::threading::Config::count(1));
    let mut audio = context.encoder().audio().map_err(Fault::at(at))?;
    audio.set_rate(samples.rate as i32);
    audio.set_channel_layout(layout);
    audio.set_format(Kind::F32(Type::Planar));
    audio.set_time_base(Rational(1, samples.rate as i32));
    audio.set_bit_rate(samples.channels.len() * if samples.rate >= 32_000 { 80_000 } else { 48_000 });
    let mut encoder = audio.open().map_err(Fault::at(at))?;
    let parameters = Parameters::from(&encoder);
    let size = (encoder.frame_size() as usize).max(1);
    let total = samples.channels.first().map_or(0, Vec::len);
    let mut packets = Vec::new();
    for start in (0..total).step_by(size) {
        let count = size.min(total - start);
        let mut sound = frame::Audio::new(Kind::F32(Type::Planar), count, layout);
        sound.set_rate(samples.rate);
        sound.set_pts(Some(start as i64));
        for (c, row) in samples.channels.iter().enumerate() {
            sound.plane_mut::<f32>(c)[..count].copy_from_slice(&row[start..start + count]);
        }
        encoder.send_frame(&sound).map_err(Fault::at("encoding sound"))?;
        drain(&mut encoder, &mut packets);
    }
    encoder.send_eof().map_err(Fault::at("ending the encoding of sound"))?;
    drain(&mut encoder, &mut packets);
    Ok(SoundTrack { parameters, packets, rate: samples.rate })
}

fn drain(encoder: &mut encoder::audio::Encoder, packets: &mut Vec<Packet>) {
    let mut packet = Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        packets.push(std::mem::replace(&mut packet, Packet::empty()));
    }
}
