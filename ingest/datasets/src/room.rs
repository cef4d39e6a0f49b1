//! What every reader yields: one room, its units in order of time, features and labels as plain numbers.
//!
//! Invariants: units are in order of `at_s`; features and labels are finite; labels are within 0 and 1.

use std::fmt;

/// Which part of a data set a room belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// Weights are fitted on it.
    Train,
    /// Settings are chosen on it.
    Validation,
    /// Reported on, nothing else.
    Test,
}

impl Split {
    /// Lower-case name, as in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The split of that name; `val`, `valid` and `dev` are understood too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "train" => Some(Self::Train),
            "validation" | "val" | "valid" | "dev" => Some(Self::Validation),
            "test" => Some(Self::Test),
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a feature vector was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// Frames.
    Picture,
    /// Sound as such.
    Sound,
    /// What is said.
    Speech,
    /// What viewers write.
    Comment,
    /// What viewers send.
    Gift,
    /// Speech and comments in one vector (KLive).
    Text,
    /// All modalities in one vector (KuaiLive-M3, users' own features).
    Fused,
}

impl Modality {
    /// All of them, in the order of their names in files.
    pub const ALL: [Self; 7] =
        [Self::Picture, Self::Sound, Self::Speech, Self::Comment, Self::Gift, Self::Text, Self::Fused];

    /// Name of the tensor in a features file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::Comment => "comment",
            Self::Gift => "gift",
            Self::Text => "text",
            Self::Fused => "features",
        }
    }
}

/// One time unit of a room. A modality that is missing is `None`, never zeros.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelledUnit {
    /// Begin, in seconds. From the begin of the room where that is known, otherwise from its first unit.
    pub at_s: f64,
    /// Length in seconds.
    pub length_s: f64,
    /// Picture features.
    pub picture: Option<Vec<f32>>,
    /// Sound features.
    pub sound: Option<Vec<f32>>,
    /// Features of what is said.
    pub speech: Option<Vec<f32>>,
    /// Features of what viewers write.
    pub comment: Option<Vec<f32>>,
    /// Features of what viewers send.
    pub gift: Option<Vec<f32>>,
    /// Features of speech and comments taken as one text.
    pub text: Option<Vec<f32>>,
    /// Features of all modalities at once.
    pub fused: Option<Vec<f32>>,
    /// What is to be predicted at this unit, 0 to 1.
    pub label: Option<f32>,
    /// Whether what is to be predicted counts as a highlight.
    pub positive: Option<bool>,
}

impl LabelledUnit {
    /// The features of one modality.
    #[must_use]
    pub fn features(&self, modality: Modality) -> Option<&[f32]> {
        match modality {
            Modality::Picture => self.picture.as_deref(),
            Modality::Sound => self.sound.as_deref(),
            Modality::Speech => self.speech.as_deref(),
            Modality::Comment => self.comment.as_deref(),
            Modality::Gift => self.gift.as_deref(),
            Modality::Text => self.text.as_deref(),
            Modality::Fused => self.fused.as_deref(),
        }
    }

    /// Where the features of one modality are kept.
    pub fn features_mut(&mut self, modality: Modality) -> &mut Option<Vec<f32>> {
        match modality {
            Modality::Picture => &mut self.picture,
            Modality::Sound => &mut self.sound,
            Modality::Speech => &mut self.speech,
            Modality::Comment => &mut self.comment,
            Modality::Gift => &mut self.gift,
            Modality::Text => &mut self.text,
            Modality::Fused => &mut self.fused,
        }
    }
}

/// One room of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledRoom {
    /// Id of the room in its data set.
    pub name: String,
    /// Id of the streamer, where the data set says it.
    pub streamer: Option<String>,
    /// The part it belongs to, where the data set has parts.
    pub split: Option<Split>,
    /// When second 0 of the units was, in seconds on the data set's clock (Unix time, or shifted from it by the
    /// publisher). For order between rooms, not for dates.
    pub started_at_s: Option<f64>,
    /// Length of a unit in seconds; the median where units differ.
    pub unit_seconds: f64,
    /// In order of time.
    pub units: Vec<LabelledUnit>,
}
