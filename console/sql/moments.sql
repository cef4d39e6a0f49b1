-- What was spoken in some stretches of half a minute, and their best scores.
WITH
    asked AS
    (
        SELECT p.1 AS room, p.2 AS stream, p.3 AS stretch
        FROM (SELECT arrayJoin(arrayZip({rooms:Array(String)}, {streams:Array(String)}, {stretches:Array(Int64)})) AS p)
    )
SELECT room, stream, stretch, max(speech) AS speech, ifNotFinite(max(high), 0) AS score
FROM
(
    SELECT room, stream, intDiv(start_us, 30000000) AS stretch,
        arrayStringConcat(arrayMap(x -> x.2, arraySort(groupArray((start_us, text)))), ' ') AS speech, toFloat32(0) AS high
    FROM words
    WHERE room IN (SELECT room FROM asked) AND (room, stream, intDiv(start_us, 30000000)) IN (SELECT room, stream, stretch FROM asked)
    GROUP BY room, stream, stretch
    UNION ALL
    SELECT room, stream, intDiv(media_us, 30000000) AS stretch, '', max(score)
    FROM frame_scores_by_delay
    WHERE room IN (SELECT room FROM asked) AND (room, stream, intDiv(media_us, 30000000)) IN (SELECT room, stream, stretch FROM asked)
    GROUP BY room, stream, stretch
)
GROUP BY room, stream, stretch
