-- Which rooms grow: the last seven days against the seven before, from the rollups, so also where the rows themselves have been dropped.
--
-- kairos sql --rollup && kairos sql --file examples/sql/week-over-week.sql
--
-- The last seven days end with the last hour that any room has. NULL where there is nothing to compare with. Values are United States dollars.
WITH (SELECT max(hour) FROM room_hours) AS last
SELECT
    room,
    new_comments AS comments,
    if(old_comments = 0, NULL, new_comments / old_comments - 1) AS comments_change,
    new_value AS value,
    if(old_value = 0, NULL, new_value / old_value - 1) AS value_change,
    new_watched / 3.6e9 AS hours_watched,
    if(old_watched = 0, NULL, new_watched / old_watched - 1) AS watched_change
FROM
(
    SELECT
        room,
        sumIf(comments, hour > last - INTERVAL 7 DAY) AS new_comments,
        sumIf(comments, hour <= last - INTERVAL 7 DAY) AS old_comments,
        sumIf(value, hour > last - INTERVAL 7 DAY) AS new_value,
        sumIf(value, hour <= last - INTERVAL 7 DAY) AS old_value,
        sumIf(watched_us, hour > last - INTERVAL 7 DAY) AS new_watched,
        sumIf(watched_us, hour <= last - INTERVAL 7 DAY) AS old_watched
    FROM room_hours
    WHERE hour > last - INTERVAL 14 DAY
    GROUP BY room
)
ORDER BY value DESC, room
