-- Clips of highlights; the last one cut counts.
CREATE TABLE IF NOT EXISTS clips_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    highlight String CODEC(ZSTD(1)),
    clip String CODEC(ZSTD(1)),
    thumbnail String CODEC(ZSTD(1)),
    from_us Int64,
    to_us Int64,
    model LowCardinality(String),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, model, highlight)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS clips AS SELECT * FROM clips_rows FINAL;
