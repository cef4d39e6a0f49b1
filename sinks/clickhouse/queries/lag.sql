-- How far comments trail the picture, per room: quantiles of the estimate and how sure it is.
-- param room String = : one room; empty for all
SELECT
    room,
    count(comment_lag_us) AS estimates,
    quantileExact(0.1)(comment_lag_us) / 1e6 AS low_seconds,
    quantileExact(0.5)(comment_lag_us) / 1e6 AS median_seconds,
    quantileExact(0.9)(comment_lag_us) / 1e6 AS high_seconds,
    avg(lag_confidence) AS confidence
FROM room_state
WHERE {room:String} = '' OR room = {room:String}
GROUP BY room
ORDER BY room
