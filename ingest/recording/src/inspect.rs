//! What was understood of a recording: its media and every chat file, as people and programs read it.

use std::fmt;
use std::path::Path;

use kairos_timeline::{RoomId, Span};
use serde::Serialize;

use crate::RecordingError;
use crate::chat::read_chat;
use crate::inspect_chat::ChatInspection;
use crate::media::{MediaIdentity, MediaInfo, MediaOptions, MediaReader};
use crate::opener::unreadable;
use crate::recording::{Overrides, Sources};

/// What the media file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MediaInspection {
    /// File name.
    pub file: String,
    /// Container, as FFmpeg names it.
    pub container: String,
    /// Length as the container states or estimates it.
    pub duration: Option<Span>,
    /// Video codec.
    pub video_codec: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Mean pictures per second.
    pub frame_rate: Option<f64>,
    /// Sound codec.
    pub sound_codec: Option<String>,
    /// Sound samples per second.
    pub sample_rate: Option<u32>,
}

/// What was understood of a recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The media, if there is any.
    pub media: Option<MediaInspection>,
    /// The chat files.
    pub chats: Vec<ChatInspection>,
}

/// Reads the chats of `path` (a folder with a manifest, a chat file or a media file), opens its media, and says what was
/// understood.
///
/// # Errors
/// If a file cannot be opened, or is neither chat nor media.
pub fn inspect(path: &Path) -> Result<Inspection, RecordingError> {
    let sources = Sources::find(path, &Overrides::default())?;
    let media = sources.media.as_deref().map(|path| inspect_media(path, &sources.room)).transpose()?;
    let options = sources.options(sources.room.clone(), sources.started_at);
    let read = |path: &std::path::PathBuf| Ok(ChatInspection::of(&read_chat(path, &options)?));
    let chats = sources.chats.iter().map(read).collect::<Result<_, RecordingError>>()?;
    Ok(Inspection { media, chats })
}

fn inspect_media(path: &Path, room: &RoomId) -> Result<MediaInspection, RecordingError> {
    // Nothing of the identity shows in what the container tells.
    let stream = kairos_timeline::StreamId::nearest("", "stream");
    let identity = MediaIdentity { room: room.clone(), stream, started_at: Default::default() };
    let reader = MediaReader::open(path, identity, MediaOptions::default()).map_err(unreadable)?;
    let MediaInfo { container, duration, video, sound } = reader.info();
    Ok(MediaInspection {
        file: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        container: container.clone(),
        duration: *duration,
        video_codec: video.as_ref().map(|video| video.codec.clone()),
        width: video.as_ref().map(|video| video.width),
        height: video.as_ref().map(|video| video.height),
        frame_rate: video.as_ref().and_then(|video| video.frame_rate),
        sound_codec: sound.as_ref().map(|sound| sound.codec.clone()),
        sample_rate: sound.as_ref().map(|sound| sound.sample_rate),
    })
}

impl fmt::Display for MediaInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.file, self.container)?;
        if let Some(duration) = self.duration {
            writeln!(f, "  length      {duration}")?;
        }
        if let (Some(codec), Some(width), Some(height)) = (&self.video_codec, self.width, self.height) {
            let rate =
                self.frame_rate.map_or_else(String::new, |rate| format!(", {rate:.3} pictures a second"));
            writeln!(f, "  pictures    {codec} {width} x {height}{rate}")?;
        }
        if let (Some(codec), Some(rate)) = (&self.sound_codec, self.sample_rate) {
            writeln!(f, "  sound       {codec} {rate} Hz")?;
        }
        Ok(())
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(media) = &self.media {
            write!(f, "{media}")?;
        }
        self.chats.iter().try_for_each(|chat| write!(f, "{chat}"))
    }
}
