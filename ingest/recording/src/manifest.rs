//! `recording.toml`: what belongs together in a recording's folder.
//!
//! Every path is relative and stays inside the folder; a field that is not known is an error, so that a typing
//! mistake does not silently lose the chat.

use std::fs;
use std::path::{Component, Path, PathBuf};

use kairos_timeline::{RoomId, Span, StreamId, WallTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::RecordingError;
use crate::chat::{Limits, Rates};

/// File name of the manifest.
pub const MANIFEST: &str = "recording.toml";

/// Content of `recording.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Room of the broadcast.
    pub room: RoomId,
    /// The broadcast; made from the content of the files when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Streamer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streamer: Option<String>,
    /// Wall time of the first picture: RFC 3339 or Unix microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "start")]
    pub started_at: Option<WallTime>,
    /// Media file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<PathBuf>,
    /// Files with comments, or with everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_more")]
    pub comments: Vec<PathBuf>,
    /// Files with gifts.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_more")]
    pub gifts: Vec<PathBuf>,
    /// Files with feedback.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_more")]
    pub feedback: Vec<PathBuf>,
    /// Added to the time of every event, milliseconds.
    #[serde(default)]
    pub chat_offset_ms: i64,
    /// Whether the room is made by a simulator.
    #[serde(default)]
    pub simulated: bool,
    /// Rates for the common value of gifts; missing: the shipped table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// Bounds on what is taken from chat files; missing: the shipped ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

impl Manifest {
    /// A manifest that names nothing but the room.
    pub fn new(room: RoomId) -> Self {
        Self {
            room,
            stream: None,
            title: None,
            streamer: None,
            started_at: None,
            media: None,
            comments: Vec::new(),
            gifts: Vec::new(),
            feedback: Vec::new(),
            chat_offset_ms: 0,
            simulated: false,
            rates: None,
            limits: None,
        }
    }

    /// Reads and checks the manifest of `folder`; the paths of the result are joined to it.
    ///
    /// # Errors
    /// If there is none, it cannot be read, a field is wrong or unknown, or a path leaves the folder.
    pub fn load(folder: &Path) -> Result<Self, RecordingError> {
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            return Err(RecordingError::NoManifest { path: folder.to_owned() });
        }
        let text =
            fs::read_to_string(&path).map_err(|source| RecordingError::Io { path: path.clone(), source })?;
        let broken = |reason: String| RecordingError::Manifest { path: path.clone(), reason };
        let mut manifest: Self = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let Self { media, comments, gifts, feedback, .. } = &mut manifest;
        for file in media.iter_mut().chain(comments).chain(gifts).chain(feedback) {
            *file = inside(folder, file).map_err(&broken)?;
        }
        Ok(manifest)
    }

    /// The manifest as the text of `recording.toml`.
    ///
    /// # Errors
    /// If a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// By how much every event is shifted.
    pub fn chat_offset(&self) -> Span {
        Span::from_millis(self.chat_offset_ms)
    }
}

/// `file` joined to `folder`; links are followed, so that one cannot point out either.
fn inside(folder: &Path, file: &Path) -> Result<PathBuf, String> {
    let plain = file.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain || file.as_os_str().is_empty() {
        return Err(format!("path {} leaves the folder", file.display()));
    }
    let joined = folder.join(file);
    let real = |path: &Path| path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
    if !real(&joined)?.starts_with(real(folder)?) {
        return Err(format!("path {} leaves the folder", file.display()));
    }
    Ok(joined)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(PathBuf),
    More(Vec<PathBuf>),
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(path) => vec![path],
        OneOrMore::More(paths) => paths,
    })
}

/// RFC 3339 (quoted or a bare TOML date-time) or Unix microseconds.
mod start {
    use super::{Deserialize, Deserializer, Serializer, WallTime};
    use crate::chat::parse_time;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Start {
        Micros(i64),
        Text(String),
        Date(toml::value::Datetime),
    }

    pub fn serialize<S: Serializer>(at: &Option<WallTime>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_i64(at.as_micros()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WallTime>, D::Error> {
        let text = match Start::deserialize(deserializer)? {
            Start::Micros(micros) => return Ok(Some(WallTime::from_micros(micros))),
            Start::Text(text) => text,
            Start::Date(date) => date.to_string(),
        };
        let at = parse_time(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("started_at {text:?} is neither RFC 3339 nor Unix microseconds"))
        })?;
        Ok(Some(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), manifest).unwrap();
        fs::write(folder.path().join("chat.tsv"), "t_sec\tuser\ttext\n").unwrap();
        folder
    }

    #[test]
    fn the_start_reads_in_every_spelling() {
        for start in
            ["1647777083634829", "\"2022-03-20T19:51:23.634829+08:00\"", "2022-03-20T11:51:23.634829Z"]
        {
            let folder = folder(&format!("room = \"r\"\nstarted_at = {start}\ncomments = \"chat.tsv\"\n"));
            let manifest = Manifest::load(folder.path()).unwrap();
            assert_eq!(manifest.started_at, Some(WallTime::from_micros(1_647_777_083_634_829)), "{start}");
            assert_eq!(manifest.comments, [folder.path().join("chat.tsv")]);
        }
    }

    #[test]
    fn paths_cannot_leave_the_folder() {
        for path in ["../chat.tsv", "/etc/hostname", "a/../../b", ""] {
            let folder = folder(&format!("room = \"r\"\nmedia = {path:?}\n"));
            let error = Manifest::load(folder.path()).unwrap_err();
            assert!(error.to_string().contains("leaves the folder"), "{path}: {error}");
        }
    }

    #[test]
    fn unknown_fields_and_missing_files_are_errors() {
        for text in [
            "room = \"r\"\nchats = \"chat.tsv\"",
            "room = \"a/b\"",
            "room = \"r\"\nmedia = \"none.mp4\"",
            "?",
        ] {
            let error = Manifest::load(folder(text).path()).unwrap_err();
            assert!(matches!(error, RecordingError::Manifest { .. }), "{text}: {error}");
        }
        assert!(matches!(
            Manifest::load(tempfile::tempdir().unwrap().path()),
            Err(RecordingError::NoManifest { .. })
        ));
    }

    #[test]
    fn a_written_manifest_reads_back() {
        let mut manifest = Manifest::new(RoomId::new("room-1").unwrap());
        manifest.started_at = Some(WallTime::from_micros(5));
        manifest.simulated = true;
        let folder = folder(&manifest.to_toml().unwrap());
        assert_eq!(Manifest::load(folder.path()).unwrap(), manifest);
    }
}
