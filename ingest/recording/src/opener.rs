//! Media files as the segments of a recording: damage becomes faults in their place.

use std::sync::Arc;

use kairos_timeline::Position;

use crate::RecordingError;
use crate::media::{MediaError, MediaIdentity, MediaOptions, MediaReader};
use crate::merge::{Fault, MediaSegments};
use crate::recording::MediaRequest;

/// Opens the media file of `request`, to be cut as `options` say.
///
/// # Errors
/// If the file is no media file that can be opened.
pub fn open_media(
    request: &MediaRequest<'_>,
    options: MediaOptions,
) -> Result<MediaSegments, RecordingError> {
    let MediaRequest { path, room, stream, started_at } = *request;
    let identity = MediaIdentity { room: room.clone(), stream: stream.clone(), started_at };
    let mut reader = MediaReader::open(path, identity, options).map_err(unreadable)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name: Arc<str> = name.into();
    // A fault has the position of the segment that would have come next.
    let mut sequence = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        Some(match reader.next_segment()? {
            Ok(segment) => {
                sequence = i64::try_from(segment.sequence).unwrap_or(i64::MAX).saturating_add(1);
                Ok(segment)
            }
            Err(error) => {
                Err(Fault { position: Position::in_file(name.clone(), sequence), reason: error.to_string() })
            }
        })
    })))
}

/// A file that could not be opened as media.
pub fn unreadable(source: MediaError) -> RecordingError {
    RecordingError::Media(source)
}
