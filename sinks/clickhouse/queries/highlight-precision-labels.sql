-- How well the highlights of each model meet the labels of a broadcast, in seconds and in whole highlights.
-- A second is covered by an interval when its middle is. It is positive when at least half of the labels that cover it are; a second
-- without a label is not. Labels without a stream hold for every broadcast of their room; broadcasts without labels have no row.
-- precision = both / marked_seconds, recall = both / positive_seconds, f1 their harmonic mean; hits are highlights that cover a positive
-- second. NULL where there is nothing to divide by.
-- param room String = : one room; empty for all
-- param model String = : one model; empty for all
-- param source String = : one source of labels; empty for all
WITH
    judged AS
    (
        SELECT DISTINCT room, stream, model
        FROM (SELECT room, stream, model FROM frame_scores UNION ALL SELECT room, stream, model FROM highlights)
        WHERE ({room:String} = '' OR room = {room:String})
            AND ({model:String} = '' OR model = {model:String})
    ),
    covered AS
    (
        SELECT room, stream, model, start_us, end_us, 0 AS labelled, 0 AS positive, [highlight] AS marks FROM highlights
        UNION ALL
        SELECT
            j.room AS room,
            j.stream AS stream,
            j.model AS model,
            l.start_us AS start_us,
            l.end_us AS end_us,
            1 AS labelled,
            toUInt8(l.positive != 0) AS positive,
            [] AS marks
        FROM judged AS j
        INNER JOIN highlight_labels AS l ON j.room = l.room
        WHERE (l.stream = '' OR l.stream = j.stream) AND ({source:String} = '' OR l.source = {source:String})
    ),
    seconds AS
    (
        SELECT
            room,
            stream,
            model,
            arrayJoin(range(
                greatest(0, intDiv(start_us + 499999, 1000000))::UInt64,
                greatest(0, intDiv(end_us + 499999, 1000000))::UInt64
            )) AS sec,
            sum(labelled) AS labels,
            labels > 0 AND 2 * sum(positive) >= labels AS is_positive,
            groupUniqArrayArray(marks) AS ids
        FROM covered
        WHERE (room, stream, model) IN (SELECT room, stream, model FROM judged)
        GROUP BY room, stream, model, sec
    )
SELECT
    room,
    stream,
    model,
    uniqExactArray(ids) AS highlights,
    uniqExactArrayIf(ids, is_positive) AS hits,
    countIf(notEmpty(ids)) AS marked_seconds,
    countIf(is_positive) AS positive_seconds,
    countIf(is_positive AND notEmpty(ids)) AS both,
    if(marked_seconds = 0, NULL, both / marked_seconds) AS precision,
    if(positive_seconds = 0, NULL, both / positive_seconds) AS recall,
    if(marked_seconds + positive_seconds = 0, NULL, 2 * both / (marked_seconds + positive_seconds)) AS f1
FROM seconds
GROUP BY room, stream, model
HAVING sum(labels) > 0
ORDER BY room, stream, model
