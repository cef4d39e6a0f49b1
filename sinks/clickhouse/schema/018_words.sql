-- What was said aloud, word by word, at its media time.
CREATE TABLE IF NOT EXISTS words_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    start_us Int64 CODEC(Delta, ZSTD(1)),
    end_us Int64 CODEC(Delta, ZSTD(1)),
    text String CODEC(ZSTD(1)),
    language LowCardinality(String),
    probability Float32,
    model LowCardinality(String),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, model, start_us, text)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS words AS SELECT * FROM words_rows FINAL;
