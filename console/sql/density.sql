-- How much was said, paid and spoken in each step.
SELECT
    intDiv(at_us - {from_us:Int64}, {step_us:Int64}) AS step,
    sum(comment) AS comments,
    sum(is_late) AS late,
    sum(item) AS gifts,
    sum(paid) AS value,
    sum(word) AS words
FROM
(
    SELECT assumeNotNull(media_us) AS at_us, 1 AS comment, toUInt8(late) AS is_late, 0 AS item, 0. AS paid, 0 AS word
    FROM comments
    WHERE room = {room:String} AND stream = {stream:String} AND media_us >= {from_us:Int64} AND media_us < {to_us:Int64}
    UNION ALL
    SELECT assumeNotNull(media_us), 0, 0, 1, ifNotFinite(value, 0), 0
    FROM gifts
    WHERE room = {room:String} AND stream = {stream:String} AND media_us >= {from_us:Int64} AND media_us < {to_us:Int64}
    UNION ALL
    SELECT start_us, 0, 0, 0, 0., 1
    FROM words
    WHERE room = {room:String} AND stream = {stream:String} AND start_us >= {from_us:Int64} AND start_us < {to_us:Int64}
)
GROUP BY step
ORDER BY step
