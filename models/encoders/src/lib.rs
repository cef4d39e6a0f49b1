//! Frozen encoders: one unit of a live room in, one feature vector per modality out, or a mask.
//!
//! A unit is a short stretch of media time (two seconds by default) with its pictures, sound, comments,
//! speech text and gifts. Every encoder reads one [`Modality`] of it and answers with a vector of fixed
//! width, or with `None` when that modality is missing; the models downstream turn `None` into a mask.
//!
//! Invariants:
//! * Causal. A vector depends on its unit and on earlier units of the same stream, never on later ones.
//!   Encoders that keep state advance it only in [`Encoder::encode`] and forget it in [`Encoder::reset`].
//! * Bounded. State does not grow with the length of the stream or the number of its viewers.
//! * Repeatable. The same units in the same order give the same bits, whatever the thread count.
//! * Finite. No input, however broken, puts a NaN or an infinity into a vector of a built-in encoder.

mod absent;
mod activity;
mod baseline;
mod comments;
mod encoder;
mod error;
mod fingerprint;
mod gifts;
mod history;
mod lexicon;
mod network;
mod picture;
mod pretrained;
mod seen;
mod set;
mod sound;
mod speech;
mod text;
mod unit;
mod weights;

pub use activity::{Activity, ActivityMeter, comment_activity, picture_activity, sound_activity};
pub use comments::CommentEncoder;
pub use encoder::Encoder;
pub use error::EncodeError;
pub use gifts::GiftEncoder;
pub use lexicon::{
    BUCKETS, CrossFit, Lexicon, LexiconEncoder, LexiconRoom, LexiconSettings, WINDOWS_S, WordCounts,
    word_counts,
};
pub use network::{Face, FaceEncoder, FaceShare, MobileNetEncoder, YamNetEncoder};
pub use picture::PictureEncoder;
pub use pretrained::{ClipEncoder, SentenceEncoder, mean_of_texts, middle_picture};
pub use set::{Encoded, EncoderDescription, EncoderSet, UnitFeatures, Widths, Without};
pub use sound::SoundEncoder;
pub use speech::SpeechEncoder;
pub use unit::{CommentView, GiftView, Modality, PictureView, SOUND_RATE, UnitInput};
