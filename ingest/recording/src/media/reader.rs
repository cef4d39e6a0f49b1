//! A media file as a sequence of segments.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kairos_timeline::{MediaTime, Position, Segment};

use super::cut::{Cut, Cutter};
use super::error::MediaError;
use super::remux::Remuxer;
use super::source::{Event, MediaInfo, Source};
use super::{MediaIdentity, MediaOptions};

/// Reads a media file of any common container, segment by segment.
pub struct MediaReader {
    path: PathBuf,
    name: Arc<str>,
    identity: MediaIdentity,
    info: MediaInfo,
    source: Source,
    cutter: Cutter,
    remuxer: Remuxer,
    origin: Option<MediaTime>,
    sequence: u64,
    ended: bool,
}

impl MediaReader {
    /// Opens `path` and finds its tracks: the best of the pictures and the best of the sound, no cover art.
    ///
    /// # Errors
    /// If the file can't be opened, is no media file, lacks its index, or holds nothing to decode.
    pub fn open(path: &Path, identity: MediaIdentity, options: MediaOptions) -> Result<Self, MediaError> {
        let (source, info) = Source::open(path)?;
        let parameters =
            [&source.video, &source.sound].map(|track| track.as_ref().map(|t| t.parameters.clone()));
        let [video, sound] = parameters;
        let cutter = Cutter::new(options, video.is_some(), sound.is_some());
        let remuxer = Remuxer::new(video, sound)
            .map_err(|error| MediaError::Container { path: path.to_owned(), reason: error.to_string() })?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            name: name.into(),
            identity,
            info,
            source,
            cutter,
            remuxer,
            origin: None,
            sequence: 0,
            ended: false,
        })
    }

    /// What the file holds.
    pub fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// The next segment, or what was damaged before it; `None` at the end. Reading goes on after an error.
    pub fn next_segment(&mut self) -> Option<Result<Segment, MediaError>> {
        loop {
            if let Some((count, at)) = self.cutter.left_out.take() {
                let at = self.relative(at);
                return Some(Err(MediaError::LeftOut { path: self.path.clone(), count, at }));
            }
            if let Some(cut) = self.cutter.pop() {
                return Some(self.segment(cut));
            }
            if self.ended {
                return None;
            }
            let path = || self.path.clone();
            match self.source.next() {
                Some(Event::Packet(timed)) => self.cutter.push(timed),
                Some(Event::Repaired(at, repair)) => {
                    return Some(Err(MediaError::Clock { path: path(), at: self.relative(at), repair }));
                }
                Some(Event::Damaged { byte, at, reason }) => {
                    return Some(Err(MediaError::Damaged {
                        path: path(),
                        byte,
                        at: self.relative(at),
                        reason,
                    }));
                }
                None => {
                    self.ended = true;
                    self.cutter.finish();
                }
            }
        }
    }

    fn relative(&self, at: MediaTime) -> MediaTime {
        MediaTime::ZERO + (at - self.origin.unwrap_or_default())
    }

    fn segment(&mut self, cut: Cut) -> Result<Segment, MediaError> {
        let origin = *self.origin.get_or_insert(cut.start);
        let (start, duration) = (self.relative(cut.start), cut.end - cut.start);
        let sequence = self.sequence;
        self.sequence += 1;
        let bytes = self.remuxer.write(cut, origin).map_err(|error| MediaError::Remux {
            path: self.path.clone(),
            sequence,
            at: start,
            reason: error.to_string(),
        })?;
        Ok(Segment {
            room: self.identity.room.clone(),
            stream: self.identity.stream.clone(),
            sequence,
            start,
            duration,
            captured_at: self.identity.started_at + (start - MediaTime::ZERO),
            content_type: self.remuxer.content_type,
            bytes: bytes.into(),
            position: Position::in_file(Arc::clone(&self.name), i64::try_from(sequence).unwrap_or(i64::MAX)),
        })
    }
}

impl Iterator for MediaReader {
    type Item = Result<Segment, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_segment()
    }
}
