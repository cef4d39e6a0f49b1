-- What editors say of highlights: kept or rejected, and the interval that they trimmed it to.
CREATE TABLE IF NOT EXISTS reviews_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    model LowCardinality(String),
    highlight String CODEC(ZSTD(1)),
    verdict LowCardinality(String),
    from_us Nullable(Int64),
    to_us Nullable(Int64),
    note String CODEC(ZSTD(1)),
    reviewer String CODEC(ZSTD(1)),
    reviewed_at DateTime64(6, 'UTC'),
    revision UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, model, highlight)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS reviews AS SELECT * FROM reviews_rows FINAL;
