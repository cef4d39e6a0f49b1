-- When a row was written, by ClickHouse's clock, whatever its own times say: a replay of an old broadcast is new here. Rows are dropped by it
-- (clickhouse.retention), and rollups see by it what is new. Not in `SELECT *`, so that equal rows stay equal; rows from before this column take
-- the time at which they are next merged.
ALTER TABLE frame_scores_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE comments_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE words_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE gifts_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE feedback_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE gift_predictions_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE room_state_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));

ALTER TABLE ledger_rows
    ADD COLUMN IF NOT EXISTS written_at DateTime('UTC') MATERIALIZED now()
    COMMENT 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it' CODEC(Delta, ZSTD(1));
