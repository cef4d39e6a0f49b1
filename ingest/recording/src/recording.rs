//! Opening a recording: a media file with or without chat files, chat files alone, or a folder with a manifest.
//!
//! One start serves media and events alike: the caller's, else the manifest's, else what the first chat that knows
//! tells, else Unix time zero. The stream's id is a hash of the files, so that the same recording is the same
//! stream wherever it lies. Events are held in memory, media is not.

use std::fs::File;
use std::path::{Path, PathBuf};

use kairos_timeline::{RoomId, Span, StreamId, WallTime};

use crate::RecordingError;
use crate::chat::{ChatEvent, ChatLog, ChatOptions, Limits, Rates, open_text, read_chat, sniff};
use crate::manifest::{MANIFEST, Manifest};
use crate::media::MediaOptions;
use crate::merge::{Item, MediaSegments, Merge};
use crate::opener::open_media;

/// What the caller decides; everything else is as the files tell it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// The room.
    pub room: Option<RoomId>,
    /// The broadcast.
    pub stream: Option<StreamId>,
    /// Wall time of the recording's start.
    pub started_at: Option<WallTime>,
    /// More files with comments, or with everything.
    pub chat: Vec<PathBuf>,
    /// More files with gifts.
    pub gifts: Vec<PathBuf>,
    /// More files with feedback.
    pub feedback: Vec<PathBuf>,
    /// Added to the time of every event, on top of the manifest's.
    pub chat_offset: Span,
    /// Rates for the common value.
    pub rates: Option<Rates>,
    /// Bounds on what is taken from chat files.
    pub limits: Option<Limits>,
    /// How media is cut into segments.
    pub media: MediaOptions,
}

/// What a recording is.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingInfo {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Title.
    pub title: Option<String>,
    /// Streamer.
    pub streamer: Option<String>,
    /// Wall time at media time zero; Unix time zero when nothing tells.
    pub started_at: WallTime,
    /// Media file.
    pub media: Option<PathBuf>,
    /// From the start to the last event; what a recording without media covers.
    pub events_span: Span,
    /// Whether the room is made by a simulator.
    pub simulated: bool,
}

/// A media file to be opened for a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaRequest<'a> {
    /// The file.
    pub path: &'a Path,
    /// The room.
    pub room: &'a RoomId,
    /// The broadcast.
    pub stream: &'a StreamId,
    /// Wall time of the first picture.
    pub started_at: WallTime,
}

/// Opens media files.
pub type OpenMedia<'a> = dyn Fn(&MediaRequest<'_>) -> Result<MediaSegments, RecordingError> + 'a;

/// A stream that was recorded: what it is, and its items in time order.
pub trait RecordedStream: Iterator<Item = Item> {
    /// What it is.
    fn info(&self) -> &RecordingInfo;

    /// The chat files as they were read, without their events.
    fn chats(&self) -> &[ChatLog];
}

/// An opened recording.
pub struct Recording {
    info: RecordingInfo,
    chats: Vec<ChatLog>,
    items: Merge,
}

impl Recording {
    /// Opens `path`: a folder with a manifest, a chat file or a media file.
    ///
    /// # Errors
    /// If a file cannot be opened, a chat is of no known format, or the manifest is wrong.
    pub fn open(path: &Path, overrides: &Overrides) -> Result<Self, RecordingError> {
        Self::open_with(path, overrides, &|request| open_media(request, overrides.media.clone()))
    }

    /// Opens `path`, a folder, chat file or media file; `media` opens the media file if there is one.
    ///
    /// # Errors
    /// If a file cannot be opened, a chat is of no known format, or the manifest is wrong.
    pub fn open_with(
        path: &Path,
        overrides: &Overrides,
        media: &OpenMedia<'_>,
    ) -> Result<Self, RecordingError> {
        let sources = Sources::find(path, overrides)?;
        let mut room = sources.room.clone();
        let mut started_at = sources.started_at;
        let mut chats = Vec::new();
        for file in &sources.chats {
            let log = read_chat(file, &sources.options(room.clone(), started_at))?;
            started_at = started_at.or(log.started_at);
            if !sources.room_is_given
                && let Some(told) = log.broadcast.room.as_deref()
            {
                room = RoomId::nearest(told, room.as_str());
            }
            chats.push(log);
        }
        // What a later file told holds for the earlier ones as well.
        for (file, log) in sources.chats.iter().zip(&mut chats) {
            let own = log.events.first().is_none_or(|event| room_of(event) == &room);
            if !own || (log.started_at.is_none() && started_at.is_some()) {
                *log = read_chat(file, &sources.options(room.clone(), started_at))?;
            }
        }
        let started_at = started_at.unwrap_or_default();
        let stream = match sources.stream.clone() {
            Some(stream) => stream,
            None => sources.content_id()?,
        };
        let mut events: Vec<ChatEvent> =
            chats.iter_mut().flat_map(|log| std::mem::take(&mut log.events)).collect();
        events.sort_by_key(|event| event.event.sent_at());
        let first = |told: fn(&ChatLog) -> Option<&String>| chats.iter().find_map(told).cloned();
        let info = RecordingInfo {
            title: sources.title.clone().or_else(|| first(|log| log.broadcast.title.as_ref())),
            streamer: sources.streamer.clone().or_else(|| first(|log| log.broadcast.streamer.as_ref())),
            started_at,
            media: sources.media.clone(),
            events_span: events.last().map_or(Span::ZERO, |last| last.event.sent_at() - started_at),
            simulated: sources.simulated,
            room,
            stream,
        };
        let segments: MediaSegments = match &info.media {
            Some(path) => media(&MediaRequest { path, room: &info.room, stream: &info.stream, started_at })?,
            None => Box::new(std::iter::empty()),
        };
        Ok(Self { info, chats, items: Merge::new(segments, events) })
    }
}

impl Iterator for Recording {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.items.next()
    }
}

impl RecordedStream for Recording {
    fn info(&self) -> &RecordingInfo {
        &self.info
    }

    fn chats(&self) -> &[ChatLog] {
        &self.chats
    }
}

fn room_of(event: &ChatEvent) -> &RoomId {
    use crate::chat::Event::{Comment, Feedback, Gift};
    match &event.event {
        Comment(comment) => &comment.room,
        Gift(gift) => &gift.room,
        Feedback(feedback) => &feedback.room,
    }
}

/// Whether the file's content is of a chat format (or empty).
///
/// # Errors
/// If it cannot be opened.
pub fn is_chat(path: &Path) -> Result<bool, RecordingError> {
    let mut text = open_text(path)?;
    let mut head = Vec::new();
    // A packed file that breaks off at once is still told by what came out of it.
    let read = std::io::Read::read_to_end(&mut std::io::Read::take(&mut text, 64 << 10), &mut head);
    Ok(sniff(&head).is_some() || (read.is_ok() && head.trim_ascii().is_empty()))
}

/// The files of a recording and what is said about them.
pub(crate) struct Sources {
    pub(crate) room: RoomId,
    room_is_given: bool,
    stream: Option<StreamId>,
    title: Option<String>,
    streamer: Option<String>,
    pub(crate) started_at: Option<WallTime>,
    pub(crate) media: Option<PathBuf>,
    pub(crate) chats: Vec<PathBuf>,
    offset: Span,
    rates: Rates,
    limits: Limits,
    simulated: bool,
}

impl Sources {
    pub(crate) fn find(path: &Path, overrides: &Overrides) -> Result<Self, RecordingError> {
        let folder = match path.file_name() {
            Some(name) if name == MANIFEST => path.parent().map(Path::to_owned),
            _ => path.is_dir().then(|| path.to_owned()),
        };
        let (manifest, given) = match folder {
            Some(folder) => (Manifest::load(&folder)?, true),
            None => {
                // `chat.xml.gz` and `chat.json` both leave `chat`.
                let name =
                    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                let stem = name.strip_suffix(".gz").unwrap_or(&name);
                let stem = Path::new(stem)
                    .file_stem()
                    .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
                let mut manifest = Manifest::new(RoomId::nearest(&stem, "room"));
                if is_chat(path)? {
                    manifest.comments.push(path.to_owned());
                } else {
                    manifest.media = Some(path.to_owned());
                }
                (manifest, false)
            }
        };
        let mut chats = Vec::new();
        let named = [&manifest.comments, &overrides.chat, &manifest.gifts, &overrides.gifts];
        for file in named.into_iter().chain([&manifest.feedback, &overrides.feedback]).flatten() {
            // One file may hold everything and be named three times.
            if !chats.contains(file) {
                chats.push(file.clone());
            }
        }
        Ok(Self {
            room: overrides.room.clone().unwrap_or(manifest.room.clone()),
            room_is_given: given || overrides.room.is_some(),
            stream: overrides.stream.clone().or(manifest.stream.clone()),
            started_at: overrides.started_at.or(manifest.started_at),
            offset: manifest.chat_offset() + overrides.chat_offset,
            title: manifest.title,
            streamer: manifest.streamer,
            media: manifest.media,
            chats,
            rates: overrides.rates.clone().or(manifest.rates).unwrap_or_default(),
            limits: overrides.limits.clone().or(manifest.limits).unwrap_or_default(),
            simulated: manifest.simulated,
        })
    }

    pub(crate) fn options(&self, room: RoomId, started_at: Option<WallTime>) -> ChatOptions {
        let (rates, limits) = (self.rates.clone(), self.limits.clone());
        ChatOptions { room, started_at, offset: self.offset, rates, limits }
    }

    /// The first 16 hexadecimal digits of the hash of all files, each with its length in front.
    fn content_id(&self) -> Result<StreamId, RecordingError> {
        let mut hash = blake3::Hasher::new();
        for path in self.media.iter().chain(&self.chats) {
            let failed = |source| RecordingError::Io { path: path.clone(), source };
            let file = File::open(path).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            hash.update(&length.to_le_bytes());
            hash.update_reader(file).map_err(failed)?;
        }
        let hex = hash.finalize().to_hex();
        Ok(StreamId::nearest(hex.get(..16).unwrap_or_default(), "stream"))
    }
}
