-- Impressions, clicks and watch time.
CREATE TABLE IF NOT EXISTS feedback_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    id String CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    watched_us Int64 CODEC(ZSTD(1)),
    sent_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    media_us Nullable(Int64) CODEC(ZSTD(1)),
    late Bool,
    topic LowCardinality(String),
    partition Int32,
    offset Int64 CODEC(Delta, ZSTD(1)),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(sent_at)
ORDER BY (room, stream, id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS feedback AS SELECT * FROM feedback_rows FINAL;
