-- What made the score of the unit around a moment.
SELECT scores, contributions, missing, comment_lag_us, delay_ms, final, media_us, unit_us
FROM frame_scores_by_delay
WHERE room = {room:String} AND stream = {stream:String} AND model = {model:String}
    AND media_us <= {at_us:Int64} AND media_us + unit_us > {at_us:Int64}
ORDER BY revision DESC, delay_ms DESC
LIMIT 1
