-- What models reached: one metric of one video at one delay per row.
CREATE TABLE IF NOT EXISTS evaluations_rows
(
    run String CODEC(ZSTD(1)),
    model LowCardinality(String),
    dataset LowCardinality(String),
    split LowCardinality(String),
    variant LowCardinality(String),
    seed UInt64,
    delay_ms UInt32,
    metric LowCardinality(String),
    video String CODEC(ZSTD(1)),
    value Float64,
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (run, model, dataset, split, variant, seed, delay_ms, metric, video)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS evaluations AS SELECT * FROM evaluations_rows FINAL;
