-- Highlights with their reviews, filtered, after the columns; a page of them after a key. `total` counts all that pass the filter.
    , count() OVER () AS total
FROM highlights AS h
LEFT JOIN streams AS s ON h.room = s.room AND h.stream = s.stream
LEFT JOIN reviews AS r ON h.room = r.room AND h.stream = r.stream AND h.model = r.model AND h.highlight = r.highlight
WHERE (empty({rooms:Array(String)}) OR has({rooms:Array(String)}, h.room))
    AND ({stream:String} = '' OR h.stream = {stream:String})
    AND ({model:String} = '' OR h.model = {model:String})
    AND ({state:String} = '' OR toString(h.state) = {state:String})
    AND h.score >= {min_score:Float64}
    AND ({verdict:String} = 'any'
        OR ({verdict:String} = 'open' AND r.verdict = '')
        OR ({verdict:String} = 'reviewed' AND r.verdict != '')
        OR r.verdict = {verdict:String})
    AND at_us >= {from_us:Int64} AND at_us < {to_us:Int64}
    AND ({text:String} = ''
        OR positionCaseInsensitiveUTF8(r.note, {text:String}) > 0
        OR positionCaseInsensitiveUTF8(s.title, {text:String}) > 0
        OR (h.room, h.stream, h.highlight) IN
        (
            SELECT m.room, m.stream, m.highlight
            FROM highlights AS m
            INNER JOIN
            (
                SELECT room, stream, assumeNotNull(media_us) AS at_us FROM comments
                WHERE {text:String} != '' AND media_us IS NOT NULL AND positionCaseInsensitiveUTF8(text, {text:String}) > 0
                UNION ALL
                SELECT room, stream, start_us FROM words
                WHERE {text:String} != '' AND positionCaseInsensitiveUTF8(text, {text:String}) > 0
            ) AS said ON m.room = said.room AND m.stream = said.stream
            WHERE said.at_us >= m.start_us AND said.at_us < m.end_us
        ))
