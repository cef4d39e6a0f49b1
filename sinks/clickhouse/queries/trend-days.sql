-- Every room day by day: what viewers did, what was paid, how its moments scored; from the hours of the last `kairos sql --rollup`, so also where rows have been dropped.
-- Days are of UTC. The day on which it was rolled up has the hours that were over. mean_score is over units, best_score the highest of one;
-- NULL where nothing was scored. Users are not counted: those of several hours don't add up.
-- param room String = : one room; empty for all
-- param model String = : scores of one model; empty for all
-- param days UInt32 = 30: how many days, up to the last one that has anything
WITH all_days AS
(
    SELECT
        room,
        toDate(hour) AS day,
        comments,
        gifts,
        items,
        value,
        impressions,
        clicks,
        watched_us,
        toUInt64(0) AS units,
        0. AS score_sum,
        NULL::Nullable(Float32) AS best
    FROM room_hours
    UNION ALL
    SELECT room, toDate(hour), 0, 0, 0, 0., 0, 0, 0, units, score_sum, best
    FROM score_hours
    WHERE {model:String} = '' OR model = {model:String}
)
SELECT
    room,
    day,
    sum(comments) AS comments,
    sum(gifts) AS gifts,
    sum(items) AS items,
    sum(value) AS value,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    if(impressions = 0, NULL, clicks / impressions) AS click_rate,
    sum(watched_us) / 3.6e9 AS hours_watched,
    sum(units) AS units,
    if(units = 0, NULL, sum(score_sum) / units) AS mean_score,
    max(best) AS best_score
FROM all_days
WHERE ({room:String} = '' OR room = {room:String})
    AND day > (SELECT max(day) FROM all_days) - {days:UInt32}
GROUP BY room, day
ORDER BY room, day
