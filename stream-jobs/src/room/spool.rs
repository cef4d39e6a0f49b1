//! The last minutes of a room's encoded media, for clips and for looking again around candidates.
//!
//! Bounded by length and by bytes; the oldest segments leave first. Cloning a segment shares its bytes.

use std::collections::VecDeque;

use kairos_timeline::{MediaTime, Segment, Span};

/// Recent segments of one stream, in order of media time.
#[derive(Debug)]
pub struct Spool {
    longest: Span,
    most_bytes: usize,
    bytes: usize,
    segments: VecDeque<Segment>,
}

impl Spool {
    /// Keeps at most `longest` and `most_bytes`, but always the newest segment.
    pub fn new(longest: Span, most_bytes: usize) -> Self {
        Self { longest, most_bytes, bytes: 0, segments: VecDeque::new() }
    }

    /// Takes a segment and lets go of what is too old.
    pub fn push(&mut self, segment: Segment) {
        self.bytes += segment.bytes.len();
        self.segments.push_back(segment);
        while self.segments.len() > 1 && (self.bytes > self.most_bytes || self.length() > self.longest) {
            if let Some(old) = self.segments.pop_front() {
                self.bytes -= old.bytes.len();
            }
        }
    }

    /// Segments that overlap `from..to`, oldest first.
    pub fn covering(&self, from: MediaTime, to: MediaTime) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |segment| segment.end() > from && segment.start < to)
    }

    /// Lets go of segments that end by `from`.
    pub fn forget_before(&mut self, from: MediaTime) {
        while self.segments.front().is_some_and(|old| old.end() <= from) {
            self.bytes -= self.segments.pop_front().map_or(0, |old| old.bytes.len());
        }
    }

    fn length(&self) -> Span {
        match (self.segments.front(), self.segments.back()) {
            (Some(first), Some(last)) => last.end() - first.start,
            _ => Span::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use kairos_timeline::{ContentType, Position, RoomId, StreamId, WallTime};

    fn segment(sequence: u64, bytes: usize) -> Segment {
        Segment {
            room: RoomId::new("room").unwrap(),
            stream: StreamId::new("stream").unwrap(),
            sequence,
            start: MediaTime::from_micros(sequence as i64 * 2_000_000),
            duration: Span::from_millis(2_000),
            captured_at: WallTime::from_micros(0),
            content_type: ContentType::MpegTs,
            bytes: Bytes::from(vec![0; bytes]),
            position: Position::in_file("media.ts", sequence as i64),
        }
    }

    #[test]
    fn old_segments_leave_by_length_and_by_bytes() {
        let mut spool = Spool::new(Span::from_millis(10_000), 1_000);
        for sequence in 0..20 {
            spool.push(segment(sequence, 10));
        }
        assert_eq!(spool.segments.len(), 5);
        spool.push(segment(20, 990));
        assert_eq!(spool.segments.len(), 2);
        spool.push(segment(21, 5_000));
        assert_eq!(spool.segments.len(), 1, "the newest stays whatever its size");
        spool.forget_before(MediaTime::from_micros(43_999_999));
        assert_eq!(spool.segments.len(), 1, "it ends later");
        spool.forget_before(MediaTime::from_micros(44_000_000));
        assert_eq!((spool.segments.len(), spool.bytes), (0, 0));
    }

    #[test]
    fn a_stretch_is_covered_by_what_overlaps_it() {
        let mut spool = Spool::new(Span::from_millis(60_000), 1_000);
        for sequence in 0..5 {
            spool.push(segment(sequence, 1));
        }
        let found: Vec<u64> = spool
            .covering(MediaTime::from_secs_f64(2.0), MediaTime::from_secs_f64(4.5))
            .map(|segment| segment.sequence)
            .collect();
        assert_eq!(found, [1, 2]);
    }
}
