//! Where one segment ends and the next begins.
//!
//! Groups of pictures are gathered whole. A segment waits until the sound that belongs beside its pictures has
//! come, or is late by more than [`LATE`]; later sound goes to the next segment rather than getting lost.

use std::collections::VecDeque;

use kairos_timeline::{MediaTime, Span};

use super::MediaOptions;
use super::source::{Kind, Timed};

/// How far sound may lag behind the pictures beside it in the file.
const LATE: Span = Span::from_millis(2_000);

/// The packets of one segment, not yet written.
pub(super) struct Cut {
    pub(super) start: MediaTime,
    pub(super) end: MediaTime,
    pub(super) pictures: Vec<Timed>,
    pub(super) sound: Vec<Timed>,
}

/// A group of pictures, or several.
#[derive(Default)]
struct Group {
    pictures: Vec<Timed>,
    size: usize,
}

impl Group {
    fn start(&self) -> Option<MediaTime> {
        self.pictures.first().map(|first| first.shown_at)
    }

    fn push(&mut self, timed: Timed) {
        self.size += timed.packet.size();
        self.pictures.push(timed);
    }

    fn append(&mut self, mut other: Self) {
        self.size += other.size;
        self.pictures.append(&mut other.pictures);
    }

    fn end(&self) -> MediaTime {
        self.pictures.iter().map(|t| t.shown_at + t.duration).max().unwrap_or(MediaTime::ZERO)
    }
}

/// Gathers packets and gives out segments.
pub(super) struct Cutter {
    options: MediaOptions,
    has_video: bool,
    has_sound: bool,
    whole: Group,
    open: Group,
    closed: VecDeque<(Group, MediaTime)>,
    sound: VecDeque<Timed>,
    sound_size: usize,
    heard: MediaTime,
    seen: MediaTime,
    skipped: u64,
    /// Pictures left out, and where pictures go on.
    pub(super) left_out: Option<(u64, MediaTime)>,
    ended: bool,
}

impl Cutter {
    pub(super) fn new(options: MediaOptions, has_video: bool, has_sound: bool) -> Self {
        Self {
            options,
            has_video,
            has_sound,
            whole: Group::default(),
            open: Group::default(),
            closed: VecDeque::new(),
            sound: VecDeque::new(),
            sound_size: 0,
            heard: MediaTime::from_micros(i64::MIN),
            seen: MediaTime::from_micros(i64::MIN),
            skipped: 0,
            left_out: None,
            ended: false,
        }
    }

    pub(super) fn push(&mut self, timed: Timed) {
        match timed.kind {
            Kind::Sound => {
                self.heard = self.heard.max(timed.shown_at);
                self.sound_size += timed.packet.size();
                self.sound.push_back(timed);
            }
            Kind::Video => {
                self.seen = self.seen.max(timed.decoded_at);
                self.push_picture(timed);
            }
        }
        let from = self.open.start();
        let long = from.is_some_and(|from| self.heard.max(self.seen) - from > self.options.longest_group);
        if from.is_some() && (long || self.open.size + self.sound_size > self.options.largest_group) {
            self.close_group();
            self.close_whole(None);
        }
    }

    fn push_picture(&mut self, timed: Timed) {
        if timed.key {
            if self.skipped > 0 {
                self.left_out = Some((std::mem::take(&mut self.skipped), timed.shown_at));
            }
            self.close_group();
            let next = timed.shown_at;
            if self.whole.start().is_some_and(|start| next - start >= self.options.length) {
                self.close_whole(Some(next));
            }
        } else if self.open.pictures.is_empty() {
            self.skipped += 1;
            return;
        }
        self.open.push(timed);
    }

    /// The open group is complete.
    fn close_group(&mut self) {
        let group = std::mem::take(&mut self.open);
        let Some(start) = group.start() else { return };
        if !self.whole.pictures.is_empty() && self.whole.size + group.size > self.options.size {
            self.close_whole(Some(start));
        }
        self.whole.append(group);
    }

    fn close_whole(&mut self, next: Option<MediaTime>) {
        let whole = std::mem::take(&mut self.whole);
        let Some(start) = whole.start() else { return };
        let end = next.filter(|next| *next > start).unwrap_or_else(|| whole.end()).max(start);
        self.closed.push_back((whole, end));
    }

    /// No more packets will come.
    pub(super) fn finish(&mut self) {
        self.close_group();
        self.close_whole(None);
        if self.skipped > 0 {
            self.left_out = Some((std::mem::take(&mut self.skipped), self.seen));
        }
        self.ended = true;
    }

    /// A segment that is complete.
    pub(super) fn pop(&mut self) -> Option<Cut> {
        if let Some((_, end)) = self.closed.front() {
            let complete = !self.has_sound || self.heard >= *end || self.seen >= *end + LATE;
            if !complete && !self.ended {
                return None;
            }
            let (group, end) = self.closed.pop_front()?;
            let last = self.ended && self.closed.is_empty();
            let sound = self.take_sound(if last { end + self.options.sound_length } else { end });
            let end = if last { sound.last().map_or(end, |t| end.max(t.shown_at + t.duration)) } else { end };
            let start = group.start()?;
            return Some(Cut { start, end, pictures: group.pictures, sound });
        }
        let pictures_may_come = !self.open.pictures.is_empty() || !self.whole.pictures.is_empty();
        let first = self.sound.front()?.shown_at;
        let enough = self.heard - first >= self.options.sound_length;
        // Where pictures are to come, sound by itself waits for theirs as long as it may be early.
        let alone = !self.has_video || self.heard - first >= self.options.sound_length + LATE.times(4);
        if !self.ended && (pictures_may_come || !enough || !alone) {
            return None;
        }
        let until = if enough { first + self.options.sound_length } else { MediaTime::MAX };
        let sound = self.take_sound(until);
        let end = match self.sound.front() {
            Some(next) => next.shown_at,
            None => sound.last().map_or(first, |t| t.shown_at + t.duration),
        };
        Some(Cut { start: first, end: end.max(first), pictures: Vec::new(), sound })
    }

    fn take_sound(&mut self, until: MediaTime) -> Vec<Timed> {
        let mut taken = Vec::new();
        while self.sound.front().is_some_and(|next| next.shown_at < until) {
            if let Some(timed) = self.sound.pop_front() {
                self.sound_size = self.sound_size.saturating_sub(timed.packet.size());
                taken.push(timed);
            }
        }
        taken
    }
}
