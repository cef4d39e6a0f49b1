//! The picture that stands for a clip, as a JPEG.
//!
//! Invariant: the picture on the screen at the asked time, never one from outside the clip.

use ffmpeg_next::codec::{self, Flags, Id};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Dictionary, Packet, Rational, encoder, frame, picture, software};

use crate::error::Fault;
use crate::material::Material;
use crate::pictures;
use crate::splice;
use crate::window::Window;

/// A JPEG at most `width` pixels wide of what is shown at `peak` (ticks); `None` when nothing there decodes.
pub(crate) fn draw(
    material: &Material,
    window: &Window,
    peak: i64,
    width: u32,
) -> Result<Option<Vec<u8>>, Fault> {
    let times = || material.pictures.coded.iter().map(|c| c.pts);
    let inside = window.first..window.span.end;
    let peak = times().filter(|pts| inside.contains(pts) && *pts <= peak.max(window.first)).max();
    let Some(at) = peak else { return Ok(None) };
    let mut best: Option<frame::Video> = None;
    // Where damage took the very picture, the next one that decodes stands in.
    for keep in [at..at + 1, at..inside.end] {
        let Some(edge) = splice::edge(&material.pictures.coded, keep) else { continue };
        pictures::decode(&material.pictures, &edge, &mut |picture, _| {
            best.get_or_insert_with(|| picture.clone());
            Ok(())
        })?;
        if best.is_some() {
            break;
        }
    }
    best.map(|picture| encode(&picture, width)).transpose()
}

fn encode(picture: &frame::Video, width: u32) -> Result<Vec<u8>, Fault> {
    let at = "encoding the thumbnail";
    let aspect = match picture.aspect_ratio() {
        Rational(num, den) if num > 0 && den > 0 => f64::from(num) / f64::from(den),
        _ => 1.0,
    };
    let shown = f64::from(picture.width()) * aspect;
    let width = width.min(shown as u32).clamp(2, 4096) & !1;
    let height = (f64::from(width) / shown.max(1.0) * f64::from(picture.height())).round().clamp(2.0, 4096.0)
        as u32
        & !1;
    let flags = software::scaling::Flags::AREA | software::scaling::Flags::BITEXACT;
    let (from, size) = (picture.format(), (picture.width(), picture.height()));
    let mut scaler =
        software::scaling::Context::get(from, size.0, size.1, Pixel::YUVJ420P, width, height, flags)
            .map_err(Fault::at(at))?;
    let mut small = frame::Video::empty();
    scaler.run(picture, &mut small).map_err(Fault::at(at))?;
    small.set_pts(Some(0));
    small.set_kind(picture::Type::None);
    let missing = Fault::Media { step: at, source: ffmpeg_next::Error::EncoderNotFound };
    let codec = encoder::find(Id::MJPEG).ok_or(missing)?;
    let mut context = codec::Context::new_with_codec(codec);
    context.set_flags(Flags::BITEXACT);
    context.set_threading(codec::threading::Config::count(1));
    let mut video = context.encoder().video().map_err(Fault::at(at))?;
    video.set_width(width);
    video.set_height(height);
    video.set_format(Pixel::YUVJ420P);
    video.set_time_base(Rational(1, 25));
    let mut options = Dictionary::new();
    // A fixed quantiser: 2 is the best, 31 the worst.
    options.set("qmin", "3");
    options.set("qmax", "3");
    let mut encoder = video.open_with(options).map_err(Fault::at(at))?;
    encoder.send_frame(&small).map_err(Fault::at(at))?;
    encoder.send_eof().map_err(Fault::at(at))?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).map_err(Fault::at(at))?;
    Ok(packet.data().unwrap_or_default().to_vec())
}
