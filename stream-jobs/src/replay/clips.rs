//! Highlights into clips and rows, as they appear, change and become final.
//!
//! A clip is cut as soon as its post-roll is there and again when the highlight's borders change; the file keeps
//! its name. Everything happens in the order of the room's facts, so revisions are the same in every run.

use std::collections::BTreeMap;

use kairos_clickhouse::{ClipRow, Highlight};
use kairos_clips::{Clip, ClipFolder, ClipNames, ClipPolicy, ClipRequest, ClipSegment, ClipStore, Interval};
use kairos_highlight::{Highlight as HighlightChange, HighlightState as Stage};
use kairos_timeline::{MediaTime, RoomId, Span, StreamId};

use crate::highlights;
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

    /// From its first unit's start to its last unit's end.
    pub fn interval(&self, change: &HighlightChange) -> (MediaTime, MediaTime) {
        highlights::interval(change, self.unit)
    }

    /// The middle of its best unit.
    pub fn peak(&self, change: &HighlightChange) -> MediaTime {
        highlights::peak(change, self.unit)
    }

    /// Takes what the tracker says and gives the row for it.
    pub fn take(&mut self, change: &HighlightChange, top_comments: Vec<String>) -> TableRow {
        let (from, to) = self.interval(change);
        let interval = Interval { from_us: from.as_micros(), to_us: to.as_micros() };
        let window = self.policy.window(interval, self.peak(change).as_micros());
        let name = highlights::name(change);
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
                Ok(Some(row)) => rows.push(TableRow::Clip(Box::new(row))),
                Ok(None) => {}
                Err(what) => failed.push(format!("clip of highlight {id}: {what}")),
            }
        }
        (rows, failed)
    }

    fn cut(
        &mut self,
        id: &str,
        window: Interval,
        reached: i64,
        spool: &Spool,
    ) -> Result<Option<ClipRow>, String> {
        let peak_us = self.known.get(id).map_or(window.from_us, |known| self.peak(&known.change).as_micros());
        let (Some(store), Some(known)) = (&self.store, self.known.get_mut(id)) else { return Ok(None) };
        known.due = None;
        let window = Interval { from_us: window.from_us, to_us: window.to_us.min(reached) };
        let half_a_picture = 40_000;
        let is_cut = known.clip.as_ref().is_some_and(|clip| {
            (clip.from_us - window.from_us).abs() < half_a_picture
                && (clip.to_us - window.to_us).abs() < half_a_picture
        });
        if is_cut || window.to_us <= window.from_us {
            return Ok(None);
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
            return Ok(None);
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
        let clip = clip.map_err(|error| error.to_string())?;
        let row = ClipRow {
            room: self.room.to_string(),
            stream: self.stream.to_string(),
            highlight: id.to_owned(),
            clip: clip.path.clone(),
            thumbnail: clip.thumbnail.clone().unwrap_or_default(),
            from_us: clip.from_us,
            to_us: clip.to_us,
            model: self.model.clone(),
            revision: known.revision,
        };
        known.clip = Some(clip);
        Ok(Some(row))
    }

    fn row(&self, id: &str) -> TableRow {
        let known = self.known.get(id);
        let row = known.map(|known| highlights::row(&known.change, self.unit, known.revision));
        TableRow::Highlight(Box::new(Highlight {
            room: self.room.to_string(),
            stream: self.stream.to_string(),
            model: self.model.clone(),
            ..row.unwrap_or_default()
        }))
    }

    /// Highlights that were not withdrawn, in order of time.
    pub fn standing(&self) -> Vec<&KnownHighlight> {
        let mut standing: Vec<&KnownHighlight> =
            self.known.values().filter(|known| known.change.state != Stage::Withdrawn).collect();
        standing.sort_by_key(|known| known.change.start);
        standing
    }
}
