-- Hours of rooms and models whose scores were written to since the hour was last rolled up.
INSERT INTO score_hours_rows (room, model, hour, units, final_units, score_sum, best, rolled_at, revision)
SELECT
    room,
    model,
    toStartOfHour(captured_at) AS hour,
    count() AS units,
    countIf(final) AS final_units,
    sum(toFloat64(score)) AS score_sum,
    max(score) AS best,
    fromUnixTimestamp64Micro({now:Int64}, 'UTC') AS rolled_at,
    units AS revision
FROM frame_scores
WHERE (room, model, toStartOfHour(captured_at)) GLOBAL IN
(
    SELECT room, model, hour
    FROM
    (
        SELECT room, model, toStartOfHour(captured_at) AS hour, max(written_at) AS written
        FROM frame_scores_rows
        WHERE captured_at < toStartOfHour(fromUnixTimestamp64Micro({now:Int64}, 'UTC'))
        GROUP BY room, model, hour
    ) AS raw
    LEFT JOIN (SELECT room, model, hour, rolled_at FROM score_hours) AS known USING (room, model, hour)
    WHERE written + toIntervalSecond({overlap_s:UInt32}) >= rolled_at
)
GROUP BY room, model, hour
