-- How a room is doing: its comment lag, its picture rate, what was dropped.
CREATE TABLE IF NOT EXISTS room_state_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    media_us Int64 CODEC(Delta, ZSTD(1)),
    comment_lag_us Nullable(Int64) CODEC(ZSTD(1)),
    lag_confidence Float32,
    fps Float32,
    drops UInt64 CODEC(ZSTD(1)),
    late UInt64 CODEC(ZSTD(1)),
    comments UInt64 CODEC(ZSTD(1)),
    gifts UInt64 CODEC(ZSTD(1)),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, media_us)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS room_state AS SELECT * FROM room_state_rows FINAL;
