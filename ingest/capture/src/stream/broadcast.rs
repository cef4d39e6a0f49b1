//! One stream of a room: units in, segments out, from its first picture to its end, across connections that
//! continue it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kairos_timeline::{Discontinuity, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

use super::capture_clock::CaptureClock;
use super::cut::{Cut, Cutter, Limits};
use super::media_clock::MediaClock;
use super::mux::Muxer;
use super::unit::{Kind, Timed, Unit};
use crate::captured::{Captured, GapReason};
use crate::clock;
use crate::options::{CaptureOptions, span, wait};

/// Units that wait for the first picture.
const WAITING: usize = 4_096;
/// How much sound must have come before a stream without pictures begins.
const SOUND_FIRST: Span = Span::from_millis(1_000);

/// What a stream gives.
#[derive(Debug)]
pub(crate) enum Made {
    Segment(Segment),
    Gap {
        from: MediaTime,
        to: MediaTime,
        why: GapReason,
    },
    /// Something that the owner of the sender should know.
    Note(String),
}

#[derive(Debug)]
pub(crate) struct Broadcast {
    room: RoomId,
    stream: StreamId,
    source: Arc<str>,
    limits: Limits,
    largest: usize,
    longest: Span,
    live: bool,
    settle: Duration,
    clock_wait: Duration,
    settled_at: Instant,
    /// Until then the sender's clock is waited for, and a keyframe.
    clock_by: Instant,
    keyframe_by: Instant,
    media: MediaClock,
    captured: CaptureClock,
    cutter: Cutter,
    muxer: Muxer,
    waiting: VecDeque<Unit>,
    gaps: Vec<Made>,
    sequence: u64,
    end: MediaTime,
    noted: bool,
}

impl Broadcast {
    /// A stream that begins now. `live`: its pictures come as they are captured, not as fast as they are read.
    pub(crate) fn new(
        room: RoomId,
        stream: StreamId,
        source: Arc<str>,
        live: bool,
        options: &CaptureOptions,
    ) -> Self {
        let limits = Limits::from(options);
        let now = clock::now();
        Self {
            room,
            stream,
            source,
            cutter: Cutter::new(limits.clone()),
            limits,
            largest: options.segment_bytes,
            longest: span(options.longest_group_ms),
            live,
            settle: wait(options.settle_ms),
            clock_wait: wait(options.sender_clock_wait_ms),
            settled_at: now + wait(options.settle_ms),
            clock_by: now + wait(options.sender_clock_wait_ms),
            keyframe_by: now + wait(options.longest_group_ms),
            media: MediaClock::new(),
            captured: CaptureClock::new(live, span(options.sender_clock_within_ms)),
            muxer: Muxer::default(),
            waiting: VecDeque::new(),
            gaps: Vec::new(),
            sequence: 0,
            end: MediaTime::ZERO,
            noted: false,
        }
    }

    pub(crate) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// A new connection continues the stream where the last one ended.
    pub(crate) fn resume(&mut self) {
        self.media.resume(self.end);
        self.captured.restart();
        let now = clock::now();
        (self.settled_at, self.clock_by) = (now + self.settle, now + self.clock_wait);
        self.cutter = Cutter::new(self.limits.clone());
        self.waiting.clear();
        self.gaps.push(Made::Gap { from: self.end, to: self.end, why: GapReason::Disconnected });
    }

    /// Takes a unit. `pictures`: the source has a track of pictures.
    pub(crate) fn push(&mut self, unit: Unit, pictures: bool) {
        if self.media.is_anchored() {
            self.take(unit);
            return;
        }
        if unit.kind == Kind::Picture && !unit.key {
            return;
        }
        let first_picture = unit.kind == Kind::Picture;
        if first_picture {
            self.media.anchor(&unit);
        }
        self.waiting.push_back(unit);
        if !first_picture {
            let heard = self.waiting.iter().filter(|unit| unit.kind == Kind::Sound);
            let (mut earliest, mut latest) = (i64::MAX, i64::MIN);
            for unit in heard {
                (earliest, latest) = (earliest.min(unit.shown_raw), latest.max(unit.shown_raw));
            }
            let heard = Span::from_micros(latest.saturating_sub(earliest).max(0));
            let enough = if pictures { self.longest } else { SOUND_FIRST };
            if heard < enough && self.waiting.len() < WAITING {
                return;
            }
            self.begin_with_sound();
        }
        self.take_waiting();
    }

    /// There are no pictures, or none that can be decoded.
    fn begin_with_sound(&mut self) {
        if let Some(first) = self.waiting.iter().find(|unit| unit.kind == Kind::Sound) {
            self.media.anchor(first);
        } else {
            self.waiting.clear();
        }
    }

    fn take_waiting(&mut self) {
        let origin = self.end;
        for unit in std::mem::take(&mut self.waiting) {
            // What was shown or heard before the first picture is no part of the stream.
            if self.media.is_anchored() {
                self.take_from(unit, origin);
            }
        }
    }

    fn take(&mut self, unit: Unit) {
        self.take_from(unit, MediaTime::from_micros(i64::MIN));
    }

    fn take_from(&mut self, unit: Unit, origin: MediaTime) {
        let (at, repair) = self.media.place(&unit);
        if at < origin {
            return;
        }
        if repair.is_some_and(|repair| repair != Discontinuity::Wrapped) {
            self.captured.restart();
            self.gaps.push(Made::Gap { from: at, to: at, why: GapReason::TimestampJump });
        }
        self.captured.observe(at, unit.arrived, unit.sender);
        self.cutter.push(Timed::new(unit, at));
    }

    /// What is complete.
    ///
    /// `clock_expected`: the sender is about to tell its clock.
    pub(crate) fn poll(&mut self, clock_expected: bool) -> Vec<Made> {
        let now = clock::now();
        if !self.media.is_anchored() && !self.noted && now > self.keyframe_by {
            self.noted = true;
            return vec![Made::Note(
                "pictures come, but no keyframe with which decoding could begin".to_owned(),
            )];
        }
        let untold = clock_expected && now < self.clock_by && !self.captured.is_told();
        let waiting = untold || (self.live && now < self.settled_at);
        if waiting && self.cutter.held() < 8 * self.largest { Vec::new() } else { self.pop() }
    }

    /// Ends the connection: everything that is left.
    pub(crate) fn finish(&mut self) -> Vec<Made> {
        if !self.media.is_anchored() {
            self.begin_with_sound();
            self.take_waiting();
        }
        self.cutter.finish();
        self.pop()
    }

    /// The end of the stream, after [`finish`](Self::finish); `None` when it never gave anything.
    pub(crate) fn end(mut self) -> Option<Captured> {
        let captured_at = self.captured.at(self.end)?;
        (self.sequence > 0).then_some(Captured::End {
            room: self.room,
            stream: self.stream,
            segments: self.sequence,
            at: self.end,
            captured_at,
        })
    }

    fn pop(&mut self) -> Vec<Made> {
        let mut made = std::mem::take(&mut self.gaps);
        while let Some(cut) = self.cutter.pop() {
            if cut.continued && !self.noted {
                self.noted = true;
                made.push(Made::Note(format!(
                    "a group of pictures at {} is larger than a segment and continues in others, which can't be decoded \
                     by themselves; a keyframe every two seconds avoids this",
                    cut.start
                )));
            }
            if let Some(segment) = self.segment(&cut, &mut made) {
                made.push(Made::Segment(segment));
            }
            self.end = self.end.max(cut.end);
        }
        made
    }

    fn segment(&mut self, cut: &Cut, made: &mut Vec<Made>) -> Option<Segment> {
        let captured_at = self.captured.at(cut.start).unwrap_or_else(clock::wall);
        let sequence = self.sequence;
        self.sequence += 1;
        let gap = |why| Made::Gap { from: cut.start, to: cut.end, why };
        match self.muxer.write(cut) {
            Ok((_, bytes)) if bytes.len() > self.largest => {
                made.push(Made::Note(format!(
                    "segment {sequence} of {} bytes is larger than a segment may be",
                    bytes.len()
                )));
                made.push(gap(GapReason::TooLarge));
                None
            }
            Ok((content_type, bytes)) => Some(Segment {
                room: self.room.clone(),
                stream: self.stream.clone(),
                sequence,
                start: cut.start,
                duration: cut.end - cut.start,
                captured_at,
                content_type,
                bytes,
                position: Position::in_file(self.source.clone(), i64::try_from(sequence).unwrap_or(i64::MAX)),
            }),
            Err(problem) => {
                made.push(Made::Note(format!("segment {sequence} could not be written: {problem}")));
                made.push(gap(GapReason::Unwritable));
                None
            }
        }
    }
}

/// Identity of a stream that begins at `start`, unlike the room's `last` one.
pub(crate) fn identity(start: WallTime, last: &mut i64) -> StreamId {
    *last = (start.as_micros() / 1_000_000).max(*last + 1);
    StreamId::nearest(&format!("live-{last}"), "live")
}
