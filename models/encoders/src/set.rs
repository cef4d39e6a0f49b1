//! The encoders of a model, run together over a unit.
//!
//! The order of encoders decides the order of values inside a modality and is part of the description. Widths never depend on what
//! a unit holds.

use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::{
    CommentEncoder, EncodeError, Encoder, FaceEncoder, GiftEncoder, Lexicon, LexiconEncoder,
    MobileNetEncoder, Modality, PictureEncoder, SoundEncoder, SpeechEncoder, UnitInput, YamNetEncoder,
};

/// What a checkpoint remembers of an encoder: it runs again only with encoders of the same description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderDescription {
    /// [`Encoder::name`].
    pub name: String,
    /// [`Encoder::modality`].
    pub modality: Modality,
    /// [`Encoder::width`].
    pub width: usize,
    /// [`Encoder::digest`].
    pub digest: String,
}

/// Number of values per modality; 0 where the set has no encoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    /// Values of [`UnitFeatures::picture`].
    pub picture: usize,
    /// Values of [`UnitFeatures::sound`].
    pub sound: usize,
    /// Values of [`UnitFeatures::speech`].
    pub speech: usize,
    /// Values of [`UnitFeatures::comment`].
    pub comment: usize,
    /// Values of [`UnitFeatures::gift`].
    pub gift: usize,
}

impl Widths {
    /// Width of one modality.
    #[must_use]
    pub fn of(&self, modality: Modality) -> usize {
        match modality {
            Modality::Picture => self.picture,
            Modality::Sound => self.sound,
            Modality::Speech => self.speech,
            Modality::Comment => self.comment,
            Modality::Gift => self.gift,
        }
    }
}

/// One vector per modality; `None` where it is missing (or the set has no encoder for it) and the model must mask it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitFeatures {
    /// Vectors of the picture encoders, one after the other.
    pub picture: Option<Vec<f32>>,
    /// Vectors of the sound encoders.
    pub sound: Option<Vec<f32>>,
    /// Vectors of the speech encoders.
    pub speech: Option<Vec<f32>>,
    /// Vectors of the comment encoders.
    pub comment: Option<Vec<f32>>,
    /// Vectors of the gift encoders.
    pub gift: Option<Vec<f32>>,
}

impl UnitFeatures {
    /// Vector of one modality.
    #[must_use]
    pub fn of(&self, modality: Modality) -> Option<&[f32]> {
        match modality {
            Modality::Picture => self.picture.as_deref(),
            Modality::Sound => self.sound.as_deref(),
            Modality::Speech => self.speech.as_deref(),
            Modality::Comment => self.comment.as_deref(),
            Modality::Gift => self.gift.as_deref(),
        }
    }
}

/// Features of a unit, and the encoders that failed on it.
#[derive(Debug, Default)]
pub struct Encoded {
    /// The features.
    pub features: UnitFeatures,
    /// One [`EncodeError::Encoder`] for each failed encoder, in the order of the set.
    pub failures: Vec<EncodeError>,
    /// Encoders whose part is not in the features, failed or left out.
    pub without: Vec<Without>,
}

/// An encoder's part that is not in a unit's features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Without {
    /// What it reads.
    pub modality: Modality,
    /// [`Encoder::name`].
    pub encoder: String,
    /// Why, in a word.
    pub why: String,
}

impl std::fmt::Display for Without {
    /// `comment: sentences late`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.modality.as_str(), self.encoder, self.why)
    }
}

/// Encoders of one stream, in a fixed order.
#[derive(Default)]
pub struct EncoderSet {
    pub(crate) encoders: Vec<Box<dyn Encoder>>,
    device: Option<Device>,
}

impl std::fmt::Debug for EncoderSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.encoders.iter().map(|encoder| encoder.name())).finish()
    }
}

impl EncoderSet {
    /// A set without encoders; networks will run on the CPU.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The encoders that need no weights: picture, sound, speech, comment, gift.
    #[must_use]
    pub fn built_in() -> Self {
        let encoders: Vec<Box<dyn Encoder>> = vec![
            Box::new(PictureEncoder::new()),
            Box::new(SoundEncoder::new()),
            Box::new(SpeechEncoder::new()),
            Box::new(CommentEncoder::new()),
            Box::new(GiftEncoder::new()),
        ];
        Self { encoders, device: None }
    }

    /// Networks added from now on run on `device`.
    #[must_use]
    pub fn on_device(mut self, device: Device) -> Self {
        self.device = Some(device);
        self
    }

    /// Adds an encoder behind the others.
    ///
    /// # Errors
    /// [`EncodeError::DuplicateEncoder`] when the set has one of that name.
    pub fn with(mut self, encoder: Box<dyn Encoder>) -> Result<Self, EncodeError> {
        if self.encoders.iter().any(|other| other.name() == encoder.name()) {
            return Err(EncodeError::DuplicateEncoder { encoder: encoder.name().to_owned() });
        }
        self.encoders.push(encoder);
        Ok(self)
    }

    /// Adds MobileNetV2 from a safetensors file.
    ///
    /// # Errors
    /// When the weights can't be loaded, see [`MobileNetEncoder::load`].
    pub fn with_mobilenet(self, weights: &Path) -> Result<Self, EncodeError> {
        let encoder = MobileNetEncoder::load(weights, self.device.as_ref().unwrap_or(&Device::Cpu))?;
        self.with(Box::new(encoder))
    }

    /// Adds YAMNet from a safetensors file.
    ///
    /// # Errors
    /// When the weights can't be loaded, see [`YamNetEncoder::load`].
    pub fn with_yamnet(self, weights: &Path) -> Result<Self, EncodeError> {
        let encoder = YamNetEncoder::load(weights, self.device.as_ref().unwrap_or(&Device::Cpu))?;
        self.with(Box::new(encoder))
    }

    /// Adds faces and expressions from the files of two networks.
    ///
    /// # Errors
    /// When the weights can't be loaded, see [`FaceEncoder::load`].
    pub fn with_faces(self, detector: &Path, expressions: &Path) -> Result<Self, EncodeError> {
        let device = self.device.as_ref().unwrap_or(&Device::Cpu);
        let encoder = FaceEncoder::load(detector, expressions, device)?;
        self.with(Box::new(encoder))
    }

    /// Adds the words of a trained lexicon behind the other comment encoders.
    ///
    /// # Errors
    /// [`EncodeError::DuplicateEncoder`] when the set has a lexicon.
    pub fn with_lexicon(self, lexicon: Arc<Lexicon>) -> Result<Self, EncodeError> {
        self.with(Box::new(LexiconEncoder::new(lexicon)))
    }

    /// What a checkpoint has to remember, in the order of the set.
    #[must_use]
    pub fn describe(&self) -> Vec<EncoderDescription> {
        let describe = |encoder: &dyn Encoder| EncoderDescription {
            name: encoder.name().to_owned(),
            modality: encoder.modality(),
            width: encoder.width(),
            digest: encoder.digest(),
        };
        self.encoders.iter().map(AsRef::as_ref).map(describe).collect()
    }

    /// Values per modality.
    #[must_use]
    pub fn widths(&self) -> Widths {
        let of = |modality| self.of(modality).map(|encoder| encoder.width()).sum();
        Widths {
            picture: of(Modality::Picture),
            sound: of(Modality::Sound),
            speech: of(Modality::Speech),
            comment: of(Modality::Comment),
            gift: of(Modality::Gift),
        }
    }

    /// Size at which pictures should be decoded: the widest and the highest that an encoder asks for; `None` without picture encoders.
    #[must_use]
    pub fn picture_size(&self) -> Option<(u32, u32)> {
        let sizes = self.encoders.iter().filter_map(|encoder| encoder.picture_size());
        sizes.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Encodes the next unit of the stream.
    ///
    /// An encoder that fails is masked and reported. Where several encoders read one modality and only some of them gave a vector, the
    /// others' values are zeros; the modality is `None` when none gave one.
    pub fn encode(&mut self, unit: &UnitInput<'_>) -> Encoded {
        self.encode_but(unit, &|_| None)
    }

    /// The same, those encoders left out for which `why` has a word. Only encoders without a state may be: others would lack the unit.
    pub fn encode_but(&mut self, unit: &UnitInput<'_>, why: &dyn Fn(&str) -> Option<String>) -> Encoded {
        let (mut failures, mut without) = (Vec::new(), Vec::new());
        let mut vectors = Vec::with_capacity(self.encoders.len());
        for encoder in &mut self.encoders {
            let (name, modality) = (encoder.name().to_owned(), encoder.modality());
            let vector = match why(&name) {
                Some(why) => {
                    without.push(Without { modality, encoder: name, why });
                    None
                }
                None => encoder.encode(unit).unwrap_or_else(|source| {
                    let why = source.word().to_owned();
                    without.push(Without { modality, encoder: name.clone(), why });
                    let (start_us, source) = (unit.start_us, Box::new(source));
                    failures.push(EncodeError::Encoder { encoder: name, start_us, source });
                    None
                }),
            };
            vectors.push((encoder.modality(), encoder.width(), vector));
        }
        let mut joined = |modality: Modality| {
            let mut of = vectors.iter_mut().filter(|(m, ..)| *m == modality).peekable();
            let mut any = false;
            let mut whole = Vec::new();
            while let Some((_, width, vector)) = of.next() {
                let vector = vector.take();
                any |= vector.is_some();
                if whole.is_empty() && of.peek().is_none() {
                    return vector;
                }
                whole.extend(vector.unwrap_or_else(|| vec![0.0; *width]));
            }
            any.then_some(whole)
        };
        let features = UnitFeatures {
            picture: joined(Modality::Picture),
            sound: joined(Modality::Sound),
            speech: joined(Modality::Speech),
            comment: joined(Modality::Comment),
            gift: joined(Modality::Gift),
        };
        Encoded { features, failures, without }
    }

    /// Forgets the stream in every encoder.
    pub fn reset(&mut self) {
        self.encoders.iter_mut().for_each(|encoder| encoder.reset());
    }

    pub(crate) fn of(&self, modality: Modality) -> impl Iterator<Item = &dyn Encoder> {
        self.encoders.iter().map(AsRef::as_ref).filter(move |encoder| encoder.modality() == modality)
    }
}
