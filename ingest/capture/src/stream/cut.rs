//! Where one segment ends and the next begins.
//!
//! Groups of pictures are gathered whole until the segment is long enough. A segment waits for the sound that belongs
//! beside its pictures, but not longer than [`LATE`]; later sound goes into the next one rather than getting lost. A
//! group that is too large or too long for one segment is continued in further ones, between two pictures that no
//! other is shown across; only the first of these can be decoded by itself.

use std::collections::VecDeque;

use kairos_timeline::{MediaTime, Span};

use super::unit::{Kind, Timed};
use crate::options::{CaptureOptions, span};

/// How far sound may lag behind the pictures beside it.
const LATE: Span = Span::from_millis(1_000);
/// Part of a segment's bytes that is left for tables and sound that comes late, one in so many.
const MARGIN: usize = 16;

/// What becomes one segment.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) start: MediaTime,
    pub(crate) end: MediaTime,
    pub(crate) pictures: Vec<Timed>,
    pub(crate) sound: Vec<Timed>,
    /// Its pictures continue the group of the segment before.
    pub(crate) continued: bool,
}

/// Limits of a [`Cutter`].
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    length: Span,
    sound_length: Span,
    size: usize,
    longest: Span,
}

impl From<&CaptureOptions> for Limits {
    fn from(options: &CaptureOptions) -> Self {
        Self {
            length: span(options.segment_ms),
            sound_length: span(options.sound_segment_ms),
            size: options.segment_bytes - options.segment_bytes / MARGIN,
            longest: span(options.longest_group_ms),
        }
    }
}

/// Pictures in the order of decoding: a whole group, several, or a part of one.
#[derive(Debug, Default)]
struct Group {
    pictures: Vec<Timed>,
    start: MediaTime,
    /// Latest instant shown, and latest end.
    newest: MediaTime,
    end: MediaTime,
    size: usize,
    continued: bool,
}

impl Group {
    fn begin(start: MediaTime, continued: bool) -> Self {
        Self { start, newest: start, end: start, continued, ..Self::default() }
    }

    fn push(&mut self, timed: Timed) {
        self.size += timed.muxed_size();
        self.newest = self.newest.max(timed.shown_at);
        self.end = self.end.max(timed.shown_at + timed.duration);
        self.pictures.push(timed);
    }

    fn append(&mut self, mut other: Self) {
        if self.pictures.is_empty() {
            *self = other;
            return;
        }
        self.size += other.size;
        self.newest = self.newest.max(other.newest);
        self.end = self.end.max(other.end);
        self.pictures.append(&mut other.pictures);
    }
}

/// Gathers pictures and sound of one stream in the order in which they come, and gives out segments.
#[derive(Debug)]
pub(crate) struct Cutter {
    limits: Limits,
    whole: Group,
    open: Option<Group>,
    /// A group has been completed.
    begun: bool,
    closed: VecDeque<(Group, MediaTime)>,
    sound: VecDeque<Timed>,
    sound_size: usize,
    heard: Option<MediaTime>,
    seen: MediaTime,
    ended: bool,
}

impl Cutter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            whole: Group::default(),
            open: None,
            begun: false,
            closed: VecDeque::new(),
            sound: VecDeque::new(),
            sound_size: 0,
            heard: None,
            seen: MediaTime::ZERO,
            ended: false,
        }
    }

    /// Takes the next unit. Pictures before the first keyframe can't be decoded and are left out.
    pub(crate) fn push(&mut self, timed: Timed) {
        match timed.kind {
            Kind::Sound => {
                self.heard = Some(self.heard.map_or(timed.shown_at, |heard| heard.max(timed.shown_at)));
                self.sound_size += timed.muxed_size();
                self.sound.push_back(timed);
            }
            Kind::Picture => self.push_picture(timed),
        }
    }

    fn push_picture(&mut self, timed: Timed) {
        self.seen = self.seen.max(timed.decoded_at.unwrap_or(timed.shown_at).min(timed.shown_at));
        if timed.key {
            let next = timed.shown_at;
            self.close_group();
            if !self.whole.pictures.is_empty() && next - self.whole.start >= self.limits.length {
                self.close_whole(Some(next));
            }
            self.open = Some(Group::begin(next, false));
        } else if let Some(open) = &self.open
            && timed.shown_at > open.newest
            && (self.too_large(open, &timed) || timed.shown_at - open.start > self.limits.longest)
        {
            let next = open.end.max(open.newest + Span::from_micros(1)).min(timed.shown_at);
            self.close_group();
            self.close_whole(Some(next));
            self.open = Some(Group::begin(next, true));
        }
        // Pictures shown before the first keyframe belong to a group that was never seen.
        // Timestamps that stand still give no place to cut at.
        if self.open.as_ref().is_some_and(|open| open.size > self.limits.size * 2) {
            self.close_group();
            self.close_whole(None);
        }
        let first = !self.begun;
        if let Some(open) = self.open.as_mut().filter(|open| !first || timed.shown_at >= open.start) {
            open.push(timed);
        }
    }

    fn too_large(&self, open: &Group, next: &Timed) -> bool {
        let beside = self.sound.iter().filter(|sound| sound.shown_at >= open.start);
        let sound: usize = beside.map(Timed::muxed_size).sum();
        open.size + sound + next.muxed_size() > self.limits.size
    }

    fn close_group(&mut self) {
        let Some(group) = self.open.take().filter(|group| !group.pictures.is_empty()) else { return };
        self.begun = true;
        let beside = self.sound_size.min(self.limits.size / 2);
        let full = self.whole.size + group.size + beside > self.limits.size;
        if !self.whole.pictures.is_empty() && (full || group.continued || self.whole.continued) {
            self.close_whole(Some(group.start));
        }
        self.whole.append(group);
    }

    fn close_whole(&mut self, next: Option<MediaTime>) {
        let whole = std::mem::take(&mut self.whole);
        if whole.pictures.is_empty() {
            return;
        }
        let end = next.filter(|next| *next > whole.start).unwrap_or(whole.end).max(whole.start);
        self.closed.push_back((whole, end));
    }

    /// Nothing more will come of this connection.
    pub(crate) fn finish(&mut self) {
        self.close_group();
        self.close_whole(None);
        self.ended = true;
    }

    /// Bytes that wait for their segment to be complete.
    pub(crate) fn held(&self) -> usize {
        let closed: usize = self.closed.iter().map(|(group, _)| group.size).sum();
        closed + self.whole.size + self.open.as_ref().map_or(0, |open| open.size) + self.sound_size
    }

    /// A segment that is complete.
    pub(crate) fn pop(&mut self) -> Option<Cut> {
        if self.closed.is_empty() { self.pop_sound() } else { self.pop_pictures() }
    }

    fn pop_pictures(&mut self) -> Option<Cut> {
        let (_, end) = self.closed.front()?;
        let complete = self.heard.is_none_or(|heard| heard >= *end || self.seen >= *end + LATE);
        if !complete && !self.ended {
            return None;
        }
        let (group, end) = self.closed.pop_front()?;
        let last = self.ended && self.closed.is_empty();
        let sound = self.take_sound(if last { end + self.limits.sound_length } else { end });
        let end = if last { sound.last().map_or(end, |s| end.max(s.shown_at + s.duration)) } else { end };
        Some(Cut { start: group.start, end, pictures: group.pictures, sound, continued: group.continued })
    }

    /// Sound without pictures: there are none, or they stopped.
    fn pop_sound(&mut self) -> Option<Cut> {
        let first = self.sound.front()?.shown_at;
        let span = self.heard? - first;
        let since = self.open.as_ref().map(|open| open.end);
        let stopped =
            since.is_none_or(|end| self.heard.is_some_and(|heard| heard - end > self.limits.longest));
        let enough = span >= self.limits.sound_length || self.sound_size > self.limits.size;
        let ready = self.ended || (stopped && enough);
        if !ready {
            return None;
        }
        if since.is_some() && !self.ended {
            self.close_group();
            self.close_whole(None);
            return self.pop_pictures();
        }
        let sound = self.take_sound(first + self.limits.sound_length);
        let end = match self.sound.front() {
            Some(next) => next.shown_at,
            None => sound.last().map_or(first, |s| s.shown_at + s.duration),
        };
        Some(Cut { start: first, end: end.max(first), pictures: Vec::new(), sound, continued: false })
    }

    /// Sound up to `until`, as long as its format stays the same and a segment can hold it.
    fn take_sound(&mut self, until: MediaTime) -> Vec<Timed> {
        let mut taken: Vec<Timed> = Vec::new();
        let mut size = 0;
        while let Some(next) = self.sound.front() {
            let same = taken.first().is_none_or(|first| first.caps == next.caps);
            if next.shown_at >= until || !same || (size + next.muxed_size() > self.limits.size && size > 0) {
                break;
            }
            size += next.muxed_size();
            taken.extend(self.sound.pop_front());
        }
        self.sound_size = self.sound_size.saturating_sub(size);
        taken
    }
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
