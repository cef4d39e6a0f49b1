//! Files and columns of KuaiLive.
//!
//! Invariants: the name of the release comes first; the first name that a file has is taken.

use crate::gifting::attributes::AttributeTable;
use crate::m3::columns::{Quantity, optional, required};

const USER: Quantity = required("user", &["user_id", "user"]);
const ROOM: Quantity = required("room", &["live_id", "live_stream_id", "room_id"]);
const STREAMER: Quantity = required("streamer", &["streamer_id", "author_id", "streamer"]);
const TIME: Quantity = required("time", &["timestamp", "time_ms", "time"]);

/// User, room, streamer and time in milliseconds: `negative.csv`, `comment.csv`, `like.csv`.
pub const EVENT: [Quantity; 4] = [USER, ROOM, STREAMER, TIME];

/// `click.csv`: and how long was watched, in milliseconds.
pub const CLICK: [Quantity; 5] =
    [USER, ROOM, STREAMER, TIME, optional("watch time", &["watch_live_time", "watch_time_ms"])];

/// `gift.csv`: and the price of all gifts of this interaction.
pub const GIFT: [Quantity; 5] =
    [USER, ROOM, STREAMER, TIME, required("price", &["gift_price", "price", "value"])];

/// `room.csv`, beside the id: begin, end, row of the title's embedding.
pub const ROOM_FACTS: [Quantity; 3] = [
    optional("begin", &["start_timestamp"]),
    optional("end", &["end_timestamp"]),
    optional("title", &["live_name_id"]),
];

pub(crate) const ROOMS: AttributeTable = AttributeTable {
    id: ROOM,
    numeric: &[],
    times: &[],
    other: &["p_date", "streamer_id", "author_id", "start_timestamp", "end_timestamp", "live_name_id"],
};

pub(crate) const USERS: AttributeTable = AttributeTable {
    id: USER,
    numeric: &[
        "age",
        "device_price",
        "fans_num",
        "follow_num",
        "accu_watch_live_cnt",
        "accu_watch_live_duration",
    ],
    times: &["reg_timestamp", "first_watch_live_timestamp"],
    other: &[],
};

pub(crate) const STREAMERS: AttributeTable = AttributeTable {
    id: STREAMER,
    numeric: &[
        "age",
        "device_price",
        "fans_user_num",
        "fans_group_fans_num",
        "follow_user_num",
        "accu_live_cnt",
        "accu_live_duration",
        "accu_play_cnt",
        "accu_play_duration",
    ],
    times: &["reg_timestamp", "first_live_timestamp"],
    other: &[],
};
