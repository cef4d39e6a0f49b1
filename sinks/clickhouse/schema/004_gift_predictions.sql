-- How likely a viewer is to send a gift, and what it would be worth.
CREATE TABLE IF NOT EXISTS gift_predictions_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    streamer String CODEC(ZSTD(1)),
    media_us Int64 CODEC(Delta, ZSTD(1)),
    user String CODEC(ZSTD(1)),
    probability Float32,
    expected_value Float64,
    reason String CODEC(ZSTD(1)),
    model LowCardinality(String),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, model, user, media_us)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS gift_predictions AS SELECT * FROM gift_predictions_rows FINAL;
