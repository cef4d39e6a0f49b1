//! Names under which tables and columns of KuaiLive-M3 are known.
//!
//! Invariants: the name of the data set's own field list comes first; the first name that a file has is taken.

/// A quantity and the columns that may hold it.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// What it is, for messages.
    pub name: &'static str,
    /// Column names that are understood, compared without regard to case.
    pub aliases: &'static [&'static str],
    /// Whether a file without it can't be used.
    pub required: bool,
}

pub(crate) const fn required(name: &'static str, aliases: &'static [&'static str]) -> Quantity {
    Quantity { name, aliases, required: true }
}

pub(crate) const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Quantity {
    Quantity { name, aliases, required: false }
}

const ROOM: Quantity = required("room", &["live_id", "live_stream_id", "room_id", "liveid", "stream_id"]);

/// Interactions: room, begin and end of watching or how long, streamer. One of end and duration has to be there.
pub const INTERACTION: [Quantity; 5] = [
    ROOM,
    required(
        "begin of watching",
        &[
            "live_play_start_timestamp",
            "play_start_timestamp",
            "enter_timestamp",
            "start_timestamp",
            "timestamp",
            "time",
            "ts",
        ],
    ),
    optional(
        "end of watching",
        &["live_play_end_timestamp", "play_end_timestamp", "leave_timestamp", "end_timestamp"],
    ),
    optional(
        "watch time",
        &["play_duration", "watch_live_time", "watch_time_ms", "watch_time", "watch_duration", "duration"],
    ),
    optional("streamer", &["author_id", "streamer_id", "author", "streamer"]),
];

/// Watch times under these names are in milliseconds; others by size, see [`super`].
pub const MILLISECONDS: [&str; 3] = ["play_duration", "watch_live_time", "watch_time_ms"];

/// Likes: room, time.
pub const LIKE: [Quantity; 2] =
    [ROOM, required("time of the like", &["like_timestamp", "like_ts", "timestamp", "time", "ts"])];

/// Comments: room, time.
pub const COMMENT: [Quantity; 2] =
    [ROOM, required("time of the comment", &["comment_ts", "comment_timestamp", "timestamp", "time", "ts"])];

/// Segment embeddings: room, time of the segment, features.
pub const SEGMENT: [Quantity; 3] = [
    required("room", &["live_stream_id", "live_id", "room_id", "stream_id"]),
    required(
        "time of the segment",
        &["timestamp", "segment_timestamp", "segment_time", "segment_ts", "time", "ts"],
    ),
    required(
        "embedding",
        &["feature_128", "embedding", "emb", "live_emb_128", "emb_128", "feature", "features"],
    ),
];

/// Room metadata: room, begin, streamer.
pub const META: [Quantity; 3] = [
    ROOM,
    required("begin of the room", &["start_timestamp", "live_start_timestamp", "start_time", "start_ts"]),
    optional("streamer", &["author_id", "streamer_id", "author", "streamer"]),
];

/// Tables by what their file's name contains.
pub const TABLES: [(&str, &[&str]); 4] = [
    ("interactions", &["live_interaction", "interaction", "live_play", "live_click", "click"]),
    ("likes", &["live_like", "like"]),
    ("comments", &["live_comment", "comment"]),
    ("room metadata", &["live_room_meta", "room_meta", "live_room", "room"]),
];
