//! Encoders and model as configured, checked against each other once and shared by all rooms.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use candle_core::Device;
use kairos_encoders::{EncoderSet, Lexicon};
use kairos_highlight::{ContentCtr, Inputs, Scorer};
use kairos_model_server::Patience;
use kairos_timeline::Span;

use self::encoders::{HEARD_BY, check_encoders, configured, encoders_of, field_of, inputs};
use crate::config::Config;
use crate::pretrained::{Networks, Pretrained};
use crate::room::{Scoring, Waits};
use crate::speech::{RoomSpeech, Speech};

mod encoders;

/// The checkpoint that ships with kairos, inside the binary.
const SHIPPED: [(&str, &[u8]); 4] = [
    ("config.json", include_bytes!("../../../models/highlight/checkpoint/config.json")),
    ("metrics.json", include_bytes!("../../../models/highlight/checkpoint/metrics.json")),
    ("model.safetensors", include_bytes!("../../../models/highlight/checkpoint/model.safetensors")),
    (LEXICON_FILE, include_bytes!("../../../models/highlight/checkpoint/lexicon.safetensors")),
];
/// The lexicon that a checkpoint's comments were read by; a checkpoint may have none.
pub const LEXICON_FILE: &str = "lexicon.safetensors";
/// Units that may be scored again: those that still wait for their comments, with room to spare.
const REVISABLE: usize = 256;
/// Size of decoded pictures where no encoder asks for another.
const PICTURE_SIZE: (u32, u32) = (160, 90);

/// A loaded model and what it is called.
#[derive(Debug)]
pub struct Model {
    model: Arc<ContentCtr>,
    lexicon: Option<Arc<Lexicon>>,
    pretrained: Pretrained,
    name: String,
    picture_size: (u32, u32),
    speech: Option<Arc<Speech>>,
    keeps_moments: bool,
    waits: Option<Duration>,
}

impl Model {
    /// Loads the configured checkpoint, or the shipped one, and checks that the configured encoders and unit are
    /// those that it was trained with.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or was trained with other encoders or another unit; the message names what differs.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        match &config.model.checkpoint {
            Some(folder) => Self::read(config, folder, &folder.display().to_string()),
            None => {
                let folder = tempfile::tempdir().context("a folder for the shipped checkpoint")?;
                for (name, bytes) in SHIPPED {
                    std::fs::write(folder.path().join(name), bytes).context("the shipped checkpoint")?;
                }
                Self::read(config, folder.path(), "the shipped checkpoint")
            }
        }
    }

    fn read(config: &Config, folder: &Path, place: &str) -> anyhow::Result<Self> {
        let (model, _reached, digest) = ContentCtr::load::<serde_json::Value>(folder, &Device::Cpu)?;
        let file = folder.join(LEXICON_FILE);
        let lexicon = match file.is_file() {
            true => Some(Arc::new(Lexicon::read(&file)?)),
            false => None,
        };
        let pretrained = Pretrained::load(config)?;
        let trained = &model.config().inputs;
        let (encoders, absent) = encoders_of(config, lexicon.as_ref(), &of_one(&pretrained), trained)?;
        check_encoders(place, trained, &inputs(&encoders))?;
        for encoder in absent {
            tracing::warn!(
                trouble = "model",
                %encoder,
                "{place} was trained with the encoder {encoder}, which is not configured ({}): its part is missing from every unit",
                field_of(&encoder).unwrap_or_default(),
            );
        }
        let unit = config.unit().as_secs_f64();
        if (model.config().unit_seconds - unit).abs() > 1e-9 {
            bail!(
                "{place} was trained for units of {} s, unit_ms says {unit} s",
                model.config().unit_seconds
            );
        }
        let picture_size = encoders.picture_size().unwrap_or(PICTURE_SIZE);
        let name = format!("{}@{}", kairos_highlight::KIND, &digest[..12.min(digest.len())]);
        Ok(Self {
            model: Arc::new(model),
            lexicon,
            pretrained,
            name,
            picture_size,
            speech: None,
            keeps_moments: false,
            waits: None,
        })
    }

    /// With a recogniser of speech for its rooms. Without one, speech is missing for a model that reads it.
    ///
    /// # Errors
    /// If the model learnt from the words of another recogniser.
    pub fn with_speech(self, speech: Option<Arc<Speech>>) -> anyhow::Result<Self> {
        if self.reads_speech() {
            let trained = self.model.config().inputs.speech.as_ref();
            let trained =
                trained.and_then(|input| Some(input.encoder.rsplit_once(HEARD_BY)?.1)).unwrap_or("none");
            match &speech {
                Some(speech) if speech.name() != trained => bail!(
                    "the model was trained with speech recognised by {trained}, configured is {}: name that model in \
                     speech.model, or leave speech out",
                    speech.name()
                ),
                Some(_) => {}
                None => tracing::warn!(
                    recogniser = trained,
                    "the model reads speech and no recogniser is configured: every unit counts as without speech"
                ),
            }
        }
        Ok(Self { speech, ..self })
    }

    /// Whether scores rest on what is said.
    pub fn reads_speech(&self) -> bool {
        self.model.reads(kairos_highlight::Modality::Speech)
    }

    /// With vectors of units, to find moments by meaning, where a network for them is configured. Pictures are then decoded at the
    /// size that it wants.
    #[must_use]
    pub fn with_moments(mut self) -> Self {
        if let Some(wanted) = self.pretrained.picture_size() {
            let known = self.picture_size;
            self.picture_size = (known.0.max(wanted.0), known.1.max(wanted.1));
        }
        self.keeps_moments = true;
        self
    }

    /// For live rooms, which wait for shared encoders at most so long. Without this they wait as long as it takes.
    #[must_use]
    pub fn live(self, config: &Config) -> Self {
        Self { waits: Some(config.encoders.server.wait()), ..self }
    }

    /// Speech recognition of a room; `None` without a recogniser.
    pub fn speech(&self, room: &str) -> Option<RoomSpeech> {
        self.speech.as_ref().map(|speech| speech.room(room))
    }

    /// The model itself.
    pub fn model(&self) -> &Arc<ContentCtr> {
        &self.model
    }

    /// The encoders whose features it reads.
    ///
    /// # Errors
    /// If weights can't be loaded.
    pub fn encoders(&self, config: &Config) -> anyhow::Result<EncoderSet> {
        self.encoders_by(config, &of_one(&self.pretrained))
    }

    fn encoders_by(&self, config: &Config, networks: &Networks) -> anyhow::Result<EncoderSet> {
        Ok(encoders_of(config, self.lexicon.as_ref(), networks, &self.model.config().inputs)?.0)
    }

    /// `name@digest`, as rows carry it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Size at which pictures are decoded.
    pub fn picture_size(&self) -> (u32, u32) {
        self.picture_size
    }

    /// Encoders and scorer of one room.
    ///
    /// # Errors
    /// If weights can't be loaded.
    pub fn scoring(&self, config: &Config, streamer: &str) -> anyhow::Result<Scoring> {
        let scorer = Scorer::new(self.model.clone(), streamer, REVISABLE)?;
        let delays = self.model.config().delays.iter().map(|&delay| Span::from_secs_f64(delay)).collect();
        let waits = Waits::at_most(self.waits);
        // One for both passes and the vectors: a room has one turn.
        let networks = self.pretrained.room(waits.patience());
        let early = self.encoders_by(config, &networks)?;
        let settled = self.encoders_by(config, &networks)?;
        let reads_speech = self.reads_speech();
        let moments = if self.keeps_moments { networks.moments() } else { None };
        Ok(Scoring {
            early,
            settled,
            scorer: Some(scorer),
            delays,
            speech: None,
            reads_speech,
            moments,
            waits,
        })
    }
}

/// Encoders of one room without a model, to extract features; with speech where there is a recogniser.
///
/// # Errors
/// If weights can't be loaded.
pub fn for_features(config: &Config, room: &str, speech: Option<&Arc<Speech>>) -> anyhow::Result<Scoring> {
    let (early, settled) = (all_encoders(config, None)?, all_encoders(config, None)?);
    Ok(Scoring {
        early,
        settled,
        scorer: None,
        delays: vec![Span::ZERO],
        speech: speech.map(|speech| speech.room(room)),
        reads_speech: true,
        moments: None,
        waits: Waits::at_most(None),
    })
}

/// Size at which pictures are decoded for the configured encoders.
///
/// # Errors
/// If weights can't be loaded.
pub fn picture_size(config: &Config) -> anyhow::Result<(u32, u32)> {
    Ok(all_encoders(config, None)?.picture_size().unwrap_or(PICTURE_SIZE))
}

/// The encoders that the configuration asks for.
fn all_encoders(config: &Config, lexicon: Option<&Arc<Lexicon>>) -> anyhow::Result<EncoderSet> {
    configured(config, lexicon, &of_one(&Pretrained::load(config)?), &|_| true)
}

/// A way to the networks for somebody who waits as long as it takes.
fn of_one(pretrained: &Pretrained) -> Networks {
    pretrained.room(&Patience::for_ever())
}

/// What a checkpoint remembers of the configured encoders.
///
/// # Errors
/// If weights can't be loaded.
pub fn configured_inputs(
    config: &Config,
    lexicon: Option<&Arc<Lexicon>>,
    speech: Option<&Arc<Speech>>,
) -> anyhow::Result<Inputs> {
    let mut inputs = inputs(&all_encoders(config, lexicon)?);
    if let (Some(input), Some(speech)) = (&mut inputs.speech, speech) {
        input.encoder = format!("{}{HEARD_BY}{}", input.encoder, speech.name());
    }
    Ok(inputs)
}
