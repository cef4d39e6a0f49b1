-- The scores that an evaluation rests on, one per second of a video and delay.
CREATE TABLE IF NOT EXISTS evaluation_scores_rows
(
    run String CODEC(ZSTD(1)),
    video String CODEC(ZSTD(1)),
    delay_ms UInt32,
    sec UInt32 CODEC(Delta, ZSTD(1)),
    score Float32 CODEC(ZSTD(1)),
    revision UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (run, video, delay_ms, sec)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS evaluation_scores AS SELECT * FROM evaluation_scores_rows FINAL;
