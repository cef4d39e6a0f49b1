-- The three best moments of every hour of every room, with the clip that was cut there and what was being said.
--
-- kairos sql --file examples/sql/top-moments-per-hour.sql
--
-- A moment lasts longer than a unit, so only the best unit within ten seconds on either side stands for it. Hours are wall time, UTC.
-- Comments are those sent while the moment's reactions arrived: from its start, moved later by the comment lag, for ten seconds.
WITH
    peaks AS
    (
        SELECT *, max(score) OVER (PARTITION BY room, stream, model ORDER BY media_us RANGE BETWEEN 10000000 PRECEDING AND 10000000 FOLLOWING) AS highest
        FROM frame_scores
    ),
    best AS
    (
        SELECT room, stream, model, toStartOfHour(captured_at) AS hour, media_us, score, ifNull(comment_lag_us, 0) AS lag_us
        FROM peaks
        WHERE score = highest
        ORDER BY room, model, hour, score DESC, stream, media_us
        LIMIT 3 BY room, model, hour
    ),
    cut AS
    (
        SELECT best.room AS room, best.stream AS stream, best.model AS model, best.media_us AS media_us, any(clip) AS clip
        FROM best
        INNER JOIN highlights ON best.room = highlights.room AND best.stream = highlights.stream AND best.model = highlights.model
        WHERE best.media_us >= start_us AND best.media_us < end_us
        GROUP BY room, stream, model, media_us
    ),
    said AS
    (
        SELECT best.room AS room, best.stream AS stream, best.model AS model, best.media_us AS media_us,
            count() AS comments, arraySlice(arraySort(groupArray((comments.media_us, text))), 1, 3).2 AS texts
        FROM best
        INNER JOIN comments ON best.room = comments.room AND best.stream = comments.stream
        WHERE comments.media_us >= best.media_us + lag_us AND comments.media_us < best.media_us + lag_us + 10000000
        GROUP BY room, stream, model, media_us
    )
SELECT room, hour, model, stream, media_us / 1e6 AS second, score, clip, comments, texts
FROM best
LEFT JOIN cut USING (room, stream, model, media_us)
LEFT JOIN said USING (room, stream, model, media_us)
ORDER BY room, model, hour, score DESC, stream, second
