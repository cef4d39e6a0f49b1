-- Click-through rate of every unit, drawn to the mean of its broadcast where few were shown it: ContentCTR's label.
-- impressions, clicks: rows of `feedback` of that kind with their media time in [media_us, media_us + unit_us). A click counts in the
-- unit in which it was made, its impression in the unit in which it was shown. Late rows count; rows without a place in the media, or
-- from before its first picture, do not.
-- label = (clicks + smoothing * ctr) / (impressions + smoothing), 0 to 1, with ctr = clicks / impressions of the whole broadcast. More clicks
-- than impressions give at most 1. A unit without impressions has no label and no row.
-- Source: arXiv 2306.14392; that labels are smoothed towards the mean of the live stream is known, the formula is ours.
-- param room String = : one room; empty for all
-- param stream String = : one stream; empty for all
-- param unit_ms UInt32 1..86400000 = 2000: length of a unit, milliseconds
-- param smoothing Float64 0..1000000000 = 40: how many impressions the mean of the broadcast weighs
WITH units AS
(
    SELECT
        room,
        stream,
        intDiv(assumeNotNull(media_us), toInt64({unit_ms:UInt32}) * 1000) AS unit,
        countIf(kind = 'impression') AS impressions,
        countIf(kind = 'click') AS clicks
    FROM feedback
    WHERE media_us >= 0
        AND ({room:String} = '' OR room = {room:String})
        AND ({stream:String} = '' OR stream = {stream:String})
    GROUP BY room, stream, unit
)
SELECT
    room,
    stream,
    unit * toInt64({unit_ms:UInt32}) * 1000 AS media_us,
    toInt64({unit_ms:UInt32}) * 1000 AS unit_us,
    impressions,
    clicks,
    least(1., (clicks + {smoothing:Float64} * ctr) / (impressions + {smoothing:Float64})) AS label
FROM
(
    SELECT *, sum(clicks) OVER (PARTITION BY room, stream) / sum(impressions) OVER (PARTITION BY room, stream) AS ctr
    FROM units
)
WHERE impressions > 0
ORDER BY room, stream, media_us
