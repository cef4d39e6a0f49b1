//! Pictures encoded anew: the edges of a splice in the codec of what they join, or a whole clip as H.264.
//!
//! Invariants: one thread and no clock, so the same pictures give the same bytes; an edge's H.264 parameter sets
//! have a number that the copied part doesn't use, so both live side by side in one `avcC`.

use ffmpeg_next::codec::{self, Flags, Parameters};
use ffmpeg_next::{Dictionary, Packet, Rational, encoder, format, frame, picture, software};

use crate::error::Fault;
use crate::material::CLOCK;
use crate::mux::Sample;
use crate::nal::{self, NalCodec, ParameterSets, Unit};

/// What the encoded pictures are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To stand beside copied H.264 of this profile and level.
    JoinH264 {
        /// Number of the parameter sets.
        id: u32,
        /// x264's name of the profile.
        profile: &'static str,
        /// `level_idc`.
        level: u8,
    },
    /// To stand beside copied HEVC.
    JoinHevc,
    /// To be the clip.
    Whole,
}

impl Purpose {
    /// How to join pictures described by `sets`, where that is possible.
    pub(crate) fn join(codec: NalCodec, sets: &ParameterSets) -> Option<Self> {
        if codec == NalCodec::Hevc {
            return Some(Self::JoinHevc);
        }
        let (profile, level) = sets.h264_profile()?;
        let profile = match profile {
            66 => "baseline",
            77 => "main",
            100 => "high",
            110 => "high10",
            122 => "high422",
            244 => "high444",
            _ => return None,
        };
        Some(Self::JoinH264 { id: sets.free_id()?, profile, level })
    }

    /// The family of what comes out.
    pub(crate) const fn codec(self) -> NalCodec {
        match self {
            Self::JoinHevc => NalCodec::Hevc,
            _ => NalCodec::H264,
        }
    }
}

/// Encodes the pictures of one stretch.
pub(crate) struct PictureEncoder {
    purpose: Purpose,
    quality: u8,
    nominal: i64,
    open: Option<(encoder::video::Encoder, format::Pixel, (u32, u32))>,
    scaler: Option<software::scaling::Context>,
    /// Coded pictures in decoding order.
    pub(crate) samples: Vec<Sample>,
    /// Their parameter sets.
    pub(crate) sets: ParameterSets,
    /// What a container has to know, once there was a picture.
    pub(crate) parameters: Option<Parameters>,
}

impl PictureEncoder {
    /// `quality` is the constant rate factor, `nominal` the usual time between pictures in ticks.
    pub(crate) fn new(purpose: Purpose, quality: u8, nominal: i64) -> Self {
        Self {
            purpose,
            quality,
            nominal,
            open: None,
            scaler: None,
            samples: Vec::new(),
            sets: ParameterSets::default(),
            parameters: None,
        }
    }

    /// Takes the next picture.
    pub(crate) fn push(&mut self, picture: &mut frame::Video, pts: i64) -> Result<(), Fault> {
        if self.open.is_none() {
            self.open(picture)?;
        }
        let Some((encoder, pixel, (width, height))) = &mut self.open else { return Err(Fault::Nothing) };
        let fits = (picture.format(), picture.width(), picture.height()) == (*pixel, *width, *height);
        let mut scaled = frame::Video::empty();
        let picture = if fits {
            picture
        } else {
            if self.purpose != Purpose::Whole {
                return Err(Fault::Media {
                    step: "joining pictures of another size",
                    source: ffmpeg_next::Error::InvalidData,
                });
            }
            let flags = software::scaling::Flags::BICUBIC | software::scaling::Flags::BITEXACT;
            let (from, size) = (picture.format(), (picture.width(), picture.height()));
            let same = self.scaler.as_ref().is_some_and(|s| {
                (s.input().format, s.input().width, s.input().height) == (from, size.0, size.1)
            });
            if !same {
                let fresh =
                    software::scaling::Context::get(from, size.0, size.1, *pixel, *width, *height, flags);
                self.scaler = Some(fresh.map_err(Fault::at("setting up the scaler"))?);
            }
            if let Some(scaler) = &mut self.scaler {
                scaler.run(picture, &mut scaled).map_err(Fault::at("scaling a picture"))?;
            }
            &mut scaled
        };
        picture.set_pts(Some(pts));
        // The decoder's note of how the picture was coded would be taken as an order.
        picture.set_kind(picture::Type::None);
        encoder.send_frame(picture).map_err(Fault::at("encoding a picture"))?;
        self.receive()
    }

    /// No more pictures.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        if let Some((encoder, ..)) = &mut self.open {
            encoder.send_eof().map_err(Fault::at("ending the encoding of pictures"))?;
        }
        self.receive()
    }

    fn receive(&mut self) -> Result<(), Fault> {
        let Some((encoder, ..)) = &mut self.open else { return Ok(()) };
        let mut packet = Packet::empty();
        let family = self.purpose.codec();
        while encoder.receive_packet(&mut packet).is_ok() {
            let (Some(data), Some(pts)) = (packet.data(), packet.pts()) else { continue };
            nal::units(data).for_each(|unit| self.sets.note(family, unit));
            self.samples.push(Sample { pts, key: packet.is_key(), data: data.to_vec() });
        }
        Ok(())
    }

    fn open(&mut self, like: &frame::Video) -> Result<(), Fault> {
        let at = "opening the picture encoder";
        let name = if self.purpose == Purpose::JoinHevc { "libx265" } else { "libx264" };
        let missing =
            Fault::Media { step: "finding the picture encoder", source: ffmpeg_next::Error::EncoderNotFound };
        let codec = encoder::find_by_name(name).ok_or(missing)?;
        let takes = codec
            .video()
            .map_err(Fault::at(at))?
            .formats()
            .is_some_and(|mut formats| formats.any(|f| f == like.format()));
        let whole = self.purpose == Purpose::Whole;
        if !takes && !whole {
            return Err(Fault::Media {
                step: "joining pictures of this format",
                source: ffmpeg_next::Error::InvalidData,
            });
        }
        // Players decode 4:2:0 of eight bits everywhere; H.264 of anything else in few places.
        let pixel = if whole && like.format() != format::Pixel::YUVJ420P {
            format::Pixel::YUV420P
        } else {
            like.format()
        };
        let size =
            if whole { (like.width() & !1, like.height() & !1) } else { (like.width(), like.height()) };
        let mut context = codec::Context::new_with_codec(codec);
        context.set_threading(codec::threading::Config::count(1));
        context.set_flags(Flags::BITEXACT);
        let mut video = context.encoder().video().map_err(Fault::at(at))?;
        video.set_width(size.0.max(2));
        video.set_height(size.1.max(2));
        video.set_format(pixel);
        video.set_time_base(Rational(1, CLOCK as i32));
        video.set_frame_rate(Some(Rational(CLOCK as i32, i32::try_from(self.nominal).unwrap_or(i32::MAX))));
        video.set_aspect_ratio(like.aspect_ratio());
        video.set_colorspace(like.color_space());
        video.set_color_range(like.color_range());
        video.set_color_primaries(like.color_primaries());
        video.set_color_transfer_characteristic(like.color_transfer_characteristic());
        let opened = video.open_with(self.options()).map_err(Fault::at(at))?;
        self.parameters = Some(Parameters::from(&opened));
        self.open = Some((opened, pixel, (size.0.max(2), size.1.max(2))));
        Ok(())
    }

    fn options(&self) -> Dictionary<'static> {
        let mut options = Dictionary::new();
        options.set("preset", "veryfast");
        options.set("crf", &self.quality.to_string());
        match self.purpose {
            // Without reordering of its own an edge adds no delay to what it joins.
            Purpose::JoinH264 { id, profile, level } => {
                options.set("profile", profile);
                options.set(
                    "x264-params",
                    &format!("sps-id={id}:level={level}:bframes=0:keyint=infinite:scenecut=0:annexb=1"),
                );
            }
            Purpose::JoinHevc => options.set(
                "x265-params",
                "pools=none:frame-threads=1:bframes=0:keyint=-1:scenecut=0:repeat-headers=1:annexb=1:info=0:log-level=none",
            ),
            Purpose::Whole => {
                let group = (2 * CLOCK / self.nominal).clamp(1, 600);
                options.set("x264-params", &format!("keyint={group}:annexb=1"));
            }
        }
        options
    }
}

/// A picture as it goes into the container: without what the container says itself, or, for HEVC, where both
/// parts' parameter sets have the same number, with them in front of every keyframe.
pub(crate) fn in_container(codec: NalCodec, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    for unit in nal::units(data) {
        let drop = match codec.unit(unit) {
            Unit::Delimiter => true,
            Unit::Sequence | Unit::Picture => codec == NalCodec::H264,
            _ => false,
        };
        if !drop {
            nal::push(&mut out, unit);
        }
    }
    out
}

/// Marks an HEVC picture that was random access among its neighbours as one after a cut, whose leading
/// pictures are missing (H.265 7.4.2.2: type 21 `CRA_NUT` to 18 `BLA_N_LP`).
pub(crate) fn after_cut(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    for unit in nal::units(data) {
        nal::push(&mut out, unit);
        if NalCodec::Hevc.unit(unit) == Unit::RandomAccess {
            let at = out.len() - unit.len();
            out[at] = (out[at] & 0x81) | 18 << 1;
        }
    }
    out
}
