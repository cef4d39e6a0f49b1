//! Highlights into clips and rows, as they appear, change and become final.
//!
//! A clip is cut as soon as its post-roll is there and again when the highlight's borders change; the file keeps
//! its name. Everything happens in the order of the room's facts, so revisions are the same in every run.

use std::collections::BTreeMap;

use kairos_clickhouse::{Highlight, HighlightState};
use kairos_clips::{Clip, ClipFolder, ClipNames, ClipPolicy, ClipRequest, ClipSegment, ClipStore, Interval};
use kairos_highlight::{Highlight as HighlightChange, HighlightState as Stage};
use kairos_timeline::{MediaTime, RoomId, Span, StreamId};

use crate::room::Spool;
use crate::rows::TableRow;

/// One highlight as far as it is known.
#[derive(Debug, Clone)]
pub struct KnownHighlight {
    /// What the tracker last said.
    pub change: HighlightChange,
    /// The clip, once cut.
    pub clip: Option<Clip>,
    /// What viewers said about it.
    pub top_comments: Vec<String>,
    revision: u32,
    /// The window that waits to be cut.
    due: Option<Interval>,
}

/// Cuts the clips of one stream.
pub struct ClipDesk {
    room: RoomId,
    stream: StreamId,
    unit: Span,
    model: String,
    policy: ClipPolicy,
    /// `None`: highlights and rows without clips.
    store: Option<ClipStore<ClipFolder>>,
    known: BTreeMap<String, KnownHighlight>,
}

impl ClipDesk {
    /// A desk for one stream.
    pub fn new(
        room: RoomId,
        stream: StreamId,
        unit: Span,
        model: String,
        policy: ClipPolicy,
        store: Option<ClipStore<ClipFolder>>,
    ) -> Self {
        Self { room, stream, unit, model, policy, store, known: BTreeMap::new() }
    }

    /// A highlight's name: the unit it first began at, and a number where several began there.
    pub fn name(change: &HighlightChange) -> String {
        match change.id.repeat {
            0 => format!("u{:06}", change.id.start),
            repeat => format!("u{:06}-{repeat}", change.id.start),
        }
    }

    fn at(&self, unit: u64) -> MediaTime {
        MediaTime::ZERO + self.unit.times(i64::try_from(unit).unwrap_or(i64::MAX))
    }

    /// From its first unit's start to its last unit's end.
    pub fn interval(&self, change: &HighlightChange) -> (MediaTime, MediaTime) {
        (self.at(change.start), self.at(change.end + 1))
    }

    /// The middle of its best unit.
    pub fn peak(&self, change: &HighlightChange) -> MediaTime {
        self.at(change.peak) + Span::from_micros(self.unit.as_micros() / 2)
    }

    /// Takes what the tracker says and gives the row for it.
    pub fn take(&mut self, change: &HighlightChange, top_comments: Vec<String>) -> TableRow {
        let (from, to) = self.interval(change);
        let interval = Interval { from_us: from.as_micros(), to_us: to.as_micros() };
        let window = self.policy.window(interval, self.peak(change).as_micros());
        let name = Self::name(change);
        let has_media = self.store.is_some();
        let known = self
            .known
            .entry(name.clone())
            .and_modify(|known| {
                known.change = *change;
                known.revision += 1;
            })
            .or_insert_with(|| KnownHighlight {
                change: *change,
                clip: None,
                top_comments: Vec::new(),
                revision: 0,
                due: None,
            });
        known.top_comments = top_comments;
        known.due = match change.state {
            Stage::Withdrawn => None,
            _ => has_media.then_some(window),
        };
        self.row(&name)
    }

    /// Cuts every clip whose material is there (all that are due, at the end), and gives their rows and what
    /// failed.
    pub fn cut_due(
        &mut self,
        media_end: Option<MediaTime>,
        spool: &Spool,
        at_end: bool,
    ) -> (Vec<TableRow>, Vec<String>) {
        let reached = media_end.map_or(i64::MIN, MediaTime::as_micros);
        let due: Vec<(String, Interval)> = self
            .known
            .iter()
            .filter_map(|(id, known)| Some((id.clone(), known.due?)))
            .filter(|(_, window)| at_end || window.to_us <= reached)
            .collect();
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        for (id, window) in due {
            match self.cut(&id, window, reached, spool) {
                Ok(true) => rows.push(self.row(&id)),
                Ok(false) => {}
                Err(what) => failed.push(format!("clip of highlight {id}: {what}")),
            }
        }
        (rows, failed)
    }

    fn cut(&mut self, id: &str, window: Interval, reached: i64, spool: &Spool) -> Result<bool, String> {
        let peak_us = self.known.get(id).map_or(window.from_us, |known| self.peak(&known.change).as_micros());
        let (Some(store), Some(known)) = (&self.store, self.known.get_mut(id)) else { return Ok(false) };
        known.due = None;
        let window = Interval { from_us: window.from_us, to_us: window.to_us.min(reached) };
        let half_a_picture = 40_000;
        let is_cut = known.clip.as_ref().is_some_and(|clip| {
            (clip.from_us - window.from_us).abs() < half_a_picture
                && (clip.to_us - window.to_us).abs() < half_a_picture
        });
        if is_cut || window.to_us <= window.from_us {
            return Ok(false);
        }
        // One group of pictures more before the start lets open groups begin on the very picture.
        let from = MediaTime::from_micros(window.from_us) - Span::from_millis(2_000);
        let segments: Vec<ClipSegment> = spool
            .covering(from, MediaTime::from_micros(window.to_us))
            .map(|segment| ClipSegment {
                start_us: segment.start.as_micros(),
                duration_us: segment.duration.as_micros(),
                bytes: segment.bytes.clone(),
            })
            .collect();
        if segments.is_empty() {
            return Ok(false);
        }
        let request = ClipRequest {
            names: ClipNames { room: self.room.as_str(), stream: self.stream.as_str(), highlight: id },
            from_us: window.from_us,
            to_us: window.to_us,
            peak_us: Some(peak_us),
            segments: &segments,
        };
        let clip = match &known.clip {
            Some(former) => store.revise(&former.path, &request),
            None => store.cut(&request),
        };
        known.clip = Some(clip.map_err(|error| error.to_string())?);
        known.revision += 1;
        Ok(true)
    }

    fn row(&self, id: &str) -> TableRow {
        let mut row = Highlight {
            room: self.room.to_string(),
            stream: self.stream.to_string(),
            ..Highlight::default()
        };
        if let Some(known) = self.known.get(id) {
            let (from, to) = self.interval(&known.change);
            row.highlight = id.to_owned();
            row.start_us = from.as_micros();
            row.end_us = to.as_micros();
            row.peak_us = self.peak(&known.change).as_micros();
            row.score = known.change.score as f32;
            row.state = match known.change.state {
                Stage::Provisional => HighlightState::Provisional,
                Stage::Final => HighlightState::Final,
                Stage::Withdrawn => HighlightState::Withdrawn,
            };
            row.clip = known.clip.as_ref().map(|clip| clip.path.clone()).unwrap_or_default();
            row.thumbnail = known.clip.as_ref().and_then(|clip| clip.thumbnail.clone()).unwrap_or_default();
            row.revision = known.revision;
        }
        row.model.clone_from(&self.model);
        TableRow::Highlight(Box::new(row))
    }

    /// Highlights that were not withdrawn, in order of time.
    pub fn standing(&self) -> Vec<&KnownHighlight> {
        let mut standing: Vec<&KnownHighlight> =
            self.known.values().filter(|known| known.change.state != Stage::Withdrawn).collect();
        standing.sort_by_key(|known| known.change.start);
        standing
    }
}
