-- The broadcasts of a room, newest first, with the models that scored them and after what delays.
SELECT
    s.stream AS stream,
    s.title AS title,
    s.source AS source,
    toUnixTimestamp64Micro(s.started_at) AS started_us,
    greatest(s.duration_us, ifNull(f.until_us, 0)) AS duration_us,
    s.simulated AS simulated,
    f.models AS models,
    f.delays_ms AS delays_ms
FROM streams AS s
LEFT JOIN
(
    SELECT stream, max(media_us + unit_us) AS until_us, groupUniqArray(model) AS models, groupUniqArray(delay_ms) AS delays_ms
    FROM frame_scores_by_delay
    WHERE room = {room:String}
    GROUP BY stream
) AS f ON s.stream = f.stream
WHERE s.room = {room:String}
ORDER BY s.started_at DESC, s.stream DESC
LIMIT {limit:UInt32}
