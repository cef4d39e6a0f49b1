//! What an HLS playlist (RFC 8216) says of itself: whether it has an end (`EXT-X-ENDLIST`, 4.3.3.4), and when its first
//! picture was captured (`EXT-X-PROGRAM-DATE-TIME`, 4.3.2.6).
//!
//! The demuxer keeps both to itself, so the playlist is read beside it. A recording begins with its first segment, a
//! live playlist three segments from its end.

use std::time::Duration;

use kairos_timeline::{Span, WallTime};

use super::fetch;
use crate::source::Source;

/// Where players join a live playlist, segments from its end.
const FROM_END: usize = 3;

/// What a media playlist says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Playlist {
    /// When the segment that a player gets first was captured; `None` where it tells no date.
    pub(super) first: Option<WallTime>,
    /// It has an end: it does not change.
    pub(super) recorded: bool,
}

/// The playlist at a source; `None` where it can't be had or is none.
pub(super) fn read(source: &Source, timeout: Duration) -> Option<Playlist> {
    let address = source.secret_text();
    if !address.split(['?', '#']).next()?.ends_with(".m3u8") {
        return None;
    }
    let text = fetch::text(address, timeout)?;
    match variant(&text) {
        Some(variant) => {
            let variant = url::Url::parse(address).ok()?.join(variant).ok()?;
            parse(&fetch::text(variant.as_str(), timeout)?)
        }
        None => parse(&text),
    }
}

/// The first media playlist of a master playlist: all of them carry the same dates.
fn variant(text: &str) -> Option<&str> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("#EXT-X-STREAM-INF"));
    lines.next()?;
    lines.find(|line| !line.starts_with('#') && !line.trim().is_empty()).map(str::trim)
}

/// `None` for a text without a segment.
fn parse(text: &str) -> Option<Playlist> {
    let mut dates: Vec<Option<WallTime>> = Vec::new();
    let (mut stated, mut running, mut length) = (None, None, None);
    for line in text.lines() {
        if let Some(date) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            stated = instant(date.trim());
        } else if let Some(rest) = line.strip_prefix("#EXTINF:") {
            length = Some(Span::from_secs_f64(rest.split(',').next()?.trim().parse().ok()?));
        } else if !line.starts_with('#')
            && !line.trim().is_empty()
            && let Some(length) = length.take()
        {
            let begins = stated.take().or(running);
            running = begins.map(|at| at + length);
            dates.push(begins);
        }
    }
    let recorded = text.lines().any(|line| line.starts_with("#EXT-X-ENDLIST"));
    let first = if recorded { 0 } else { dates.len().saturating_sub(FROM_END) };
    dates.get(first).map(|first| Playlist { first: *first, recorded })
}

/// ISO 8601 with an offset.
fn instant(text: &str) -> Option<WallTime> {
    Some(WallTime::from_micros(text.parse::<jiff::Timestamp>().ok()?.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-03-01T10:00:00.500Z\n#EXTINF:2.0,\na.ts\n#EXTINF:2.0,\nb.ts\n\
        #EXTINF:1.5,\nc.ts\n#EXTINF:2.0,\nd.ts\n";

    #[test]
    fn a_live_playlist_is_joined_three_segments_from_its_end() {
        let at = WallTime::from_millis(1_772_359_202_500);
        assert_eq!(parse(LIVE), Some(Playlist { first: Some(at), recorded: false }));
    }

    #[test]
    fn a_recording_begins_with_its_first_segment() {
        let ended = format!("{LIVE}#EXT-X-ENDLIST\n");
        let at = WallTime::from_millis(1_772_359_200_500);
        assert_eq!(parse(&ended), Some(Playlist { first: Some(at), recorded: true }));
    }

    #[test]
    fn offsets_of_both_forms_are_read() {
        let expected = Some(WallTime::from_millis(1_772_359_200_250));
        for text in
            ["2026-03-01T12:00:00.250+0200", "2026-03-01T12:00:00.250+02:00", "2026-03-01T10:00:00.250Z"]
        {
            assert_eq!(instant(text), expected, "{text}");
        }
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant("é"), None);
    }

    #[test]
    fn the_variants_of_a_master_playlist_are_found() {
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n# a comment\nlow/live.m3u8\n";
        assert_eq!(variant(master), Some("low/live.m3u8"));
        assert_eq!(variant(LIVE), None);
        let dateless = "#EXTM3U\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n";
        assert_eq!(parse(dateless), Some(Playlist { first: None, recorded: true }), "none made up");
        assert_eq!(parse(master), None, "it has no segment of its own");
    }
}
