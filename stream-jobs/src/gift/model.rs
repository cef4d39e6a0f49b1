//! The ranker of a room's viewers: its checkpoint, and what it must be fed.
//!
//! Invariants: a checkpoint's inputs (encoders with their digests, unit, side features) are those of the room's job, or
//! loading names what differs.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use kairos_gifting::{Config as RankerConfig, Fusion, Ranker, Scorer};
use kairos_highlight::Inputs;
use serde::{Deserialize, Serialize};

use super::{content, side};
use crate::config::Config;

/// File of a checkpoint that says what the ranker was fed.
pub const INPUTS_FILE: &str = "inputs.json";

/// What a ranker of rooms is fed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomInputs {
    /// Names the meaning of the side features.
    pub layout: String,
    /// Length of a unit, milliseconds.
    pub unit_ms: u32,
    /// Units of content.
    pub units: usize,
    /// For how long a viewer counts as present, seconds.
    pub present_s: u32,
    /// A gift counts when it comes within so many seconds of the unit's end.
    pub horizon_s: u32,
    /// Encoders of the content.
    pub content: Inputs,
}

impl RoomInputs {
    /// As configured, with the encoders of the highlight model: what is seen and said is encoded once for both.
    pub fn new(config: &Config, content: &Inputs, horizon_s: u32) -> Self {
        Self {
            layout: side::LAYOUT.to_owned(),
            unit_ms: config.unit_ms,
            units: content::UNITS,
            present_s: config.gift.present_s,
            horizon_s,
            content: content.clone(),
        }
    }

    /// A ranker's configuration that takes these inputs.
    pub fn ranker(&self, base: RankerConfig) -> RankerConfig {
        let width = |input: &Option<kairos_highlight::Input>| input.as_ref().map_or(0, |input| input.width);
        RankerConfig {
            content_width: 0,
            pretrained_width: 0,
            user_side: side::USER,
            room_side: side::ROOM,
            pair_side: side::PAIR,
            fusion: Fusion {
                picture_width: width(&self.content.picture),
                speech_width: width(&self.content.speech),
                comment_width: width(&self.content.comment),
                most_rows: self.units,
                ..base.fusion
            },
            label: format!("gift within {} s of the unit's end, United States dollars", self.horizon_s),
            ..base
        }
    }

    fn check(&self, place: &str, needed: &Self) -> anyhow::Result<()> {
        let differs = |what: &str, trained: &dyn std::fmt::Display, now: &dyn std::fmt::Display| {
            anyhow::anyhow!("{place}: trained with {what} {trained}, configured is {now}")
        };
        if self.layout != needed.layout {
            return Err(differs("side features", &self.layout, &needed.layout));
        }
        if self.unit_ms != needed.unit_ms {
            return Err(differs("unit_ms", &self.unit_ms, &needed.unit_ms));
        }
        if self.units != needed.units {
            return Err(differs("units of content", &self.units, &needed.units));
        }
        if self.present_s != needed.present_s {
            return Err(differs("gift.present_s", &self.present_s, &needed.present_s));
        }
        let each = |inputs: &Inputs| {
            [
                ("picture", inputs.picture.clone()),
                ("speech", inputs.speech.clone()),
                ("comment", inputs.comment.clone()),
            ]
        };
        for ((modality, trained), (_, now)) in each(&self.content).into_iter().zip(each(&needed.content)) {
            if trained != now {
                bail!("{place}: trained with another {modality} encoder: {trained:?}, configured is {now:?}");
            }
        }
        Ok(())
    }
}

/// A loaded ranker.
#[derive(Debug)]
pub struct GiftModel {
    ranker: Ranker,
    scorer: Scorer,
    name: String,
    inputs: RoomInputs,
}

impl GiftModel {
    /// Loads the configured checkpoint, or the one that ships with kairos, and checks that it was trained on what a
    /// room's job with encoders `content` gives. `None` where predictions are switched off.
    ///
    /// # Errors
    /// If the checkpoint is damaged or was trained on other inputs; the message names what differs.
    pub fn load(config: &Config, content: &Inputs) -> anyhow::Result<Option<Arc<Self>>> {
        if !config.gift.enabled {
            return Ok(None);
        }
        if let Some(folder) = &config.gift.checkpoint {
            return Self::read(config, content, folder, &folder.display().to_string()).map(Some);
        }
        let folder = tempfile::tempdir().context("a folder for the shipped ranker")?;
        for (name, bytes) in SHIPPED {
            std::fs::write(folder.path().join(name), bytes).context("the shipped ranker")?;
        }
        match Self::read(config, content, folder.path(), "the shipped ranker") {
            Ok(model) => Ok(Some(model)),
            // Whoever scores with other encoders or units has asked for no predictions.
            Err(problem) => {
                tracing::warn!("no gifts are predicted: {problem:#}");
                Ok(None)
            }
        }
    }

    fn read(config: &Config, content: &Inputs, folder: &Path, place: &str) -> anyhow::Result<Arc<Self>> {
        let file = folder.join(INPUTS_FILE);
        let text = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
        let inputs: RoomInputs =
            serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?;
        inputs.check(place, &RoomInputs::new(config, content, inputs.horizon_s))?;
        let (ranker, _reached, digest) = Ranker::load::<serde_json::Value>(folder, &config.compute.open()?)?;
        let name = format!("{}@{}", kairos_gifting::KIND, &digest[..12.min(digest.len())]);
        Self::new(ranker, name, inputs, place).map(Arc::new)
    }

    /// A ranker in memory, called `name`.
    ///
    /// # Errors
    /// If its widths are not those of `inputs`.
    pub fn new(ranker: Ranker, name: String, inputs: RoomInputs, place: &str) -> anyhow::Result<Self> {
        let expected = inputs.ranker(ranker.config().clone());
        if expected != (RankerConfig { label: expected.label.clone(), ..ranker.config().clone() }) {
            bail!("{place}: the ranker's widths are not those of its {INPUTS_FILE}");
        }
        Ok(Self { scorer: ranker.scorer()?, ranker, name, inputs })
    }

    /// The ranker.
    pub fn ranker(&self) -> &Ranker {
        &self.ranker
    }

    /// The ranker, laid out for scoring.
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// `name@digest`, as rows carry it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is fed.
    pub fn inputs(&self) -> &RoomInputs {
        &self.inputs
    }
}

/// The checkpoint that ships with kairos, inside the binary.
const SHIPPED: [(&str, &[u8]); 4] = [
    ("config.json", include_bytes!("../../../models/gifting/checkpoint/config.json")),
    ("metrics.json", include_bytes!("../../../models/gifting/checkpoint/metrics.json")),
    ("model.safetensors", include_bytes!("../../../models/gifting/checkpoint/model.safetensors")),
    (INPUTS_FILE, include_bytes!("../../../models/gifting/checkpoint/inputs.json")),
];
