-- What was a highlight: labels of reviewers and of data sets. A label that was taken back ends where it starts and leaves the view.
CREATE TABLE IF NOT EXISTS highlight_labels_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    start_us Int64 CODEC(Delta, ZSTD(1)),
    end_us Int64 CODEC(Delta, ZSTD(1)),
    label Float32 CODEC(ZSTD(1)),
    positive UInt8,
    source LowCardinality(String),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, source, start_us)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS highlight_labels AS SELECT * FROM highlight_labels_rows FINAL WHERE end_us > start_us;
