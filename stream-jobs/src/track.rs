//! The chat of a recording as a track of its own, and its units at every phase.
//!
//! Scores are wanted for every second, units may be longer: a chat is cut into units that end at second 0, u, 2u, ...
//! and once more for each further phase 1, 2, ... Rows of all phases together end at every second. A row holds what
//! was written before its end and nothing later.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kairos_encoders::{CommentView, EncoderSet, UnitInput, word_counts};
use kairos_highlight::UnitFeatures;
use kairos_recording::{Item, MANIFEST, Overrides, RecordedStream, Recording};
use kairos_timeline::{Comment, Span};

use crate::features;

/// Endings of file names that say how a chat is kept, not what it is of.
const ENDINGS: [&str; 9] = [".gz", ".tsv", ".csv", ".txt", ".jsonl", ".json", ".xml", ".chat", ".live_chat"];

/// Everything that can be judged below `folder`, by name: folders with a manifest, and chat files.
///
/// # Errors
/// If the folder can't be read or holds neither.
pub fn recordings_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("recordings in {}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(MANIFEST).is_file() || is_chat(path))
        .collect();
    found.sort();
    if found.is_empty() {
        bail!("{} holds no folder with a {MANIFEST} and no chat file", folder.display());
    }
    Ok(found)
}

fn is_chat(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    path.is_file() && !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Name of a recording: its file's or folder's, without what only says how it is kept.
pub fn name_of(path: &Path) -> String {
    let mut name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if path.is_dir() {
        return name;
    }
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) {
        name = shorter.to_owned();
    }
    name
}

/// A recording's chat.
#[derive(Debug, Clone)]
pub struct ChatTrack {
    /// Name of the recording.
    pub name: String,
    /// Comments by time since the recording's start, microseconds.
    comments: Vec<(i64, Comment)>,
    /// Items that could not be read.
    pub unreadable: usize,
}

/// Units of one phase.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Seconds at which each row ends.
    pub ends_s: Vec<f64>,
    /// Features, without a lexicon unless the encoders have one.
    pub units: Vec<UnitFeatures>,
    /// Hashed words of each row.
    pub words: Vec<Vec<(u32, f32)>>,
    /// Comments of each row.
    pub messages: Vec<f32>,
}

impl ChatTrack {
    /// Reads the chat of `path`.
    ///
    /// # Errors
    /// If it can't be opened or is of no known format.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let recording = Recording::open(path, &Overrides::default())?;
        let start = recording.info().started_at;
        let (mut comments, mut unreadable) = (Vec::new(), 0);
        for item in recording {
            match item {
                Item::Comment(_, comment) => comments.push(((comment.sent_at - start).as_micros(), comment)),
                Item::Fault(fault) => {
                    tracing::warn!(recording = %path.display(), at = %fault.position, "{}", fault.reason);
                    unreadable += 1;
                }
                _ => {}
            }
        }
        comments.sort_by_key(|(at, _)| *at);
        Ok(Self { name: name_of(path), comments, unreadable })
    }

    /// Seconds from 0 that hold the last comment.
    pub fn seconds(&self) -> usize {
        self.comments.last().map_or(0, |(at, _)| (*at).max(0) as usize / 1_000_000 + 1)
    }

    /// Rows of one phase, the last ending at or before second `last`. Comments from before the start belong to
    /// the first row.
    pub fn rows(&self, unit: Span, phase: usize, last: usize, encoders: &mut EncoderSet) -> Rows {
        let unit_us = unit.as_micros();
        let mut rows = Rows::default();
        let mut next = 0;
        for row in 0.. {
            let end = phase as i64 * 1_000_000 + row * unit_us;
            if end > last as i64 * 1_000_000 {
                break;
            }
            let first = next;
            while self.comments.get(next).is_some_and(|(at, _)| *at < end) {
                next += 1;
            }
            let start_us = end - unit_us;
            let views: Vec<CommentView<'_>> = self.comments[first..next]
                .iter()
                .map(|(at, comment)| CommentView {
                    offset_us: (*at - start_us).max(0),
                    user: &comment.user,
                    text: &comment.text,
                })
                .collect();
            let input =
                UnitInput { start_us, duration_us: unit_us, comments: Some(&views), ..UnitInput::default() };
            let encoded = encoders.encode(&input);
            rows.ends_s.push(end as f64 / 1e6);
            rows.units.push(features(encoded.features));
            rows.words.push(word_counts(&views));
            rows.messages.push(views.len() as f32);
        }
        rows
    }
}

/// Phases whose rows together end at every second.
pub fn phases(unit: Span) -> usize {
    (unit.as_secs_f64().floor() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track() -> (tempfile::TempDir, ChatTrack) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("final_g2.chat.tsv");
        let lines =
            "t_sec\tuser\tviewers\ttext\n0.5\ta\t0\thi\n1.0\tb\t0\tgo\n1.5\tc\t0\twow\n4.25\ta\t0\tgg\n";
        std::fs::write(&path, lines).unwrap();
        let track = ChatTrack::read(&path).unwrap();
        (folder, track)
    }

    #[test]
    fn the_name_is_the_recordings_own() {
        let (_folder, track) = track();
        assert_eq!(track.name, "final_g2");
        assert_eq!(track.seconds(), 5);
    }

    #[test]
    fn a_row_holds_what_was_written_before_its_end() {
        let (_folder, track) = track();
        let unit = Span::from_millis(2_000);
        let mut encoders = EncoderSet::built_in();
        let even = track.rows(unit, 0, 4, &mut encoders);
        assert_eq!((even.ends_s, even.messages), (vec![0.0, 2.0, 4.0], vec![0.0, 3.0, 0.0]));
        encoders.reset();
        let odd = track.rows(unit, 1, 5, &mut encoders);
        assert_eq!((odd.ends_s, odd.messages), (vec![1.0, 3.0, 5.0], vec![1.0, 2.0, 1.0]));
    }
}
