//! Names of all numbers, and what they say.
//!
//! Invariant: a number that a job tells stands in [`ALL`], from which the page of metrics is written.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Messages taken, by topic.
pub const MESSAGES: &str = "kairos_messages_total";
/// Messages that could not be used, by topic.
pub const DEAD: &str = "kairos_dead_letters_total";
/// Messages that went on out of order.
pub const OUT_OF_ORDER: &str = "kairos_out_of_order_total";
/// Messages of a partition that are not taken yet, by topic and partition.
pub const LAG: &str = "kairos_lag_messages";
/// How long ago the newest message of a room that was taken had been written, by room.
pub const BEHIND: &str = "kairos_room_behind_seconds";
/// Units that had their first score, by room.
pub const UNITS: &str = "kairos_units_total";
/// From a unit's end, by the sender's clock, to its first score.
pub const UNIT_DELAY: &str = "kairos_unit_delay_seconds";
/// Comments and gifts that were too late for their unit, by room and stream so far.
pub const LATE: &str = "kairos_room_late";
/// Segments that were lost, damaged or left out, by room and stream so far.
pub const DROPS: &str = "kairos_room_drops";
/// Rooms that are open or wait.
pub const ROOMS: &str = "kairos_rooms";
/// Bytes of messages held back to put topics in order.
pub const HELD: &str = "kairos_held_bytes";
/// Decoding of one segment.
pub const DECODE: &str = "kairos_decode_seconds";
/// Encoders and models for one message.
pub const MODEL: &str = "kairos_model_seconds";
/// Texts and pictures that shared encoders took, by encoder.
pub const ENCODED: &str = "kairos_encoded_total";
/// One batch of a shared encoder.
pub const BATCH: &str = "kairos_encoder_batch_seconds";
/// Passes over units that went without an encoder, by room, encoder and why.
pub const WITHOUT: &str = "kairos_units_without_encoder_total";
/// Highlights that began, changed or ended, by state.
pub const HIGHLIGHTS: &str = "kairos_highlights_total";
/// Rows given to the tables.
pub const ROWS: &str = "kairos_rows_total";
/// Rows acknowledged and checkpoint written.
pub const CHECKPOINT: &str = "kairos_checkpoint_seconds";
/// Gift predictions of one unit.
pub const PREDICT: &str = "kairos_predict_seconds";
/// Edges of the gift graph.
pub const EDGES: &str = "kairos_graph_edges";
/// Clips, by outcome.
pub const CLIPS: &str = "kairos_clips_total";
/// Reading, cutting and publishing of one clip.
pub const CLIP: &str = "kairos_clip_seconds";
/// Segments captured, by room.
pub const SEGMENTS: &str = "kairos_segments_total";
/// Bytes captured, by room.
pub const BYTES: &str = "kairos_captured_bytes_total";
/// Holes in what was captured, by room.
pub const GAPS: &str = "kairos_gaps_total";
/// 1 for the state that a room's connection is in, 0 for the others, by room and state.
pub const STATE: &str = "kairos_room_state";
/// Comments, gifts and feedback taken in, by kind.
pub const EVENTS: &str = "kairos_events_total";
/// Lines of chats that could not be read.
pub const BROKEN: &str = "kairos_broken_lines_total";

/// Troubles that go on, by kind.
pub const TROUBLES: &str = "kairos_troubles";

/// Spans of traces, by outcome.
pub const SPANS: &str = "kairos_spans_total";

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Spread of seconds.
    Seconds,
}

/// Every number: name, kind, labels, the jobs that tell it, and what it says.
pub const ALL: [(&str, Kind, &str, &str, &str); 31] = [
    (MESSAGES, Kind::Counter, "topic", "score, gift", "messages taken"),
    (
        DEAD,
        Kind::Counter,
        "topic",
        "score, gift, clip",
        "messages that could not be used and are dead letters",
    ),
    (OUT_OF_ORDER, Kind::Counter, "", "score", "messages that went on out of order"),
    (LAG, Kind::Gauge, "topic, partition", "score", "messages of a partition that are not taken yet"),
    (BEHIND, Kind::Gauge, "room", "score", "age of a room's newest message when it was taken"),
    (UNITS, Kind::Counter, "room", "score", "units that had their first score"),
    (UNIT_DELAY, Kind::Seconds, "", "score", "from a unit's end, by the sender's clock, to its first score"),
    (LATE, Kind::Gauge, "room", "score", "comments and gifts too late for their unit, in this stream so far"),
    (DROPS, Kind::Gauge, "room", "score", "segments lost, damaged or left out, in this stream so far"),
    (ROOMS, Kind::Gauge, "", "score", "rooms that are open or wait"),
    (HELD, Kind::Gauge, "", "score", "bytes of messages held back to put topics in order"),
    (DECODE, Kind::Seconds, "", "score, gift", "decoding of one segment"),
    (MODEL, Kind::Seconds, "", "score, gift", "encoders and models for one message"),
    (
        ENCODED,
        Kind::Counter,
        "encoder",
        "score, gift",
        "texts or pictures that a shared encoder was given; what was seen lately is not given again",
    ),
    (BATCH, Kind::Seconds, "encoder", "score, gift", "one batch of a shared encoder"),
    (
        WITHOUT,
        Kind::Counter,
        "room, encoder, why",
        "score",
        "passes over units without an encoder: `overloaded`, `late` or `failed`",
    ),
    (HIGHLIGHTS, Kind::Counter, "state", "score", "revisions of highlights"),
    (ROWS, Kind::Counter, "", "score, gift", "rows given to the tables"),
    (CHECKPOINT, Kind::Seconds, "", "score, gift", "rows acknowledged and checkpoint written"),
    (PREDICT, Kind::Seconds, "", "gift", "predictions of one unit of a room"),
    (EDGES, Kind::Gauge, "", "gift", "edges of the gift graph"),
    (CLIPS, Kind::Counter, "outcome", "clip", "clips that were cut, or failed"),
    (CLIP, Kind::Seconds, "", "clip", "reading, cutting and publishing of one clip"),
    (SEGMENTS, Kind::Counter, "room", "ingest", "segments captured"),
    (BYTES, Kind::Counter, "room", "ingest", "bytes captured"),
    (GAPS, Kind::Counter, "room", "ingest", "holes in what was captured"),
    (STATE, Kind::Gauge, "room, state", "ingest", "1 for the state that a room's connection is in"),
    (EVENTS, Kind::Counter, "kind", "ingest", "comments, gifts and feedback taken in"),
    (BROKEN, Kind::Counter, "", "ingest", "lines of chats that could not be read"),
    (TROUBLES, Kind::Gauge, "kind", "all", "troubles that go on"),
    (SPANS, Kind::Counter, "outcome", "all", "spans that a collector took, or that were lost"),
];

/// Tells Prometheus what the numbers say.
pub(super) fn describe() {
    for (name, kind, _, _, says) in ALL {
        match kind {
            Kind::Counter => describe_counter!(name, says),
            Kind::Gauge => describe_gauge!(name, says),
            Kind::Seconds => describe_histogram!(name, Unit::Seconds, says),
        }
    }
}
