//! What a room's job is set up with.

use std::time::Duration;

use kairos_decode::{DecodeOptions, Mode};
use kairos_encoders::EncoderSet;
use kairos_highlight::{HighlightConfig, Scorer};
use kairos_model_server::Patience;
use kairos_timeline::{MediaTime, RoomId, Span, StreamId, WallTime};

use super::Moments;
use crate::config::{Config, DecodeMode};
use crate::speech::RoomSpeech;

/// Size of decoded pictures where no encoder asks for another.
const PICTURE_SIZE: (u32, u32) = (160, 90);
/// Encoded media kept for clips and second looks: longest comment lag, allowed lateness and clip together.
const SPOOL_LENGTH: Span = Span::from_millis(240_000);
/// At most this much encoded media is kept per room, whatever its bit rate.
const SPOOL_BYTES: usize = 192 << 20;

/// Settings of one room's job.
#[derive(Debug, Clone)]
pub struct RoomSettings {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Wall time of the first picture, where it is known beforehand.
    pub started_at: Option<WallTime>,
    /// Media time of the first unit: where a worker joined a stream that was running already.
    pub begins_at: MediaTime,
    /// Media is known to come, so that comments before the first segment wait for it (until the idle timeout).
    pub expects_media: bool,
    /// Length of a unit.
    pub unit: Span,
    /// Idle timeout of a modality.
    pub idle: Span,
    /// Allowed lateness.
    pub allowed: Span,
    /// Comment lag until one is estimated.
    pub default_lag: Span,
    /// Confidence from which an estimated lag is used.
    pub lag_confidence: f64,
    /// From scores to highlights.
    pub highlights: HighlightConfig,
    /// How media is decoded.
    pub decode_mode: DecodeMode,
    /// Pictures per second where pictures are sampled.
    pub pictures_per_second: f32,
    /// Longest time to decode one segment.
    pub decode_deadline: Duration,
    /// Decoder threads.
    pub decode_threads: usize,
    /// Size of decoded pictures.
    pub picture_size: (u32, u32),
    /// Whether media of settled units stays in the spool, for clips that are cut here. Otherwise it goes at once.
    pub keeps_for_clips: bool,
    /// Length of the spool.
    pub spool_length: Span,
    /// Bytes of the spool.
    pub spool_bytes: usize,
}

/// The encoders and the model of one room's job.
pub struct Scoring {
    /// Encoders of the provisional pass.
    pub early: EncoderSet,
    /// Encoders of the final pass.
    pub settled: EncoderSet,
    /// The model; `None` to extract features only.
    pub scorer: Option<Scorer>,
    /// The model's decision delays, from zero.
    pub delays: Vec<Span>,
    /// Speech recognition, where there is a recogniser.
    pub speech: Option<RoomSpeech>,
    /// Whether units are encoded with their words, for which they wait.
    pub reads_speech: bool,
    /// What keeps vectors of units, to find moments by meaning.
    pub moments: Option<Moments>,
    /// How long shared encoders are waited for.
    pub waits: Waits,
}

/// How long a room waits for the encoders that it shares with others.
#[derive(Debug, Clone)]
pub struct Waits {
    patience: Patience,
    limit: Option<Duration>,
}

impl Waits {
    /// At most so long; without a limit as long as it takes.
    pub fn at_most(limit: Option<Duration>) -> Self {
        Self { patience: Patience::at_most(limit), limit }
    }

    /// What the room's encoders ask by.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// What was there once will be there again: it is waited for as long as it takes.
    pub(super) fn until(&self, known: bool) {
        self.patience.set(self.limit.filter(|_| !known));
    }
}

impl RoomSettings {
    /// Settings of a room from the configuration.
    pub fn new(config: &Config, room: RoomId, stream: StreamId, started_at: Option<WallTime>) -> Self {
        let millis = |millis: u32| Span::from_millis(i64::from(millis));
        Self {
            room,
            stream,
            started_at,
            begins_at: MediaTime::ZERO,
            expects_media: false,
            unit: config.unit(),
            idle: millis(config.lateness.idle_ms),
            allowed: millis(config.lateness.allowed_ms),
            default_lag: millis(config.lateness.default_lag_ms),
            lag_confidence: config.lateness.lag_confidence,
            highlights: config.highlights.in_units(config.unit(), &config.clips),
            decode_mode: config.decode.mode,
            pictures_per_second: config.decode.per_second,
            decode_deadline: Duration::from_millis(config.decode.deadline_ms),
            decode_threads: config.decode.threads,
            picture_size: PICTURE_SIZE,
            keeps_for_clips: false,
            spool_length: SPOOL_LENGTH,
            spool_bytes: SPOOL_BYTES,
        }
    }

    /// Options of the first decoding: pictures by the mode, and sound.
    pub fn first_decoding(&self) -> DecodeOptions {
        let pictures = match self.decode_mode {
            DecodeMode::Attentive | DecodeMode::Keyframes => Mode::Keyframes,
            DecodeMode::Sampled => Mode::Sampled { per_second: self.pictures_per_second },
            DecodeMode::Full => Mode::Full,
        };
        self.decoding(pictures, true)
    }

    /// Options of the second look at candidates: sampled pictures, no sound.
    pub fn looking_again(&self) -> DecodeOptions {
        self.decoding(Mode::Sampled { per_second: self.pictures_per_second }, false)
    }

    fn decoding(&self, pictures: Mode, sound: bool) -> DecodeOptions {
        DecodeOptions {
            width: self.picture_size.0,
            height: self.picture_size.1,
            pictures: Some(pictures),
            sound,
            threads: self.decode_threads,
            deadline: self.decode_deadline,
            ..DecodeOptions::default()
        }
    }
}
