-- The models of one stream: how far each scored it, in what units, after what delays.
SELECT
    model,
    max(media_us + unit_us) AS until_us,
    max(unit_us) AS unit_us,
    arraySort(groupUniqArray(delay_ms)) AS delays_ms
FROM frame_scores_by_delay
WHERE room = {room:String} AND stream = {stream:String}
GROUP BY model
ORDER BY until_us DESC, model
