-- One score per time unit, stream and model; a unit is scored again when its comments have arrived.
CREATE TABLE IF NOT EXISTS frame_scores_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    media_us Int64 CODEC(Delta, ZSTD(1)),
    unit_us Int64 CODEC(Delta, ZSTD(1)),
    captured_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    score Float32 CODEC(ZSTD(1)),
    scores Map(LowCardinality(String), Float32),
    contributions Map(LowCardinality(String), Float32),
    missing Array(LowCardinality(String)),
    comment_lag_us Nullable(Int64) CODEC(ZSTD(1)),
    final Bool,
    model LowCardinality(String),
    revision UInt32,
    topic LowCardinality(String),
    partition Int32,
    first_offset Int64 CODEC(Delta, ZSTD(1)),
    last_offset Int64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (room, stream, model, media_us)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS frame_scores AS SELECT * FROM frame_scores_rows FINAL;
