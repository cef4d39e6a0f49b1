//! One reader per format behind one trait, and how a file's content tells which it is.

mod bilibili_vod;
mod bililive_recorder;
mod bililive_tools;
mod biliup;
mod blrec;
mod chat_downloader;
mod danmaku;
mod lightor;
mod own_jsonl;
mod table;
mod twitch_downloader;
mod twitch_irc;
mod yt_dlp;

use std::fmt;
use std::io::{self, BufRead};

use serde::{Serialize, Serializer};

use super::draft::Collector;

/// A format of recorded chats.
pub trait ChatFormat: Sync {
    /// Which it is.
    fn name(&self) -> FormatName;

    /// Whether `head`, the beginning of a file's text, is of this format.
    fn recognises(&self, head: &str) -> bool;

    /// Reads everything that can be read.
    ///
    /// # Errors
    /// Only when `input` fails; what was read before is in `out`. Broken items are noted in `out`.
    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()>;
}

/// The formats by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FormatName {
    /// A file without content.
    Empty,
    /// BililiveRecorder XML.
    BililiveRecorder,
    /// blrec XML.
    Blrec,
    /// biliLive-tools XML.
    BililiveTools,
    /// biliup XML.
    Biliup,
    /// Bilibili's own XML for uploaded videos.
    BilibiliVod,
    /// TwitchDownloader JSON.
    TwitchDownloader,
    /// chat-downloader JSON or JSONL.
    ChatDownloader,
    /// yt-dlp `live_chat.json`, and the bare responses of YouTube's live chat.
    YtDlp,
    /// Twitch IRC lines or an OverRustle text log.
    TwitchIrc,
    /// Lightor research TSV.
    LightorTsv,
    /// Lightor JSONL.
    LightorJsonl,
    /// The JSON of this project's topics, one event a line.
    OwnJsonl,
    /// Tab-separated with a header: `t_sec`, `user`, `text`.
    Table,
}

impl FormatName {
    /// As printed and as it stands in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::BililiveRecorder => "bililive-recorder-xml",
            Self::Blrec => "blrec-xml",
            Self::BililiveTools => "bililive-tools-xml",
            Self::Biliup => "biliup-xml",
            Self::BilibiliVod => "bilibili-vod-xml",
            Self::TwitchDownloader => "twitch-downloader-json",
            Self::ChatDownloader => "chat-downloader-json",
            Self::YtDlp => "yt-dlp-live-chat",
            Self::TwitchIrc => "twitch-irc",
            Self::LightorTsv => "lightor-tsv",
            Self::LightorJsonl => "lightor-jsonl",
            Self::OwnJsonl => "kairos-jsonl",
            Self::Table => "tsv",
        }
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FormatName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// In the order in which they are asked: the most particular marks first, since the XML formats are dialects of one
/// another and JSON fields overlap.
const FORMATS: [&dyn ChatFormat; 13] = [
    &bililive_recorder::BililiveRecorder,
    &bililive_tools::BililiveTools,
    &biliup::Biliup,
    &blrec::Blrec,
    &bilibili_vod::BilibiliVod,
    &yt_dlp::YtDlp,
    &twitch_downloader::TwitchDownloader,
    &own_jsonl::OwnJsonl,
    &chat_downloader::ChatDownloader,
    &lightor::LightorJsonl,
    &table::Table,
    &twitch_irc::TwitchIrc,
    &lightor::LightorTsv,
];

/// The format of a file whose text begins with `head`.
pub fn sniff(head: &[u8]) -> Option<&'static dyn ChatFormat> {
    // Media containers hold many zero bytes right at the beginning; text holds at most what damage left.
    let zeros = head.iter().take(512).filter(|byte| **byte == 0).count();
    if zeros >= 8 {
        return None;
    }
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    FORMATS.into_iter().find(|format| format.recognises(head))
}

/// The reader of a format.
pub fn named(name: FormatName) -> Option<&'static dyn ChatFormat> {
    FORMATS.into_iter().find(|format| format.name() == name)
}

/// Whether `head` is flat XML with an element `<name ...`.
fn has_element(head: &str, name: &str) -> bool {
    head.match_indices('<').any(|(at, _)| {
        let tag = head.get(at + 1..).unwrap_or_default();
        tag.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>', '/', '\n', '\r', '\t']))
    })
}

/// Whether `head` is JSON that has a field `name`: the quoted name and a colon.
fn has_field(head: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    head.match_indices(&quoted)
        .any(|(at, _)| head.get(at + quoted.len()..).is_some_and(|rest| rest.trim_start().starts_with(':')))
}

fn is_json(head: &str) -> bool {
    // A damaged first byte must not cost the file, so what follows decides.
    head.starts_with(['{', '[']) || (head.contains("\":") && !head.starts_with(['<', '@', ':']))
}
