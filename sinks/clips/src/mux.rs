//! Coded pictures and sound into an MP4 or M4A file that plays from its first byte.
//!
//! Invariants: decoding times rise strictly and never pass the time of showing; nothing that changes from run to
//! run (dates, versions, random numbers) gets into the file.

use std::path::Path;

use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::{Dictionary, Packet, Rational, encoder, format};

use crate::error::Fault;
use crate::material::CLOCK;

/// One coded picture, ticks from the clip's start.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) pts: i64,
    pub(crate) key: bool,
    pub(crate) data: Vec<u8>,
}

/// The pictures, in decoding order.
pub(crate) struct PictureTrack {
    pub(crate) parameters: Parameters,
    pub(crate) samples: Vec<Sample>,
    /// The clip's end, ticks from its start.
    pub(crate) end: i64,
    pub(crate) nominal: i64,
}

/// The sound: packets with their time in samples.
pub(crate) struct SoundTrack {
    pub(crate) parameters: Parameters,
    pub(crate) packets: Vec<Packet>,
    pub(crate) rate: u32,
}

/// Writes the file.
pub(crate) fn write(
    path: &Path,
    pictures: Option<PictureTrack>,
    sound: Option<SoundTrack>,
) -> Result<(), Fault> {
    let at = Fault::at("opening the clip's file");
    let mut output = format::output_as(path, if pictures.is_some() { "mp4" } else { "ipod" }).map_err(at)?;
    let mut queue: Vec<(i64, Packet)> = Vec::new();
    let mut bases = Vec::new();
    let mut add = |parameters: Parameters, base: Rational| -> Result<usize, Fault> {
        let mut stream = output.add_stream(encoder::find(Id::None)).map_err(Fault::at("adding a track"))?;
        stream.set_parameters(parameters);
        stream.set_time_base(base);
        bases.push(base);
        Ok(stream.index())
    };
    if let Some(track) = pictures {
        let index = add(track.parameters.clone(), Rational(1, CLOCK as i32))?;
        queue.extend(timed(track).into_iter().map(|(time, mut packet)| {
            packet.set_stream(index);
            (time, packet)
        }));
    }
    if let Some(track) = sound {
        let index = add(track.parameters, Rational(1, track.rate as i32))?;
        queue.extend(track.packets.into_iter().map(|mut packet| {
            packet.set_stream(index);
            (packet.pts().unwrap_or(0) * CLOCK / i64::from(track.rate), packet)
        }));
    }
    let mut options = Dictionary::new();
    options.set("movflags", "+faststart");
    options.set("fflags", "+bitexact");
    // Edit lists are written on this clock; its default of a millisecond would blur the clip's borders.
    options.set("movie_timescale", &CLOCK.to_string());
    output.write_header_with(options).map(drop).map_err(Fault::at("writing the clip's header"))?;
    queue.sort_by_key(|(time, packet)| (*time, packet.stream()));
    for (_, mut packet) in queue {
        let index = packet.stream();
        let target = output.stream(index).map_or(bases[index], |s| s.time_base());
        packet.rescale_ts(bases[index], target);
        packet.write_interleaved(&mut output).map_err(Fault::at("writing the clip"))?;
    }
    output.write_trailer().map_err(Fault::at("finishing the clip"))
}

/// Packets with decoding times: the sorted times of showing, held back by as many pictures as any picture
/// comes too late in decoding order.
fn timed(track: PictureTrack) -> Vec<(i64, Packet)> {
    let decoding = decoding_times(&track.samples.iter().map(|s| s.pts).collect::<Vec<_>>(), track.nominal);
    let mut shown: Vec<i64> = track.samples.iter().map(|s| s.pts).collect();
    shown.sort_unstable();
    let end = |pts: i64| {
        let next = shown.partition_point(|&other| other <= pts);
        shown.get(next).copied().unwrap_or(track.end)
    };
    let durations: Vec<i64> = track.samples.iter().map(|s| (end(s.pts) - s.pts).max(1)).collect();
    let packets = track.samples.into_iter().zip(decoding).zip(durations).map(|((sample, dts), duration)| {
        let mut packet = Packet::copy(&sample.data);
        packet.set_pts(Some(sample.pts));
        packet.set_dts(Some(dts));
        packet.set_duration(duration);
        if sample.key {
            packet.set_flags(ffmpeg_next::packet::Flags::KEY);
        }
        (dts, packet)
    });
    packets.collect()
}

/// One decoding time per picture, from their distinct times of showing in decoding order.
fn decoding_times(shown: &[i64], nominal: i64) -> Vec<i64> {
    let mut sorted = shown.to_vec();
    sorted.sort_unstable();
    let late = |(i, pts): (usize, &i64)| i.saturating_sub(sorted.partition_point(|other| other < pts));
    let delay = shown.iter().enumerate().map(late).max().unwrap_or(0);
    let first = sorted.first().copied().unwrap_or(0);
    let before = (1..=delay as i64).rev().map(|n| first - n * nominal);
    before.chain(sorted.iter().copied()).take(shown.len()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reordered_pictures_are_decoded_before_they_are_shown() {
        assert_eq!(decoding_times(&[0, 300, 100, 200], 100), [-100, 0, 100, 200]);
        assert_eq!(decoding_times(&[0, 100, 200], 100), [0, 100, 200]);
    }

    proptest! {
        #[test]
        fn decoding_times_rise_and_never_pass_showing(order in Just((0_i64..30).collect::<Vec<_>>()).prop_shuffle()) {
            let shown: Vec<i64> = order.iter().map(|n| n * 3003).collect();
            let decoding = decoding_times(&shown, 3003);
            prop_assert!(decoding.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(decoding.iter().zip(&shown).all(|(dts, pts)| dts <= pts));
        }
    }
}
