-- Who gave to whom: sums and weight of every pair of a user and a streamer.
-- A room is its streamer's. weight = ln(1 + mass), mass = values or counts of the gifts, each halved per half-life from its second to as_of;
-- a gift after as_of weighs more than one at it. last: second of the last gift.
-- Source: arXiv 2407.00056, edges of users and streamers; the decay is ours.
-- param half_life_hours Float64 0..1000000000 = 720: hours after which a gift weighs half; 0 for never
-- param basis String = value: what is summed, value or count
-- param as_of_us Int64 = 0: the moment that weights are as of, Unix microseconds; 0 for the last gift
WITH given AS
(
    SELECT
        user,
        room AS streamer,
        toUnixTimestamp(toDateTime(sent_at, 'UTC')) AS second,
        count,
        value
    FROM gifts
    WHERE user != '' AND room != '' AND count > 0 AND value >= 0
),
edges AS
(
    SELECT
        user,
        streamer,
        toUInt32(max(second)) AS last,
        toUInt64(sum(count)) AS items,
        sum(value) AS total,
        sum(if({basis:String} = 'count', toFloat64(count), value) * exp2(if({half_life_hours:Float64} = 0, 0., (toInt64(second) -
            if({as_of_us:Int64} = 0, toInt64(ifNull((SELECT max(second) FROM given), 0)), intDiv({as_of_us:Int64}, 1000000)))
            / ({half_life_hours:Float64} * 3600)))) AS mass,
        toFloat32(log1p(mass)) AS weight
    FROM given
    GROUP BY user, streamer
)
SELECT user, streamer, last, items, total AS value, mass, weight
FROM edges
ORDER BY user, streamer
