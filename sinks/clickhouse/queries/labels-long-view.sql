-- Long-view-through rate (LVTR) of every unit: of those who were shown it, the share that watched for long.
-- impressions: rows of `feedback` of that kind with their media time in [media_us, media_us + unit_us). Late rows count; rows without a place
-- in the media, from before its first picture, or without a user do not.
-- long_views: impressions after which their user watched longer than `threshold_s`, in all, before that user's next impression of the
-- broadcast. A long view counts in the unit of its impression, however far the watching reached; watching that no impression came
-- before counts nowhere.
-- label = long_views / impressions, 0 to 1. A unit without impressions has no label and no row.
-- Source: arXiv 2407.12002, the target of the highlight model. The paper's threshold is not known; the default is ours.
-- param room String = : one room; empty for all
-- param stream String = : one stream; empty for all
-- param unit_ms UInt32 1..86400000 = 2000: length of a unit, milliseconds
-- param threshold_s Float64 = 30: a view is long when it is longer than this, seconds
WITH
    events AS
    (
        SELECT
            room,
            stream,
            user,
            kind,
            media_us,
            watched_us,
            countIf(kind = 'impression') OVER
            (
                PARTITION BY room, stream, user
                ORDER BY sent_at, kind = 'watch', id
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS visit
        FROM feedback
        WHERE kind IN ('impression', 'watch')
            AND user != ''
            AND ({room:String} = '' OR room = {room:String})
            AND ({stream:String} = '' OR stream = {stream:String})
    ),
    visits AS
    (
        SELECT
            room,
            stream,
            minIf(media_us, kind = 'impression') AS shown_us,
            sumIf(watched_us, kind = 'watch') AS watched
        FROM events
        WHERE visit > 0
        GROUP BY room, stream, user, visit
    )
SELECT
    room,
    stream,
    intDiv(assumeNotNull(shown_us), toInt64({unit_ms:UInt32}) * 1000) * toInt64({unit_ms:UInt32}) * 1000 AS media_us,
    toInt64({unit_ms:UInt32}) * 1000 AS unit_us,
    count() AS impressions,
    countIf(watched > {threshold_s:Float64} * 1e6) AS long_views,
    long_views / impressions AS label
FROM visits
WHERE shown_us >= 0
GROUP BY room, stream, media_us
ORDER BY room, stream, media_us
