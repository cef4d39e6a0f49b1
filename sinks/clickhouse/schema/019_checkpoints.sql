-- Up to where a job has read a partition of its topics, and which streams were open there. Everything that rests on the
-- messages before is in the tables already. The checkpoint that is furthest on counts.
CREATE TABLE IF NOT EXISTS checkpoints_rows
(
    job String,
    partition Int32,
    state String CODEC(ZSTD(1)),
    progress UInt64
)
ENGINE = ReplacingMergeTree(progress)
ORDER BY (job, partition)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS checkpoints AS SELECT * FROM checkpoints_rows FINAL;
