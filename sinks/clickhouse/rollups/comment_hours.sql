-- Hours of rooms whose comments were written to since the hour was last rolled up.
INSERT INTO comment_hours_rows (room, hour, comments, late, commenters, rolled_at, revision)
SELECT
    room,
    toStartOfHour(sent_at) AS hour,
    count() AS comments,
    countIf(late) AS late_comments,
    uniqExact(user) AS commenters,
    fromUnixTimestamp64Micro({now:Int64}, 'UTC') AS rolled_at,
    count() AS revision
FROM comments
WHERE (room, toStartOfHour(sent_at)) GLOBAL IN
(
    SELECT room, hour
    FROM
    (
        SELECT room, toStartOfHour(sent_at) AS hour, max(written_at) AS written
        FROM comments_rows
        WHERE sent_at < toStartOfHour(fromUnixTimestamp64Micro({now:Int64}, 'UTC'))
        GROUP BY room, hour
    ) AS raw
    LEFT JOIN (SELECT room, hour, rolled_at FROM comment_hours) AS known USING (room, hour)
    WHERE written + toIntervalSecond({overlap_s:UInt32}) >= rolled_at
)
GROUP BY room, hour
