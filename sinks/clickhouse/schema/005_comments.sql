-- Comments at platform wall time, and at the media time where the bridge placed them.
CREATE TABLE IF NOT EXISTS comments_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    id String CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    text String CODEC(ZSTD(1)),
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

CREATE VIEW IF NOT EXISTS comments AS SELECT * FROM comments_rows FINAL;
