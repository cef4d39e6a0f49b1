-- The models of one stream: how far each scored it, in what units, after what delays.
SELECT
    model,
    max(f.media_us + f.unit_us) AS until_us,
    max(f.unit_us) AS unit_us,
    arraySort(groupUniqArray(delay_ms)) AS delays_ms
FROM frame_scores_by_delay AS f
WHERE room = {room:String} AND stream = {stream:String}
GROUP BY model
ORDER BY until_us DESC, model
