//! Cutting, revising and publishing clips.
//!
//! Invariants: a highlight keeps its file when its borders change; clip and thumbnail are whole before either is
//! published, so a failed cut leaves what was there before.

use std::sync::Once;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::cut;
use crate::error::{ClipError, Fault};
use crate::material::{Material, ticks};
use crate::name::{self, ClipNames, NameTemplate};
use crate::policy::ClipPolicy;
use crate::store::{ClipFolder, ClipTarget, scratch_file};
use crate::thumbnail;
use crate::window::Window;

/// Instants further away than this are mistakes: 10,000 years, far from overflow in any unit used here.
pub(crate) const FAR_US: i64 = 315_576_000_000_000_000;

/// Longest clip, microseconds: its sound is held in memory whole.
const LONGEST_US: i64 = 3_600_000_000;

/// A piece of a stream: whole groups of pictures with their sound, in a container FFmpeg can read.
#[derive(Debug, Clone)]
pub struct ClipSegment {
    /// Media time of its first picture (first sound without pictures), microseconds.
    pub start_us: i64,
    /// Length, microseconds.
    pub duration_us: i64,
    /// One self-contained piece of MPEG-TS, fragmented MP4, Matroska or FLV.
    pub bytes: Bytes,
}

/// What to cut.
#[derive(Debug, Clone, Copy)]
pub struct ClipRequest<'a> {
    /// Whose clip it is; the file is named after it.
    pub names: ClipNames<'a>,
    /// Start, microseconds of media time, rolls included.
    pub from_us: i64,
    /// End, microseconds of media time, rolls included; at most an hour after the start.
    pub to_us: i64,
    /// Time of the thumbnail, microseconds of media time; the middle if not given.
    pub peak_us: Option<i64>,
    /// Segments covering the interval as far as there is material, in any order. One more before the start does
    /// no harm, and lets a stream with open groups of pictures start on the very picture.
    pub segments: &'a [ClipSegment],
}

/// A published clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// Path below the clip folder.
    pub path: String,
    /// Path of the JPEG below the clip folder; none for sound alone.
    pub thumbnail: Option<String>,
    /// Actual start, microseconds of media time: at most half a picture from what was asked, or where the material starts.
    pub from_us: i64,
    /// Actual end, likewise.
    pub to_us: i64,
    /// Time covered by pictures copied untouched, microseconds.
    pub copied_us: i64,
    /// Time covered by re-encoded pictures (or by sound alone), microseconds.
    pub encoded_us: i64,
    /// Pictures copied untouched.
    pub copied_pictures: usize,
    /// Pictures in all.
    pub pictures: usize,
    /// `h264`, `hevc`, or `aac` for sound alone.
    pub codec: String,
    /// Starts (microseconds) of the segments given that could not be read at all.
    pub unreadable_us: Vec<i64>,
}

/// Cuts clips by a policy and publishes them at a target.
#[derive(Debug)]
pub struct ClipStore<T: ClipTarget = ClipFolder> {
    target: T,
    template: NameTemplate,
    thumbnail_width: u32,
    quality: u8,
}

impl<T: ClipTarget> ClipStore<T> {
    /// A store; FFmpeg's own log on standard error is turned down to what ends the process.
    ///
    /// # Errors
    /// [`ClipError::Policy`] or [`ClipError::Name`] for a policy out of range.
    pub fn new(target: T, policy: &ClipPolicy) -> Result<Self, ClipError> {
        static QUIET: Once = Once::new();
        QUIET.call_once(|| ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Fatal));
        policy.check()?;
        let template = NameTemplate::parse(&policy.name)?;
        Ok(Self { target, template, thumbnail_width: policy.thumbnail_width, quality: policy.quality })
    }

    /// Cuts a clip and publishes it under the template's name.
    ///
    /// # Errors
    /// [`ClipError`] naming the clip or the file; nothing is left under the clip's name then.
    pub fn cut(&self, request: &ClipRequest<'_>) -> Result<Clip, ClipError> {
        self.make(&self.template.fill(request.names, request.from_us), request)
    }

    /// Cuts a highlight again with other borders and puts it in the place of `former` (a [`Clip::path`]), at
    /// once and under the same name. A former file of another kind (sound alone turned pictures) is removed.
    ///
    /// # Errors
    /// [`ClipError`]; the former clip stays as it was.
    pub fn revise(&self, former: &str, request: &ClipRequest<'_>) -> Result<Clip, ClipError> {
        name::check(former)?;
        let (stem, kind) = former.rsplit_once('.').unwrap_or((former, ""));
        if !matches!(kind, "mp4" | "m4a") {
            return Err(ClipError::Name { name: former.to_owned(), reason: "is not a clip" });
        }
        let clip = self.make(stem, request)?;
        if clip.path != former {
            self.target.remove(former)?;
        }
        if clip.thumbnail.is_none() {
            self.target.remove(&format!("{stem}.jpg"))?;
        }
        Ok(clip)
    }

    fn make(&self, stem: &str, request: &ClipRequest<'_>) -> Result<Clip, ClipError> {
        let ClipRequest { from_us, to_us, segments, .. } = *request;
        let far = from_us < -FAR_US || to_us > FAR_US;
        if from_us >= to_us || far || to_us - from_us > LONGEST_US {
            return Err(ClipError::Interval { clip: stem.to_owned(), from_us, to_us });
        }
        let nothing =
            || ClipError::NoMaterial { clip: stem.to_owned(), from_us, to_us, segments: segments.len() };
        let material = Material::read(segments, from_us, to_us);
        let window = Window::of(&material, ticks(from_us), ticks(to_us)).ok_or_else(nothing)?;
        let sound_alone = material.pictures.coded.is_empty();
        let path = format!("{stem}.{}", if sound_alone { "m4a" } else { "mp4" });
        let named = |fault| match fault {
            Fault::Nothing => nothing(),
            Fault::Media {
                source: ffmpeg_next::Error::Other { errno: ffmpeg_next::error::ENOSPC }, ..
            } => ClipError::DiskFull { file: path.clone() },
            Fault::Media { step, source } => ClipError::Media { clip: path.clone(), step, source },
        };
        let file = scratch_file(self.target.scratch())?;
        let cut = cut::cut(&material, &window, self.quality, &file).map_err(named)?;
        let peak = ticks(request.peak_us.unwrap_or(from_us + (to_us - from_us) / 2).clamp(from_us, to_us));
        let picture = thumbnail::draw(&material, &window, peak, self.thumbnail_width).map_err(named)?;
        let mut thumbnail = None;
        if let Some(jpeg) = picture {
            let name = format!("{stem}.jpg");
            let part = scratch_file(self.target.scratch())?;
            std::fs::write(&part, jpeg).map_err(|source| ClipError::of_file(name.clone(), source))?;
            self.target.publish(part, &name)?;
            thumbnail = Some(name);
        }
        self.target.publish(file, &path)?;
        tracing::debug!(clip = path, copied = cut.copied_pictures, pictures = cut.pictures, "clip published");
        Ok(Clip {
            path,
            thumbnail,
            from_us: cut.from_us,
            to_us: cut.to_us,
            copied_us: cut.copied_us,
            encoded_us: cut.encoded_us,
            copied_pictures: cut.copied_pictures,
            pictures: cut.pictures,
            codec: cut.codec.to_owned(),
            unreadable_us: material.unreadable_us,
        })
    }
}
