//! Faces of a room and what the largest shows.

mod detector;
mod expressions;
mod files;
mod loader;

use std::path::Path;

use candle_core::Device;

use crate::picture::resample;
use crate::{EncodeError, Encoder, Modality, PictureView, UnitInput, fingerprint};
use detector::Detector;
use expressions::{CLASSES, Expressions, SIDE};

/// Values before those of the expressions.
const FACTS: usize = 5;
/// A face as the expressions' network wants it reaches so far over its box.
const AROUND: f32 = 1.1;

/// A stretch of a picture's width or height, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Its begin.
    pub from: f32,
    /// Its end.
    pub to: f32,
}

/// A face in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// From left to right.
    pub across: Share,
    /// From top to bottom.
    pub down: Share,
    /// Probability that it is one.
    pub score: f32,
}

impl Share {
    fn length(self) -> f32 {
        (self.to - self.from).max(0.0)
    }

    fn middle(self) -> f32 {
        f32::midpoint(self.from, self.to)
    }

    fn common(self, other: Self) -> f32 {
        (self.to.min(other.to) - self.from.max(other.from)).max(0.0)
    }
}

impl Face {
    /// Share of the picture's area.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.across.length() * self.down.length()
    }

    /// Intersection over union.
    fn overlap(&self, other: &Self) -> f32 {
        let common = self.across.common(other.across) * self.down.common(other.down);
        common / (self.area() + other.area() - common).max(f32::MIN_POSITIVE)
    }
}

/// Picture encoder by faces: 12 values of the unit's middle picture, all 0 where nobody is seen.
///
/// | value | |
/// |---|---|
/// | 0 | whether there is a face |
/// | 1 | `ln(1 + faces)` |
/// | 2 | square root of the largest face's share of the picture |
/// | 3 | its probability |
/// | 4 | its distance from the middle, 0 to 1 |
/// | 5..12 | of the largest face, probabilities of: neutral, happy, sad, angry, fearful, disgusted, surprised |
///
/// Stateless. Faces are looked for at 320 x 240 (UltraFace RFB), the largest is read at 112 x 112 (face-api.js). Expressions are guesses
/// of a small network about how a face looks, not about what somebody feels.
pub struct FaceEncoder {
    detector: Detector,
    expressions: Expressions,
    device: Device,
    digest: String,
}

impl std::fmt::Debug for FaceEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceEncoder").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl FaceEncoder {
    /// Loads both networks: UltraFace's ONNX file, and the manifest of face-api.js, whose shard lies beside it.
    ///
    /// # Errors
    /// When a file can't be read, is damaged, or lacks a tensor.
    pub fn load(detector: &Path, expressions: &Path, device: &Device) -> Result<Self, EncodeError> {
        let (detector, expressions) =
            (Detector::load(detector, device)?, Expressions::load(expressions, device)?);
        let mut bytes = detector.bytes.clone();
        bytes.extend_from_slice(&expressions.bytes);
        let digest = fingerprint::of_weights("faces", 1, "middle picture", &bytes);
        Ok(Self { detector, expressions, device: device.clone(), digest })
    }

    /// Faces of a picture, the surest first.
    ///
    /// # Errors
    /// When the picture contradicts its size or the tensor library fails.
    pub fn faces(&self, picture: &PictureView<'_>) -> Result<Vec<Face>, EncodeError> {
        picture.check()?;
        self.detector.faces(&resample(picture, detector::SIZE.0, detector::SIZE.1))
    }

    /// Probabilities of a face's expressions: neutral, happy, sad, angry, fearful, disgusted, surprised.
    ///
    /// # Errors
    /// As [`Self::faces`].
    pub fn expressions(&self, picture: &PictureView<'_>, face: &Face) -> Result<[f32; CLASSES], EncodeError> {
        picture.check()?;
        self.expressions.of(&cut(picture, face), &self.device)
    }

    fn values(&self, picture: &PictureView<'_>) -> Result<Vec<f32>, EncodeError> {
        let faces = self.faces(picture)?;
        let Some(largest) = faces.iter().max_by(|a, b| a.area().total_cmp(&b.area())) else {
            return Ok(vec![0.0; FACTS + CLASSES]);
        };
        let (x, y) = (largest.across.middle() - 0.5, largest.down.middle() - 0.5);
        let away = (x.hypot(y) * std::f32::consts::SQRT_2).min(1.0);
        let mut values = vec![1.0, (faces.len() as f32).ln_1p(), largest.area().sqrt(), largest.score, away];
        values.extend(self.expressions(picture, largest)?);
        Ok(values)
    }
}

/// A square around a face, as far as the picture goes, at the size that expressions are read at.
fn cut(picture: &PictureView<'_>, face: &Face) -> Vec<u8> {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let side = (face.across.length() * width).max(face.down.length() * height) * AROUND;
    let stretch = |share: Share, length: f32| {
        let from = (share.middle() * length - side / 2.0).round().clamp(0.0, length - 1.0);
        let to = (share.middle() * length + side / 2.0).round().clamp(from + 1.0, length);
        (from as usize, to as usize)
    };
    let ((left, right), (top, bottom)) = (stretch(face.across, width), stretch(face.down, height));
    let row = picture.width as usize * 3;
    let rows = picture.rgb.chunks_exact(row).take(bottom).skip(top);
    let rgb: Vec<u8> = rows.flat_map(|line| &line[left * 3..right * 3]).copied().collect();
    let part = PictureView {
        at_us: picture.at_us,
        width: (right - left) as u32,
        height: (bottom - top) as u32,
        rgb: &rgb,
    };
    resample(&part, SIDE, SIDE)
}

impl Encoder for FaceEncoder {
    fn name(&self) -> &'static str {
        "faces"
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn modality(&self) -> Modality {
        Modality::Picture
    }

    fn width(&self) -> usize {
        FACTS + CLASSES
    }

    fn picture_size(&self) -> Option<(u32, u32)> {
        Some(detector::SIZE)
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        unit.pictures.get(unit.pictures.len() / 2).map(|picture| self.values(picture)).transpose()
    }

    fn reset(&mut self) {}
}
