//! The folder of a room: `recording.toml`, `comments.jsonl`, `gifts.jsonl`, `feedback.jsonl`, `truth.json`.

use std::fs;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use kairos_recording::{MANIFEST, Manifest, write_comments, write_feedback, write_gifts};

use crate::SimulateError;
use crate::events::RoomEvents;
use crate::truth::RoomTruth;

pub(crate) const MEDIA: &str = "media.mp4";
const COMMENTS: &str = "comments.jsonl";
const GIFTS: &str = "gifts.jsonl";
const FEEDBACK: &str = "feedback.jsonl";
const TRUTH: &str = "truth.json";

/// Makes the folder and takes away what an earlier run left in it, `recording.toml` first, so that a room that
/// was written by half is not read.
pub(crate) fn prepare(folder: &Path) -> Result<(), SimulateError> {
    fs::create_dir_all(folder).map_err(|source| SimulateError::Write { path: folder.to_owned(), source })?;
    for name in [MANIFEST, MEDIA, COMMENTS, GIFTS, FEEDBACK, TRUTH] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
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
        write_lines(&folder.join(COMMENTS), |file| write_comments(file, &events.comments))?;
    }
    write_lines(&folder.join(GIFTS), |file| write_gifts(file, &events.gifts))?;
    write_lines(&folder.join(FEEDBACK), |file| write_feedback(file, &events.feedback))?;
    let path = folder.join(TRUTH);
    let mut text = serde_json::to_string(truth)
        .map_err(|error| SimulateError::Format { path: path.clone(), reason: error.to_string() })?;
    text.push('\n');
    write_text(&path, &text)?;
    let manifest = Manifest {
        stream: Some(events.stream.clone()),
        title: Some(events.title.clone()),
        streamer: Some(events.streamer.clone()),
        started_at: Some(events.clock.started_at),
        media: (events.traits.video || events.traits.sound).then(|| PathBuf::from(MEDIA)),
        comments: if events.traits.comments { vec![PathBuf::from(COMMENTS)] } else { Vec::new() },
        gifts: vec![PathBuf::from(GIFTS)],
        feedback: vec![PathBuf::from(FEEDBACK)],
        simulated: true,
        ..Manifest::new(events.room.clone())
    };
    let path = folder.join(MANIFEST);
    let text = manifest
        .to_toml()
        .map_err(|error| SimulateError::Format { path: path.clone(), reason: error.to_string() })?;
    write_text(&path, &text)
}

fn write_text(path: &Path, text: &str) -> Result<(), SimulateError> {
    fs::write(path, text).map_err(|source| SimulateError::Write { path: path.to_owned(), source })
}

fn write_lines(
    path: &Path,
    write: impl FnOnce(BufWriter<File>) -> io::Result<()>,
) -> Result<(), SimulateError> {
    let written = File::create(path).and_then(|file| write(BufWriter::new(file)));
    written.map_err(|source| SimulateError::Write { path: path.to_owned(), source })
}
