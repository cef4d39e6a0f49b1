-- Intervals worth a clip; one that did not hold is withdrawn by a later revision and leaves the view.
CREATE TABLE IF NOT EXISTS highlights_rows
(
    room String,
    stream String,
    highlight String,
    start_us Int64,
    end_us Int64,
    peak_us Int64,
    score Float32,
    state Enum8('provisional' = 1, 'final' = 2, 'withdrawn' = 3),
    clip String,
    thumbnail String,
    model LowCardinality(String),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, model, highlight)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS highlights AS SELECT * FROM highlights_rows FINAL WHERE state != 'withdrawn';
