-- The best score of every step of several streams, each from its own start with its own step.
SELECT
    room,
    intDiv(media_us - transform(room, {rooms:Array(String)}, {froms:Array(Int64)}, toInt64(0)),
        transform(room, {rooms:Array(String)}, {steps:Array(Int64)}, toInt64(1))) AS step,
    ifNotFinite(max(score), 0) AS high
FROM
(
    SELECT room, media_us, score
    FROM frame_scores_by_delay
    WHERE (room, stream, model) IN
        (
            SELECT p.1, p.2, p.3
            FROM (SELECT arrayJoin(arrayZip({rooms:Array(String)}, {streams:Array(String)}, {models:Array(String)})) AS p)
        )
        AND media_us >= transform(room, {rooms:Array(String)}, {froms:Array(Int64)}, toInt64(0))
    ORDER BY room, media_us, revision DESC, delay_ms DESC
    LIMIT 1 BY room, media_us
)
GROUP BY room, step
ORDER BY room, step
