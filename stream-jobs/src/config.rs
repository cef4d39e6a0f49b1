//! The one configuration file: every field, its meaning, its default and its check.
//!
//! Unknown fields are errors, so that a typo never passes for a default. Each field can be overridden from the
//! environment by its path in capitals: `unit_ms` is `KAIROS_UNIT_MS`, `decode.mode` is `KAIROS_DECODE__MODE`.

use std::path::PathBuf;

use kairos_clips::ClipPolicy;
use kairos_highlight::HighlightConfig;
use kairos_recording::chat::Rates;
use kairos_timeline::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gifting::GiftingConfig;
use crate::telemetry::MetricsConfig;
use crate::telemetry::logs::LogConfig;
use crate::telemetry::trace::TelemetryConfig;

mod clickhouse;
mod compute;
mod load;

pub use clickhouse::ClickHouseConfig;
pub use compute::{ComputeConfig, DeviceChoice};
pub use load::ConfigError;

/// All of the configuration. The defaults score a recording without any file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Length of a time unit, milliseconds; 500 to 60,000. The papers use 30,000; 2,000 shows a moment at once.
    /// A checkpoint is trained for one length and refuses another.
    pub unit_ms: u32,
    /// How media is decoded.
    pub decode: DecodeConfig,
    /// When units close.
    pub lateness: LatenessConfig,
    /// The highlight model.
    pub model: ModelConfig,
    /// How `kairos train` trains.
    pub train: TrainConfig,
    /// How `kairos train gifting` trains.
    pub gifting: GiftingConfig,
    /// Where encoders with weights are found. Built-in ones are always on.
    pub encoders: EncoderConfig,
    /// On what networks run.
    pub compute: ComputeConfig,
    /// From scores to highlights.
    pub highlights: HighlightsConfig,
    /// From highlights to clips.
    pub clips: ClipPolicy,
    /// Where rows go.
    pub clickhouse: ClickHouseConfig,
    /// The gift graph.
    pub graph: kairos_graph::GraphConfig,
    /// How gifts are predicted while a room is live.
    pub gift: crate::gift::GiftConfig,
    /// How live sources are captured.
    pub ingest: kairos_capture::CaptureOptions,
    /// Where comments and gifts come from while rooms are live.
    pub chat: kairos_chat::ChatOptions,
    /// The review screen and the HTTP API.
    pub serve: kairos_console::ConsoleOptions,
    /// Speech recognition.
    pub speech: kairos_speech::SpeechConfig,
    /// The live job that cuts clips.
    pub clip: crate::clip::ClipConfig,
    /// The live job that scores.
    pub score: crate::score::ScoreConfig,
    /// The broker of the live jobs.
    pub kafka: kairos_kafka::Settings,
    /// What jobs tell of themselves.
    pub metrics: MetricsConfig,
    /// Traces of live jobs.
    pub telemetry: TelemetryConfig,
    /// The log.
    pub log: LogConfig,
    /// What foreign money and platform coins are worth in United States dollars.
    pub rates: Rates,
}

/// Which pictures are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecodeMode {
    /// Keyframes; around candidates that sound or comments raise, `per_second` pictures.
    Attentive,
    /// Keyframes only.
    Keyframes,
    /// `per_second` pictures of every second.
    Sampled,
    /// Every picture.
    Full,
}

/// How media is decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DecodeConfig {
    /// `attentive`, `keyframes`, `sampled` or `full`.
    pub mode: DecodeMode,
    /// Pictures per second where pictures are sampled; above 0, at most 60.
    pub per_second: f32,
    /// Longest time that one segment may take to decode, milliseconds. A decoder that hangs is interrupted.
    pub deadline_ms: u64,
    /// Decoder threads per room; 0 = one per core. The result does not depend on it.
    pub threads: usize,
}

/// When units close, and for whom they wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LatenessConfig {
    /// How far the room may run ahead of a silent modality before its units close without it, milliseconds.
    pub idle_ms: u32,
    /// How late a comment or gift may be and still change a score, milliseconds.
    pub allowed_ms: u32,
    /// Comment lag assumed until one is estimated, milliseconds.
    pub default_lag_ms: u32,
    /// Confidence, 0 to 1, from which an estimated comment lag is used.
    pub lag_confidence: f64,
}

/// The highlight model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Folder of the checkpoint; without it the one that ships with kairos.
    pub checkpoint: Option<PathBuf>,
}

/// How `kairos train highlights` trains. The defaults make the checkpoint that ships with kairos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Architecture, decision delays and label threshold; inputs, units and streamers follow from the data.
    pub model: kairos_highlight::Config,
    /// Losses and optimisation.
    pub training: kairos_highlight::TrainingConfig,
    /// What feedback of recordings is made into: `ctr` or `long_view`.
    pub label: RateLabel,
    /// A view is long when it is longer than this, seconds. The paper's threshold is not published.
    pub long_view_s: f64,
    /// Every second chat is learned from as if it had begun up to this many seconds earlier or later, so that the time
    /// since the start does not stand for what is said. Where games begin about as long after it, this costs. 0 = off.
    pub begin_jitter_s: f64,
}

/// What a label from feedback counts, per impression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateLabel {
    /// Clicks (ContentCTR).
    Ctr,
    /// Views longer than `long_view_s` (KuaiHL's LVTR).
    LongView,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            model: kairos_highlight::Config {
                delays: vec![0.0, 5.0, 10.0, 20.0, 30.0],
                members: 2,
                width: 48,
                feed_forward: 96,
                perceiver_layers: 1,
                dropout: 0.3,
                ..kairos_highlight::Config::default()
            },
            training: kairos_highlight::TrainingConfig {
                epochs: 8,
                patience: 3,
                learning_rate: 2e-3,
                weight_decay: 0.05,
                feature_dropout: 0.2,
                modality_dropout: 0.1,
                pairwise_weight: 0.05,
                ..kairos_highlight::TrainingConfig::default()
            },
            label: RateLabel::Ctr,
            long_view_s: 30.0,
            begin_jitter_s: 0.0,
        }
    }
}

/// Where encoders with weights are found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// MobileNetV2 weights (safetensors); pictures are then also encoded by it.
    pub mobilenet: Option<PathBuf>,
    /// YAMNet weights (safetensors); sound is then also encoded by it.
    pub yamnet: Option<PathBuf>,
    /// UltraFace's RFB-320 as ONNX; with `expressions` pictures are then also encoded by the faces in them and what the largest shows, as
    /// far as the checkpoint was trained with it.
    pub faces: Option<PathBuf>,
    /// Manifest of face-api.js's expression network (`...face_expression_model-weights_manifest.json`), its shard beside it.
    pub expressions: Option<PathBuf>,
    /// Folder of a sentence encoder in Hugging Face's layout (BERT, MiniLM, XLM-R); comments and speech are then also read
    /// by it, as far as the checkpoint was trained with it, and `kairos search` finds moments by what was meant.
    pub text: Option<PathBuf>,
    /// Folder of a CLIP model in Hugging Face's layout; pictures are then also encoded by it, as far as the checkpoint was
    /// trained with it, and `kairos search` finds moments by what is seen. Pictures are then decoded at its size, which moves
    /// what other encoders make of them a little.
    pub clip: Option<PathBuf>,
    /// Numbers by which `text` and `clip` compute: `f32`; `int8` on the CPU, where it takes a third of the time; `f16` or `bf16` on a GPU.
    /// Each makes vectors of its own, under a digest of its own: a checkpoint is trained with one of them, and a search finds what was
    /// kept by the same.
    #[schemars(with = "String")]
    pub precision: kairos_transformers::Precision,
    /// How rooms share `text` and `clip`.
    pub server: kairos_model_server::ServerConfig,
}

/// From scores to highlights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HighlightsConfig {
    /// Score, 0 to 1, that starts a highlight.
    pub enter: f64,
    /// Score at which a highlight lasts; at most `enter`.
    pub leave: f64,
    /// Shortest highlight, seconds.
    pub shortest_s: f64,
    /// Longest highlight, seconds; longer ones are cut into several.
    pub longest_s: f64,
    /// Highlights with at most this between them are one, seconds; more if their clips would touch.
    pub gap_s: f64,
}

impl Default for HighlightsConfig {
    fn default() -> Self {
        Self { enter: 0.3, leave: 0.15, shortest_s: 4.0, longest_s: 60.0, gap_s: 4.0 }
    }
}

impl HighlightsConfig {
    /// The same in units of `unit`. Highlights whose clips by `clips` would touch are one.
    pub fn in_units(&self, unit: Span, clips: &ClipPolicy) -> HighlightConfig {
        let units = |seconds: f64| (seconds / unit.as_secs_f64()).round().max(0.0) as u64;
        let shortest = units(self.shortest_s).max(1);
        HighlightConfig {
            enter: self.enter,
            leave: self.leave,
            shortest,
            longest: units(self.longest_s).max(shortest),
            gap: units(self.gap_s.max(clips.pre_roll + clips.post_roll + clips.merge_gap)),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            unit_ms: 2_000,
            decode: DecodeConfig::default(),
            lateness: LatenessConfig::default(),
            model: ModelConfig::default(),
            train: TrainConfig::default(),
            gifting: GiftingConfig::default(),
            encoders: EncoderConfig::default(),
            compute: ComputeConfig::default(),
            highlights: HighlightsConfig::default(),
            clips: ClipPolicy::default(),
            clickhouse: ClickHouseConfig::default(),
            graph: kairos_graph::GraphConfig::default(),
            gift: crate::gift::GiftConfig::default(),
            ingest: kairos_capture::CaptureOptions::default(),
            chat: kairos_chat::ChatOptions::default(),
            serve: kairos_console::ConsoleOptions::default(),
            speech: kairos_speech::SpeechConfig::default(),
            clip: crate::clip::ClipConfig::default(),
            score: crate::score::ScoreConfig::default(),
            kafka: kairos_kafka::Settings::default(),
            metrics: MetricsConfig::default(),
            telemetry: TelemetryConfig::default(),
            log: LogConfig::default(),
            rates: Rates::default(),
        }
    }
}

impl Default for DecodeConfig {
    fn default() -> Self {
        Self { mode: DecodeMode::Attentive, per_second: 2.0, deadline_ms: 20_000, threads: 0 }
    }
}

impl Default for LatenessConfig {
    fn default() -> Self {
        Self { idle_ms: 30_000, allowed_ms: 4_000, default_lag_ms: 0, lag_confidence: 0.5 }
    }
}
