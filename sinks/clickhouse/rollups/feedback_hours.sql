-- Hours of rooms whose feedback were written to since the hour was last rolled up.
INSERT INTO feedback_hours_rows (room, hour, impressions, clicks, watches, watched_us, viewers, rolled_at, revision)
SELECT
    room,
    toStartOfHour(sent_at) AS hour,
    countIf(kind = 'impression') AS impressions,
    countIf(kind = 'click') AS clicks,
    countIf(kind = 'watch') AS watches,
    sum(watched_us) AS watched,
    uniqExact(user) AS viewers,
    fromUnixTimestamp64Micro({now:Int64}, 'UTC') AS rolled_at,
    count() AS revision
FROM feedback
WHERE (room, toStartOfHour(sent_at)) GLOBAL IN
(
    SELECT room, hour
    FROM
    (
        SELECT room, toStartOfHour(sent_at) AS hour, max(written_at) AS written
        FROM feedback_rows
        WHERE sent_at < toStartOfHour(fromUnixTimestamp64Micro({now:Int64}, 'UTC'))
        GROUP BY room, hour
    ) AS raw
    LEFT JOIN (SELECT room, hour, rolled_at FROM feedback_hours) AS known USING (room, hour)
    WHERE written + toIntervalSecond({overlap_s:UInt32}) >= rolled_at
)
GROUP BY room, hour
