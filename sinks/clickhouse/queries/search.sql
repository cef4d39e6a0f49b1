-- Moments at which words were written or said aloud, most often first; all of the words within ten seconds. Comments count where their moment was, by the stream's comment lag.
-- param words String: what to look for
-- param room String = : one room; empty for all
-- param limit UInt32 = 20: how many
WITH arrayDistinct(arrayFilter(word -> word != '', splitByNonAlpha(lowerUTF8({words:String})))) AS wanted
SELECT
    room,
    stream,
    at_us / 1e6 AS second,
    hits,
    score,
    arraySlice(found, 1, 3) AS texts
FROM
(
    SELECT
        room,
        stream,
        intDiv(at, 10000000) * 10000000 AS at_us,
        count() AS hits,
        groupArray(50)(text) AS found,
        arrayStringConcat(found, ' ') AS joined
    FROM
    (
        SELECT room, stream, media_us - lag_us AS at, text
        FROM (SELECT * FROM comments WHERE media_us IS NOT NULL) AS said
        LEFT JOIN
        (
            SELECT room, stream, toInt64(ifNull(avgIf(comment_lag_us, lag_confidence >= 0.5), 0)) AS lag_us
            FROM room_state
            WHERE comment_lag_us IS NOT NULL
            GROUP BY room, stream
        ) AS lags USING (room, stream)
        UNION ALL
        SELECT room, stream, start_us AS at, text FROM words
    )
    WHERE ({room:String} = '' OR room = {room:String})
        AND arrayExists(word -> positionCaseInsensitiveUTF8(text, word) > 0, wanted)
    GROUP BY room, stream, at_us
    HAVING arrayAll(word -> positionCaseInsensitiveUTF8(joined, word) > 0, wanted)
) AS moments
LEFT JOIN
(
    SELECT room, stream, intDiv(media_us, 10000000) * 10000000 AS at_us, max(score) AS score
    FROM frame_scores
    GROUP BY room, stream, at_us
) AS scored USING (room, stream, at_us)
ORDER BY hits DESC, room, stream, at_us
LIMIT {limit:UInt32}
