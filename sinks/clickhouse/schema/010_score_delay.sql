-- How long after its end a unit's score was decided, milliseconds; scores of several delays are kept beside each other.
-- Rows from before this column have 0, which says nothing about them.
ALTER TABLE frame_scores_rows
    ADD COLUMN IF NOT EXISTS delay_ms UInt32 CODEC(ZSTD(1)) AFTER comment_lag_us,
    MODIFY ORDER BY (room, stream, model, media_us, delay_ms);

-- One score per unit: the last revision, and among equals the one that waited longest.
CREATE OR REPLACE VIEW frame_scores AS SELECT * FROM frame_scores_rows FINAL
ORDER BY room, stream, model, media_us, revision DESC, delay_ms DESC
LIMIT 1 BY room, stream, model, media_us;

-- One score per unit and delay.
CREATE OR REPLACE VIEW frame_scores_by_delay AS SELECT * FROM frame_scores_rows FINAL;
