-- Hours of rooms whose gifts were written to since the hour was last rolled up.
INSERT INTO gift_hours_rows (room, hour, gifts, items, value, givers, rolled_at, revision)
SELECT
    room,
    toStartOfHour(sent_at) AS hour,
    count() AS gifts,
    sum(toUInt64(count)) AS items,
    sum(value) AS value_sum,
    uniqExact(user) AS givers,
    fromUnixTimestamp64Micro({now:Int64}, 'UTC') AS rolled_at,
    count() AS revision
FROM gifts
WHERE (room, toStartOfHour(sent_at)) GLOBAL IN
(
    SELECT room, hour
    FROM
    (
        SELECT room, toStartOfHour(sent_at) AS hour, max(written_at) AS written
        FROM gifts_rows
        WHERE sent_at < toStartOfHour(fromUnixTimestamp64Micro({now:Int64}, 'UTC'))
        GROUP BY room, hour
    ) AS raw
    LEFT JOIN (SELECT room, hour, rolled_at FROM gift_hours) AS known USING (room, hour)
    WHERE written + toIntervalSecond({overlap_s:UInt32}) >= rolled_at
)
GROUP BY room, hour
