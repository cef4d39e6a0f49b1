//! The media of a clip, read from its topic when the clip is cut.
//!
//! Highlights carry the offsets of their media, so nothing is kept in memory for clips that may never be: not a spool per
//! room, and nothing to rebuild after a crash. Invariant: what is held is bounded, whatever the topic holds.

use kairos_clips::ClipSegment;
use kairos_kafka::{Admin, Media, Topic, decode_media, read_range};

use crate::config::Config;

/// Messages that are read further back at a time, when the first segment is not there yet.
const STEP: i64 = 64;

/// Which media.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The room.
    pub room: &'a str,
    /// The broadcast.
    pub stream: &'a str,
    /// Partition of the topic of media.
    pub partition: i32,
    /// An offset about where the highlight begins.
    pub near: i64,
    /// From here, media time in microseconds.
    pub from_us: i64,
    /// Up to here.
    pub to_us: i64,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Segments in order of time.
    pub segments: Vec<ClipSegment>,
    /// Whether the topic holds all up to the end asked for, or the stream ended before.
    pub is_whole: bool,
}

/// Reads the segments of a stretch of a stream.
///
/// # Errors
/// If the broker does not answer.
pub fn read(config: &Config, admin: &Admin, wanted: Wanted<'_>) -> anyhow::Result<Found> {
    let settings = &config.kafka;
    let topic = settings.names()?.of(Topic::Media);
    let held = admin.held(&topic)?;
    let Some(held) = held.into_iter().find(|held| held.partition == wanted.partition) else {
        return Ok(Found::default());
    };
    let limit = config.clip.media_mib << 20;
    let (mut start, mut step) = (wanted.near, STEP);
    loop {
        start = (start - step).clamp(held.low, held.high);
        let (found, begins) = scan(config, &topic, wanted, start..held.high, limit)?;
        if begins || start == held.low {
            return Ok(found);
        }
        step *= 2;
    }
}

/// Reads a range; also whether the stretch begins in it.
fn scan(
    config: &Config,
    topic: &str,
    wanted: Wanted<'_>,
    range: std::ops::Range<i64>,
    limit: usize,
) -> anyhow::Result<(Found, bool)> {
    let (mut found, mut begins, mut bytes) = (Found::default(), false, 0);
    if range.is_empty() {
        return Ok((found, begins));
    }
    for message in read_range(&config.kafka, topic, wanted.partition, range)? {
        // What can't be read is in the dead letters already: the scoring job reads all of it.
        let Ok(media) = decode_media(&message?) else { continue };
        match media {
            Media::Segment(segment) => {
                if segment.room.as_str() != wanted.room || segment.stream.as_str() != wanted.stream {
                    continue;
                }
                let (start, end) = (segment.start.as_micros(), segment.end().as_micros());
                begins |= start <= wanted.from_us || segment.sequence == 0;
                if end > wanted.from_us && start < wanted.to_us {
                    bytes += segment.bytes.len();
                    if bytes > limit {
                        tracing::warn!(
                            room = wanted.room,
                            "clip is cut short: it needs more than clip.media_mib"
                        );
                        break;
                    }
                    let duration_us = segment.duration.as_micros();
                    found.segments.push(ClipSegment { start_us: start, duration_us, bytes: segment.bytes });
                }
                found.is_whole |= end >= wanted.to_us;
            }
            Media::End(end) => {
                found.is_whole |= end.room.as_str() == wanted.room && end.stream.as_str() == wanted.stream;
            }
        }
        if found.is_whole {
            break;
        }
    }
    found.segments.sort_by_key(|segment| segment.start_us);
    Ok((found, begins))
}
