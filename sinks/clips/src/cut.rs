//! One clip put together: copied pictures between re-encoded edges, or a whole re-encoding, and the sound.
//!
//! Invariants: what is reported as copied was copied byte for byte (HEVC: but for the type of the first picture
//! after a cut); pictures and sound start at the same instant.

use std::collections::BTreeSet;
use std::path::Path;

use ffmpeg_next::codec::Parameters;

use crate::edge::{self, PictureEncoder, Purpose};
use crate::error::Fault;
use crate::material::{Material, micros};
use crate::mux::{self, PictureTrack, Sample};
use crate::nal::{NalCodec, ParameterSets};
use crate::native;
use crate::pictures;
use crate::sound;
use crate::splice::{self, Edge, Splice};
use crate::window::Window;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
    pub(crate) copied_us: i64,
    pub(crate) encoded_us: i64,
    pub(crate) copied_pictures: usize,
    pub(crate) pictures: usize,
    pub(crate) codec: &'static str,
}

/// Pictures ready for the container, still on media time.
struct Assembled {
    parameters: Parameters,
    samples: Vec<Sample>,
    copied: BTreeSet<i64>,
    codec: &'static str,
}

/// Writes the clip of `window` to `path`.
pub(crate) fn cut(material: &Material, window: &Window, quality: u8, path: &Path) -> Result<Cut, Fault> {
    if material.pictures.coded.is_empty() {
        let sound = sound::cut(&material.sound, window.span.clone())?.ok_or(Fault::Nothing)?;
        mux::write(path, None, Some(sound))?;
        let (from_us, to_us) = (micros(window.span.start), micros(window.span.end));
        let encoded_us = to_us - from_us;
        return Ok(Cut {
            from_us,
            to_us,
            copied_us: 0,
            encoded_us,
            copied_pictures: 0,
            pictures: 0,
            codec: "aac",
        });
    }
    let Assembled { parameters, mut samples, copied, codec } = assemble(material, window, quality)?;
    // Damage can take the pictures at the start; then the clip starts with the first that is there.
    let first = samples.iter().map(|s| s.pts).min().ok_or(Fault::Nothing)?;
    let start = first.max(window.span.start);
    let end = window.span.end;
    let mut shown: Vec<i64> = samples.iter().map(|s| s.pts).collect();
    shown.sort_unstable();
    shown.push(end);
    let copied_ticks: i64 =
        shown.windows(2).filter(|w| copied.contains(&w[0])).map(|w| w[1] - w[0].max(start)).sum();
    for sample in &mut samples {
        sample.pts = sample.pts.max(start) - start;
    }
    let sound = sound::cut(&material.sound, start..end)?;
    let count = samples.len();
    let track = PictureTrack { parameters, samples, end: end - start, nominal: window.nominal };
    mux::write(path, Some(track), sound)?;
    let (from_us, to_us, copied_us) = (micros(start), micros(end), micros(copied_ticks));
    Ok(Cut {
        from_us,
        to_us,
        copied_us,
        encoded_us: to_us - from_us - copied_us,
        copied_pictures: copied.len(),
        pictures: count,
        codec,
    })
}

fn assemble(material: &Material, window: &Window, quality: u8) -> Result<Assembled, Fault> {
    let track = &material.pictures;
    let range = window.first..window.span.end;
    if let Some(codec) = track.spliceable()
        && let Some(purpose) = Purpose::join(codec, &track.sets)
    {
        let plan = splice::splice(&track.coded, range.clone());
        // Edges that refuse to be joined (another size or format inside) are no reason to have no clip.
        if !plan.copy.is_empty()
            && let Ok(joined) = join(material, window, &plan, purpose, quality)
        {
            return Ok(joined);
        }
    }
    let plan = splice::whole(&track.coded, range);
    let encoder = encode(material, window, plan.head.as_ref(), Purpose::Whole, quality)?;
    let mut parameters = encoder.parameters.ok_or(Fault::Nothing)?;
    describe(&mut parameters, NalCodec::H264, &encoder.sets.stream())?;
    let samples = encoder.samples.into_iter().map(|s| contained(NalCodec::H264, s)).collect();
    Ok(Assembled { parameters, samples, copied: BTreeSet::new(), codec: "h264" })
}

fn join(
    material: &Material,
    window: &Window,
    plan: &Splice,
    purpose: Purpose,
    quality: u8,
) -> Result<Assembled, Fault> {
    let (track, codec) = (&material.pictures, purpose.codec());
    let head = encode(material, window, plan.head.as_ref(), purpose, quality)?;
    let tail = encode(material, window, plan.tail.as_ref(), purpose, quality)?;
    let mut samples = head.samples;
    for (n, &i) in plan.copy.iter().enumerate() {
        let coded = &track.coded[i];
        let cut = n == 0 && plan.head.is_some() && codec == NalCodec::Hevc;
        let data = if cut { edge::after_cut(&coded.data) } else { coded.data.clone() };
        samples.push(Sample { pts: coded.pts, key: coded.clean, data });
    }
    samples.extend(tail.samples);
    let mut sets = track.sets.stream();
    if codec == NalCodec::H264 {
        let edges: &ParameterSets = if plan.head.is_some() { &head.sets } else { &tail.sets };
        if plan.head.is_some() && plan.tail.is_some() && head.sets.stream() != tail.sets.stream() {
            return Err(Fault::Media {
                step: "joining unlike edges",
                source: ffmpeg_next::Error::InvalidData,
            });
        }
        sets.extend_from_slice(&edges.stream());
    }
    let (_, mut parameters) = track.runs.first().cloned().ok_or(Fault::Nothing)?;
    describe(&mut parameters, codec, &sets)?;
    let samples = samples.into_iter().map(|s| contained(codec, s)).collect();
    let copied = plan.copy.iter().map(|&i| track.coded[i].pts).collect();
    let codec = if codec == NalCodec::Hevc { "hevc" } else { "h264" };
    Ok(Assembled { parameters, samples, copied, codec })
}

fn contained(codec: NalCodec, sample: Sample) -> Sample {
    Sample { data: edge::in_container(codec, &sample.data), ..sample }
}

fn describe(parameters: &mut Parameters, codec: NalCodec, sets: &[u8]) -> Result<(), Fault> {
    // `hev1` is the sample entry that allows parameter sets in front of keyframes (ISO/IEC 14496-15).
    let tag = if codec == NalCodec::Hevc { u32::from_le_bytes(*b"hev1") } else { 0 };
    native::clear_tag(parameters);
    if native::set_extradata(parameters, sets, tag) {
        return Ok(());
    }
    let source = ffmpeg_next::Error::Other { errno: ffmpeg_next::error::ENOMEM };
    Err(Fault::Media { step: "describing the pictures", source })
}

fn encode(
    material: &Material,
    window: &Window,
    edge: Option<&Edge>,
    purpose: Purpose,
    quality: u8,
) -> Result<PictureEncoder, Fault> {
    let mut encoder = PictureEncoder::new(purpose, quality, window.nominal);
    if let Some(edge) = edge {
        pictures::decode(&material.pictures, edge, &mut |picture, pts| encoder.push(picture, pts))?;
        encoder.finish()?;
    }
    Ok(encoder)
}
