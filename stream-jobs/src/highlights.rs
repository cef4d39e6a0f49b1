//! Highlights as they are named and placed in media time.

use kairos_clickhouse::{Highlight as Row, HighlightState};
use kairos_highlight::{Highlight, HighlightState as Stage};
use kairos_timeline::{MediaTime, Span};

/// A highlight's name: the unit it first began at, and a number where several began there.
pub fn name(change: &Highlight) -> String {
    match change.id.repeat {
        0 => format!("u{:06}", change.id.start),
        repeat => format!("u{:06}-{repeat}", change.id.start),
    }
}

fn at(unit: u64, length: Span) -> MediaTime {
    MediaTime::ZERO + length.times(i64::try_from(unit).unwrap_or(i64::MAX))
}

/// From its first unit's start to its last unit's end, in units of `unit`.
pub fn interval(change: &Highlight, unit: Span) -> (MediaTime, MediaTime) {
    (at(change.start, unit), at(change.end + 1, unit))
}

/// The middle of its best unit.
pub fn peak(change: &Highlight, unit: Span) -> MediaTime {
    at(change.peak, unit) + Span::from_micros(unit.as_micros() / 2)
}

/// Its row, without room, stream and model.
pub fn row(change: &Highlight, unit: Span, revision: u32) -> Row {
    let (from, to) = interval(change, unit);
    Row {
        highlight: name(change),
        start_us: from.as_micros(),
        end_us: to.as_micros(),
        peak_us: peak(change, unit).as_micros(),
        score: change.score as f32,
        state: match change.state {
            Stage::Provisional => HighlightState::Provisional,
            Stage::Final => HighlightState::Final,
            Stage::Withdrawn => HighlightState::Withdrawn,
        },
        revision,
        ..Row::default()
    }
}
