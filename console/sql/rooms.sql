-- One row per room: its last broadcast, how far that is, how it does, how many highlights wait for an editor.
WITH
    last AS
    (
        SELECT
            room,
            count() AS streams,
            argMax((stream, title, started_at, duration_us, simulated), (started_at, stream)) AS s
        FROM streams
        WHERE ({q:String} = '' OR positionCaseInsensitiveUTF8(room, {q:String}) > 0 OR positionCaseInsensitiveUTF8(title, {q:String}) > 0)
            AND ({room:String} = '' OR room = {room:String})
            AND room > {after:String}
        GROUP BY room
        ORDER BY room
        LIMIT {limit:UInt32}
    ),
    names AS (SELECT room, s.1 AS stream FROM last),
    -- By model first: the largest of a pair for every unit would take twice as long as all the rest.
    models AS
    (
        SELECT
            room,
            stream,
            model,
            max(f.media_us + f.unit_us) AS until_us,
            max(f.captured_at) AS captured_at,
            max(f.unit_us) AS unit_us,
            argMax(f.score, f.media_us) AS score
        FROM frame_scores_by_delay AS f
        WHERE room IN (SELECT room FROM names)
        GROUP BY room, stream, model
    ),
    scored AS
    (
        SELECT
            room,
            stream,
            max(m.until_us) AS media_us,
            max(m.captured_at) AS captured_at,
            max(m.unit_us) AS unit_us,
            argMax(m.model, (m.until_us, m.model)) AS model,
            argMax(m.score, (m.until_us, m.model)) AS score
        FROM models AS m
        GROUP BY room, stream
    ),
    states AS
    (
        SELECT room, stream, argMax((comment_lag_us, lag_confidence, fps, drops, late, comments, gifts), media_us) AS t
        FROM room_state
        WHERE (room, stream) IN names
        GROUP BY room, stream
    ),
    marks AS
    (
        SELECT
            room,
            count() AS highlights,
            countIf(verdict = '') AS open
        FROM highlights
        LEFT JOIN reviews USING (room, stream, model, highlight)
        WHERE room IN (SELECT room FROM last)
        GROUP BY room
    )
SELECT
    last.room AS room,
    last.s.1 AS stream,
    last.s.2 AS title,
    last.streams AS streams,
    toUnixTimestamp64Micro(last.s.3) AS started_us,
    greatest(last.s.4, scored.media_us) AS media_us,
    scored.unit_us AS unit_us,
    toUnixTimestamp64Micro(scored.captured_at) AS captured_us,
    last.s.5 AS simulated,
    scored.model AS model,
    ifNotFinite(scored.score, 0) AS score,
    states.t.1 AS comment_lag_us,
    ifNotFinite(states.t.2, 0) AS lag_confidence,
    ifNotFinite(states.t.3, 0) AS fps,
    states.t.4 AS drops,
    states.t.5 AS late,
    states.t.6 AS comments,
    states.t.7 AS gifts,
    marks.highlights AS highlights,
    marks.open AS open
FROM last
LEFT JOIN scored ON last.room = scored.room AND last.s.1 = scored.stream
LEFT JOIN states ON last.room = states.room AND last.s.1 = states.stream
LEFT JOIN marks ON last.room = marks.room
ORDER BY room
