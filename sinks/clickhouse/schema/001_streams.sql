-- Broadcasts and recordings that rows refer to.
CREATE TABLE IF NOT EXISTS streams_rows
(
    room String,
    stream String,
    title String,
    source String,
    started_at DateTime64(6, 'UTC'),
    duration_us Int64,
    simulated Bool,
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS streams AS SELECT * FROM streams_rows FINAL;
