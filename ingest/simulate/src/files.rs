//! The folder of a room: `recording.toml`, `comments.jsonl`, `gifts.jsonl`, `feedback.jsonl`, `truth.json`.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use kairos_timeline::{RoomId, StreamId};
use serde::Serialize;

use crate::SimulateError;
use crate::events::RoomEvents;
use crate::truth::RoomTruth;

pub(crate) const MEDIA: &str = "media.mp4";
const RECORDING: &str = "recording.toml";
const COMMENTS: &str = "comments.jsonl";
const GIFTS: &str = "gifts.jsonl";
const FEEDBACK: &str = "feedback.jsonl";
const TRUTH: &str = "truth.json";

/// What `recording.toml` says.
#[derive(Serialize)]
struct Recording<'a> {
    room: &'a RoomId,
    stream: &'a StreamId,
    title: &'a str,
    streamer: &'a str,
    /// RFC 3339: wall time of the first picture.
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<&'static str>,
    gifts: &'static str,
    feedback: &'static str,
    chat_offset_ms: i64,
    simulated: bool,
}

/// Makes the folder and takes away what an earlier run left in it, `recording.toml` first, so that a room that
/// was written by half is not read.
pub(crate) fn prepare(folder: &Path) -> Result<(), SimulateError> {
    fs::create_dir_all(folder).map_err(|source| SimulateError::Write { path: folder.to_owned(), source })?;
    for name in [RECORDING, MEDIA, COMMENTS, GIFTS, FEEDBACK, TRUTH] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(SimulateError::Write { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes everything but the media, `recording.toml` last.
pub(crate) fn write(folder: &Path, events: &RoomEvents, truth: &RoomTruth) -> Result<(), SimulateError> {
    if events.traits.comments {
        write_lines(&folder.join(COMMENTS), &events.comments)?;
    }
    write_lines(&folder.join(GIFTS), &events.gifts)?;
    write_lines(&folder.join(FEEDBACK), &events.feedback)?;
    let path = folder.join(TRUTH);
    let mut text = serde_json::to_string(truth)
        .map_err(|error| SimulateError::Format { path: path.clone(), reason: error.to_string() })?;
    text.push('\n');
    write_text(&path, &text)?;
    let recording = Recording {
        room: &events.room,
        stream: &events.stream,
        title: &events.title,
        streamer: &events.streamer,
        started_at: events.started_at_text(),
        media: (events.traits.video || events.traits.sound).then_some(MEDIA),
        comments: events.traits.comments.then_some(COMMENTS),
        gifts: GIFTS,
        feedback: FEEDBACK,
        chat_offset_ms: 0,
        simulated: true,
    };
    let path = folder.join(RECORDING);
    let text = toml::to_string(&recording)
        .map_err(|error| SimulateError::Format { path: path.clone(), reason: error.to_string() })?;
    write_text(&path, &text)
}

fn write_text(path: &Path, text: &str) -> Result<(), SimulateError> {
    fs::write(path, text).map_err(|source| SimulateError::Write { path: path.to_owned(), source })
}

fn write_lines<T: Serialize>(path: &Path, events: &[T]) -> Result<(), SimulateError> {
    let failed = |source| SimulateError::Write { path: path.to_owned(), source };
    let mut file = BufWriter::new(fs::File::create(path).map_err(failed)?);
    for event in events {
        let line = serde_json::to_string(event)
            .map_err(|error| SimulateError::Format { path: path.to_owned(), reason: error.to_string() })?;
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}
