//! The one configuration file: every field, its meaning, its default and its check.
//!
//! Unknown fields are errors, so that a typo never passes for a default. Each field can be overridden from the
//! environment by its path in capitals: `unit_ms` is `KAIROS_UNIT_MS`, `decode.mode` is `KAIROS_DECODE__MODE`.

use std::path::{Path, PathBuf};

use kairos_clips::ClipPolicy;
use kairos_highlight::HighlightConfig;
use kairos_recording::chat::Rates;
use kairos_timeline::Span;
use serde::{Deserialize, Serialize};

use crate::gifting::GiftingConfig;

/// All of the configuration. The defaults score a recording without any file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What foreign money and platform coins are worth in United States dollars.
    pub rates: Rates,
}

/// Which pictures are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Folder of the checkpoint; without it the one that ships with kairos.
    pub checkpoint: Option<PathBuf>,
}

/// How `kairos train highlights` trains. The defaults make the checkpoint that ships with kairos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// MobileNetV2 weights (safetensors); pictures are then also encoded by it.
    pub mobilenet: Option<PathBuf>,
    /// YAMNet weights (safetensors); sound is then also encoded by it.
    pub yamnet: Option<PathBuf>,
}

/// From scores to highlights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// Where rows go.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClickHouseConfig {
    /// `http://` or `https://` address of a server; without it the embedded engine under the output folder.
    pub url: Option<String>,
    /// Database; created when missing.
    pub database: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Password. Better given as `KAIROS_CLICKHOUSE__PASSWORD`; never printed.
    #[serde(skip_serializing)]
    pub password: Option<String>,
}

impl std::fmt::Debug for ClickHouseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let password = self.password.as_ref().map(|_| "(hidden)");
        f.debug_struct("ClickHouseConfig")
            .field("url", &self.url)
            .field("database", &self.database)
            .field("user", &self.user)
            .field("password", &password)
            .finish()
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

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be read.
    #[error("configuration {file}: {source}")]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not valid: unknown field, wrong type, broken syntax.
    #[error("configuration {file}: {source}")]
    Parse {
        /// The file.
        file: PathBuf,
        /// Line and field.
        source: Box<toml::de::Error>,
    },
    /// A value is out of its range.
    #[error("configuration field {field}: {reason}")]
    Value {
        /// Path of the field.
        field: String,
        /// Why it can't be.
        reason: String,
    },
}

impl Config {
    /// Reads `file` (the defaults when `None`), applies overrides from `environment` and checks all of it.
    ///
    /// # Errors
    /// Names the file and field that is wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let name = file.map_or_else(|| PathBuf::from("(defaults)"), Path::to_path_buf);
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { file: path.to_path_buf(), source })?,
            None => String::new(),
        };
        let parse = |source| ConfigError::Parse { file: name.clone(), source: Box::new(source) };
        // Parsed once on its own first: only then do errors point at the user's lines.
        let _checked: Self = toml::from_str(&text).map_err(parse)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(parse)?;
        for (variable, value) in environment {
            // The name that users of whisper.cpp are told.
            let variable =
                if variable == "KAIROS_WHISPER_MODEL" { "KAIROS_SPEECH__MODEL".to_owned() } else { variable };
            override_field(&mut table, &variable, &value)?;
        }
        let config: Self = table.try_into().map_err(parse)?;
        config.check()?;
        Ok(config)
    }

    /// Length of a unit.
    pub fn unit(&self) -> Span {
        Span::from_millis(i64::from(self.unit_ms))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field: &str, reason: String| Err(ConfigError::Value { field: field.to_owned(), reason });
        if !(500..=60_000).contains(&self.unit_ms) {
            return wrong("unit_ms", format!("{} is not within 500 and 60000", self.unit_ms));
        }
        if !(self.decode.per_second > 0.0 && self.decode.per_second <= 60.0) {
            return wrong(
                "decode.per_second",
                format!("{} is not above 0 and at most 60", self.decode.per_second),
            );
        }
        if self.decode.deadline_ms == 0 {
            return wrong("decode.deadline_ms", "must be positive".to_owned());
        }
        if !(0.0..=1.0).contains(&self.lateness.lag_confidence) {
            return wrong("lateness.lag_confidence", "must be within 0 and 1".to_owned());
        }
        let highlights = &self.highlights;
        if !(0.0..=1.0).contains(&highlights.enter) || !(0.0..=highlights.enter).contains(&highlights.leave) {
            return wrong(
                "highlights.enter",
                "enter and leave must be within 0 and 1, leave at most enter".to_owned(),
            );
        }
        let lengths = [highlights.shortest_s, highlights.longest_s, highlights.gap_s];
        if lengths.iter().any(|length| !(0.0..=86_400.0).contains(length))
            || highlights.longest_s < highlights.shortest_s
        {
            return wrong(
                "highlights.longest_s",
                "lengths must be 0 to 86400 seconds, longest at least shortest".to_owned(),
            );
        }
        self.gifting.check()?;
        if let Err(error) = self.clips.check() {
            return wrong("clips", error.to_string());
        }
        self.gift.check()?;
        self.score.check()?;
        self.clip.check()?;
        if let Err(error) = self.graph.check() {
            return wrong("graph", error.to_string());
        }
        if let Err(error) = self.ingest.check() {
            return wrong("ingest", error.to_string());
        }
        if let Err(error) = self.chat.check() {
            return wrong("chat", error.to_string());
        }
        if let Err(error) = self.serve.check() {
            return wrong("serve", error.to_string());
        }
        if let Err(error) = self.speech.check() {
            return wrong("speech", error.to_string());
        }
        if let Err(error) = self.kafka.check() {
            return wrong("kafka", error.to_string());
        }
        if let Some(url) = &self.clickhouse.url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return wrong("clickhouse.url", format!("{url:?} does not start with http:// or https://"));
        }
        Ok(())
    }
}

/// Sections that the environment may override; other `KAIROS_` variables mean other things.
const SECTIONS: [&str; 19] = [
    "decode",
    "lateness",
    "model",
    "train",
    "gifting",
    "encoders",
    "highlights",
    "clips",
    "clickhouse",
    "graph",
    "gift",
    "ingest",
    "chat",
    "serve",
    "speech",
    "clip",
    "score",
    "kafka",
    "rates",
];

fn override_field(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let Some(path) = variable.strip_prefix("KAIROS_").map(str::to_lowercase) else { return Ok(()) };
    let mut path: Vec<&str> = path.split("__").collect();
    let Some(leaf) = path.pop() else { return Ok(()) };
    let is_ours = if path.is_empty() { leaf == "unit_ms" } else { SECTIONS.contains(&path[0]) };
    if !is_ours {
        return Ok(());
    }
    let mut at = table;
    for part in path {
        let entry = at.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        at = entry.as_table_mut().ok_or_else(|| ConfigError::Value {
            field: part.to_owned(),
            reason: format!("is not a section, so {variable} can't set a field of it"),
        })?;
    }
    // A number or a boolean where it reads as one, else text.
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    at.insert(leaf.to_owned(), parsed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()), environment.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())))
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(load("", &[]).unwrap(), Config::default());
    }

    #[test]
    fn a_typo_names_its_line_and_field() {
        let error = load("unit_ms = 2000\n[decode]\nmodee = \"full\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("modee") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let environment = [
            ("KAIROS_UNIT_MS", "1000"),
            ("KAIROS_DECODE__MODE", "full"),
            ("KAIROS_LIBCHDB", "/somewhere"),
            ("HOME", "/root"),
        ];
        let config = load("unit_ms = 2000", &environment).unwrap();
        assert_eq!((config.unit_ms, config.decode.mode), (1_000, DecodeMode::Full));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (text, field) in [
            ("unit_ms = 1", "unit_ms"),
            ("[decode]\nper_second = 0.0", "decode.per_second"),
            ("[clickhouse]\nurl = \"ftp://x\"", "clickhouse.url"),
        ] {
            let error = load(text, &[]).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let config = load("", &[("KAIROS_CLICKHOUSE__PASSWORD", "hunter2")]).unwrap();
        assert_eq!(config.clickhouse.password.as_deref(), Some("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!toml::to_string(&config).unwrap().contains("hunter2"));
    }
}
