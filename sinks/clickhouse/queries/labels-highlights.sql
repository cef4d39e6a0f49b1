-- One 0/1 label per second of every broadcast, from final highlights and from the table of labels.
-- Second t is covered by an interval when its middle is: start_us <= (t + 0.5) * 1e6 < end_us. So an interval of n seconds gives n seconds,
-- give or take one, and neighbours do not both claim the second between them.
-- labelled: rows of `highlight_labels` that cover the second; a row without a stream holds for every broadcast of its room.
-- highlighted: final highlights that cover it. Provisional and withdrawn ones count nowhere.
-- label: where it is labelled, 1 when at least half of its labels are positive, so that a reviewer's no outdoes a highlight; elsewhere 1 when
-- it is highlighted; else 0. Seconds run from 0 to the end of what is known: streams, scores, final highlights, labels.
-- param room String = : one room; empty for all
-- param stream String = : one stream; empty for all
-- param model String = : the model whose highlights count; empty for all
-- param source String = : one source of labels; empty for all
-- param origin String = : `highlights` or `labels` to take that table alone; empty for both
WITH
    marks AS
    (
        SELECT room, stream, start_us, end_us
        FROM highlights
        WHERE state = 'final' AND {origin:String} IN ('', 'highlights')
            AND ({model:String} = '' OR model = {model:String})
    ),
    labels AS
    (
        SELECT room, stream, start_us, end_us, positive
        FROM highlight_labels
        WHERE {origin:String} IN ('', 'labels')
            AND ({source:String} = '' OR source = {source:String})
    ),
    broadcasts AS
    (
        SELECT room, stream, max(until) AS until
        FROM
        (
            SELECT room, stream, duration_us AS until FROM streams
            UNION ALL
            SELECT room, stream, media_us + unit_us AS until FROM frame_scores
            UNION ALL
            SELECT room, stream, end_us AS until FROM marks
            UNION ALL
            SELECT room, stream, end_us AS until FROM labels
        )
        WHERE {room:String} = '' OR room = {room:String}
        GROUP BY room, stream
        -- Labels of a room stand for a broadcast of their own only where no other is known.
        QUALIFY stream != '' OR countIf(stream != '') OVER (PARTITION BY room) = 0
    ),
    covered AS
    (
        SELECT
            room,
            stream,
            arrayJoin(range(
                greatest(0, intDiv(start_us + 499999, 1000000))::UInt64,
                greatest(0, intDiv(end_us + 499999, 1000000))::UInt64
            )) AS sec,
            labelled,
            positive,
            highlighted
        FROM
        (
            SELECT room, stream, start_us, end_us, 0 AS labelled, 0 AS positive, 1 AS highlighted FROM marks
            UNION ALL
            SELECT b.room AS room, b.stream AS stream, l.start_us AS start_us, l.end_us AS end_us, 1 AS labelled,
                toUInt8(l.positive != 0) AS positive, 0 AS highlighted
            FROM labels AS l
            INNER JOIN broadcasts AS b ON l.room = b.room
            WHERE l.stream = '' OR l.stream = b.stream
        )
    ),
    seconds AS
    (
        SELECT room, stream, arrayJoin(range(intDiv(greatest(until, 0) + 999999, 1000000)::UInt64)) AS sec
        FROM broadcasts
        WHERE {stream:String} = '' OR stream = {stream:String}
    )
SELECT
    room,
    stream,
    s.sec AS sec,
    toInt64(sec) * 1000000 AS media_us,
    toInt64(1000000) AS unit_us,
    sum(c.labelled) AS labelled,
    sum(c.highlighted) AS highlighted,
    toUInt8(if(labelled > 0, 2 * sum(c.positive) >= labelled, highlighted > 0)) AS label
FROM seconds AS s
LEFT JOIN covered AS c USING (room, stream, sec)
GROUP BY room, stream, sec
ORDER BY room, stream, sec
