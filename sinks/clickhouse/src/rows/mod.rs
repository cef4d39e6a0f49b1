//! One row type per table, with plain fields, so that whoever scores knows nothing of SQL.
//!
//! Invariants: field names are column names; the order of fields is the order of columns; instants are `i64`
//! microseconds (Unix time where the name ends in `_at`, media time where it ends in `_us`); maps are sorted, so
//! that equal rows have equal bytes.

mod account;
mod checkpoint;
mod clip;
mod evaluation;
mod event;
mod highlight;
mod money;
mod prediction;
mod review;
mod score;
mod vector;
mod word;

pub use account::{LedgerEntry, Outcome, RoomState, StreamRow};
pub use checkpoint::Checkpoint;
pub use clip::ClipRow;
pub use evaluation::{Evaluation, EvaluationScore, HighlightLabel};
pub use event::{CommentRow, FeedbackRow, GiftRow};
pub use highlight::{Highlight, HighlightState};
pub use prediction::GiftPrediction;
pub use review::Review;
pub use score::FrameScore;
pub use vector::UnitVector;
pub use word::SpokenWord;

use clickhouse::{RowOwned, RowRead, RowWrite};

use crate::writer::Buffers;

/// A row and the table it lives in.
pub trait Table: RowOwned + RowRead + RowWrite + std::fmt::Debug + Send + Sync + 'static {
    /// The view that users read: last revisions only.
    const VIEW: &'static str;
    /// The table that is written.
    const STORAGE: &'static str;
    /// Columns that name a row; its revisions share them. In the table's sorting order.
    const IDENTITY: &'static [&'static str];

    /// Where the row belongs, for errors: `topic[partition]@offset`, or room, stream and media time.
    fn place(&self) -> String;

    #[doc(hidden)]
    fn buffer(buffers: &mut Buffers) -> &mut crate::writer::Buffer<Self>;
}

/// What a job makes of a stream, in the order in which digests read it: views, their storage, their identities.
/// Labels, reviews and evaluations are about streams and not made of them, so they are not here; neither are places in
/// topics.
pub(crate) const DIGESTED: &[(&str, &str, &[&str])] = &[
    (StreamRow::VIEW, StreamRow::STORAGE, StreamRow::IDENTITY),
    // Not `frame_scores`, which shows one delay of each unit.
    ("frame_scores_by_delay", FrameScore::STORAGE, FrameScore::IDENTITY),
    (Highlight::VIEW, Highlight::STORAGE, Highlight::IDENTITY),
    (ClipRow::VIEW, ClipRow::STORAGE, ClipRow::IDENTITY),
    (GiftPrediction::VIEW, GiftPrediction::STORAGE, GiftPrediction::IDENTITY),
    (CommentRow::VIEW, CommentRow::STORAGE, CommentRow::IDENTITY),
    (GiftRow::VIEW, GiftRow::STORAGE, GiftRow::IDENTITY),
    (FeedbackRow::VIEW, FeedbackRow::STORAGE, FeedbackRow::IDENTITY),
    (SpokenWord::VIEW, SpokenWord::STORAGE, SpokenWord::IDENTITY),
    (UnitVector::VIEW, UnitVector::STORAGE, UnitVector::IDENTITY),
    (RoomState::VIEW, RoomState::STORAGE, RoomState::IDENTITY),
    (LedgerEntry::VIEW, LedgerEntry::STORAGE, LedgerEntry::IDENTITY),
];

macro_rules! table {
    ($row:ty, $buffer:ident, $view:literal, [$($identity:literal),*], |$self:ident| $place:expr) => {
        impl $crate::rows::Table for $row {
            const VIEW: &'static str = $view;
            const STORAGE: &'static str = concat!($view, "_rows");
            const IDENTITY: &'static [&'static str] = &[$($identity),*];

            fn place(&self) -> String {
                let $self = self;
                $place
            }

            fn buffer(buffers: &mut $crate::writer::Buffers) -> &mut $crate::writer::Buffer<Self> {
                &mut buffers.$buffer
            }
        }
    };
}
pub(crate) use table;
