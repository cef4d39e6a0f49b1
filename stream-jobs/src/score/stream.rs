//! What a room's job gives, as rows of one stream and events about it.

use std::collections::BTreeMap;

use kairos_clickhouse::{FrameScore, Highlight, HighlightState, StreamRow};
use kairos_timeline::{PositionRange, RoomId, Span, StreamId, WallTime};
use kairos_topics as events;

use crate::highlights;
use crate::live::range;
use crate::room::Output;
use crate::rows::{RowMaker, TableRow};

/// Where the media of units came from is remembered for so many units: longer than a highlight and its comments.
const REMEMBERED: usize = 1_024;

/// An event of a result topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of `scores`.
    Score(Box<events::Score>),
    /// Of `highlights`.
    Highlight(Box<events::Highlight>),
}

/// Rows and events of one stream.
pub struct StreamRows {
    maker: RowMaker,
    room: RoomId,
    stream: StreamId,
    unit: Span,
    started_at: WallTime,
    source: String,
    revisions: BTreeMap<String, u32>,
    /// The media of units, by index.
    media: BTreeMap<i64, PositionRange>,
}

impl StreamRows {
    /// For a stream of `source`, scored by `model` in units of `unit`.
    pub fn new(
        room: RoomId,
        stream: StreamId,
        unit: Span,
        model: String,
        started_at: WallTime,
        source: String,
    ) -> Self {
        let maker = RowMaker::new(room.clone(), stream.clone(), unit, model);
        let (revisions, media) = (BTreeMap::new(), BTreeMap::new());
        Self { maker, room, stream, unit, started_at, source, revisions, media }
    }

    /// The stream.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The stream's own row: when it begins, and again when it is over.
    pub fn about(&self, length: Option<Span>) -> TableRow {
        TableRow::Stream(Box::new(StreamRow {
            room: self.room.to_string(),
            stream: self.stream.to_string(),
            title: String::new(),
            source: self.source.clone(),
            started_at: self.started_at.as_micros(),
            duration_us: length.unwrap_or(Span::ZERO).as_micros(),
            simulated: false,
            revision: u32::from(length.is_some()),
        }))
    }

    /// What follows from a fact. `at`: the message that brought it.
    pub fn take(
        &mut self,
        output: &Output,
        at: &PositionRange,
        rows: &mut Vec<TableRow>,
        out: &mut Vec<Event>,
    ) {
        rows.push(match output {
            Output::Score(scored) => {
                if let Some(positions) = &scored.positions {
                    self.media.insert(scored.index, positions.clone());
                    while self.media.len() > REMEMBERED {
                        self.media.pop_first();
                    }
                }
                let row = self.maker.score(scored);
                if let TableRow::Score(row) = &row {
                    let positions = scored.positions.as_ref().unwrap_or(at);
                    out.push(Event::Score(Box::new(score_event(row, positions))));
                }
                row
            }
            Output::Highlight(change) => {
                let name = highlights::name(change);
                let revision = self.revisions.entry(name).and_modify(|known| *known += 1).or_insert(0);
                let row = Highlight {
                    room: self.room.to_string(),
                    stream: self.stream.to_string(),
                    model: self.maker.model().to_owned(),
                    ..highlights::row(change, self.unit, *revision)
                };
                let first = i64::try_from(change.start).unwrap_or(i64::MAX);
                let last = i64::try_from(change.end).unwrap_or(i64::MAX);
                let positions = self.media.range(first..=last).map(|(_, positions)| positions);
                let positions = joined(positions).unwrap_or_else(|| at.clone());
                out.push(Event::Highlight(Box::new(highlight_event(&row, &positions))));
                TableRow::Highlight(Box::new(row))
            }
            Output::Comment(placed) => self.maker.comment(placed),
            Output::Gift(placed) => self.maker.gift(placed),
            Output::Feedback(placed) => self.maker.feedback(placed),
            Output::State(state) => self.maker.state(state),
            Output::Word(word, model) => self.maker.word(word, model),
            Output::Vector(made) => self.maker.vector(made),
            Output::Ledger(_) | Output::Features(_) | Output::Fault(_) => return,
        });
    }
}

fn joined<'a>(ranges: impl Iterator<Item = &'a PositionRange>) -> Option<PositionRange> {
    ranges.fold(None, |known: Option<PositionRange>, range| match known {
        None => Some(range.clone()),
        Some(mut known) => {
            if known.topic == range.topic && known.partition == range.partition {
                known.first = known.first.min(range.first);
                known.last = known.last.max(range.last);
            }
            Some(known)
        }
    })
}

fn score_event(row: &FrameScore, positions: &PositionRange) -> events::Score {
    events::Score {
        room: row.room.clone(),
        stream: row.stream.clone(),
        media_us: row.media_us,
        unit_us: row.unit_us,
        captured_at_us: row.captured_at,
        score: row.score,
        scores: row.scores.clone(),
        contributions: row.contributions.clone(),
        missing: row.missing.clone(),
        comment_lag_us: row.comment_lag_us,
        delay_ms: row.delay_ms,
        r#final: row.r#final,
        model: row.model.clone(),
        revision: row.revision,
        position: range(positions),
    }
}

fn highlight_event(row: &Highlight, positions: &PositionRange) -> events::Highlight {
    events::Highlight {
        room: row.room.clone(),
        stream: row.stream.clone(),
        highlight: row.highlight.clone(),
        start_us: row.start_us,
        end_us: row.end_us,
        peak_us: row.peak_us,
        score: row.score,
        state: match row.state {
            HighlightState::Final => events::HighlightState::Final,
            HighlightState::Withdrawn => events::HighlightState::Withdrawn,
            _ => events::HighlightState::Provisional,
        },
        clip: None,
        thumbnail: None,
        model: row.model.clone(),
        revision: row.revision,
        position: range(positions),
    }
}
