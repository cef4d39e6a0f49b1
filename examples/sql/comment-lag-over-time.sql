-- How long viewers take to react, as a broadcast goes on: the estimated comment lag in steps of ten minutes, and how many comments came too late.
--
-- kairos sql --file examples/sql/comment-lag-over-time.sql
--
-- Only estimates with a confidence of at least one half. The lag is that of the platform's delay and the viewers' own; where it rises through a
-- broadcast, the delay does. late_share: comments that missed their unit by more than the allowed lateness, of all that were sent meanwhile.
WITH
    lags AS
    (
        SELECT
            room,
            stream,
            intDiv(media_us, 600000000) * 10 AS minute,
            quantileExact(0.5)(comment_lag_us) / 1e6 AS lag_seconds,
            max(comment_lag_us) / 1e6 AS longest_seconds,
            avg(lag_confidence) AS confidence
        FROM room_state
        WHERE comment_lag_us IS NOT NULL AND lag_confidence >= 0.5
        GROUP BY room, stream, minute
    ),
    said AS
    (
        SELECT room, stream, intDiv(assumeNotNull(media_us), 600000000) * 10 AS minute, count() AS comments, countIf(late) / count() AS late_share
        FROM comments
        WHERE media_us >= 0
        GROUP BY room, stream, minute
    )
SELECT room, stream, minute, lag_seconds, longest_seconds, confidence, comments, late_share
FROM lags
LEFT JOIN said USING (room, stream, minute)
ORDER BY room, stream, minute
