-- How every consumed offset ended; ranges of one outcome, first and last inclusive.
CREATE TABLE IF NOT EXISTS ledger_rows
(
    topic LowCardinality(String),
    partition Int32,
    first_offset Int64 CODEC(Delta, ZSTD(1)),
    last_offset Int64 CODEC(Delta, ZSTD(1)),
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    outcome Enum8('scored' = 1, 'skipped' = 2, 'late' = 3, 'dead' = 4),
    reason String CODEC(ZSTD(1)),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (topic, partition, first_offset)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS ledger AS SELECT * FROM ledger_rows FINAL;
