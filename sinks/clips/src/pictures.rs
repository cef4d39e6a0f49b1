//! Coded pictures decoded, in the order they are shown.
//!
//! Invariants: one picture in memory at a time; a damaged packet costs its pictures, not the clip.

use ffmpeg_next::codec::{self, Parameters};
use ffmpeg_next::{Packet, Rational, decoder, frame, media};

use crate::error::Fault;
use crate::material::{CLOCK, Coded, Track, nal_codec};
use crate::splice::Edge;

/// What takes pictures and their times, ticks.
type Sink<'a> = dyn FnMut(&mut frame::Video, i64) -> Result<(), Fault> + 'a;

/// Decodes an edge and hands on each picture it keeps, with its time.
pub(crate) fn decode(track: &Track, edge: &Edge, each: &mut Sink<'_>) -> Result<(), Fault> {
    let packets = &track.coded[edge.decode.clone()];
    for stretch in packets.chunk_by(|a, b| a.run == b.run) {
        let Some(first) = stretch.first() else { continue };
        let mut decoder = open(&track.runs[first.run].1)?;
        for coded in stretch {
            // A damaged packet is refused here; what can be shown without it still is.
            if decoder.send_packet(&packet(coded)).is_ok() {
                receive(&mut decoder, edge, each)?;
            }
        }
        decoder.send_eof().map_err(Fault::at("ending the decoding of pictures"))?;
        receive(&mut decoder, edge, each)?;
    }
    Ok(())
}

fn receive(decoder: &mut decoder::Video, edge: &Edge, each: &mut Sink<'_>) -> Result<(), Fault> {
    let mut picture = frame::Video::empty();
    while decoder.receive_frame(&mut picture).is_ok() {
        if let Some(pts) = picture.timestamp().filter(|pts| edge.keep.contains(pts)) {
            each(&mut picture, pts)?;
        }
    }
    Ok(())
}

/// Annex B streams carry their configuration; an out-of-band one would be taken for another framing.
fn open(parameters: &Parameters) -> Result<decoder::Video, Fault> {
    let bare = if nal_codec(parameters.id()).is_some() {
        let mut bare = Parameters::new();
        bare.set_medium(media::Type::Video);
        bare.set_id(parameters.id());
        bare
    } else {
        parameters.clone()
    };
    let context =
        codec::Context::from_parameters(bare).map_err(Fault::at("setting up the picture decoder"))?;
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(Rational(1, CLOCK as i32));
    decoder.video().map_err(Fault::at("opening the picture decoder"))
}

/// The packet FFmpeg wants.
pub(crate) fn packet(coded: &Coded) -> Packet {
    let mut packet = Packet::copy(&coded.data);
    packet.set_pts(Some(coded.pts));
    packet
}
