-- The hours of the day of every room: how much is said, paid and clicked in each on average; from the hours of the last `kairos sql --rollup`, so also where rows have been dropped.
-- Hours are of UTC, 0 to 23. days: days on which anything happened in that hour; means are over those.
-- param room String = : one room; empty for all
-- param days UInt32 = 30: how many days, up to the last one that has anything
SELECT
    room,
    toHour(hour) AS hour_of_day,
    count() AS days,
    avg(comments) AS mean_comments,
    avg(commenters) AS mean_commenters,
    avg(gifts) AS mean_gifts,
    avg(value) AS mean_value,
    if(sum(impressions) = 0, NULL, sum(clicks) / sum(impressions)) AS click_rate,
    avg(watched_us) / 3.6e9 AS mean_hours_watched
FROM room_hours
WHERE ({room:String} = '' OR room = {room:String})
    AND toDate(hour) > (SELECT max(toDate(hour)) FROM room_hours) - {days:UInt32}
GROUP BY room, hour_of_day
ORDER BY room, hour_of_day
