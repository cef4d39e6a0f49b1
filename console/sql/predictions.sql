-- The last prediction for every viewer of a room's stream, and what that viewer has given since.
WITH
    last AS
    (
        SELECT stream, streamer, user, media_us, probability, expected_value, reason, model
        FROM gift_predictions
        WHERE room = {room:String} AND stream = {stream:String} AND ({model:String} = '' OR model = {model:String})
        ORDER BY media_us DESC, model
        LIMIT 1 BY user
    )
SELECT
    last.streamer AS streamer,
    last.user AS user,
    last.media_us AS media_us,
    ifNotFinite(last.probability, 0) AS probability,
    ifNotFinite(last.expected_value, 0) AS expected_value,
    last.reason AS reason,
    last.model AS model,
    sumIf(g.value, g.value > 0 AND g.media_us >= last.media_us) AS given,
    sumIf(g.value, g.value > 0 AND g.media_us < last.media_us) AS given_before
FROM last
LEFT JOIN (SELECT user, assumeNotNull(media_us) AS media_us, value FROM gifts WHERE room = {room:String} AND stream = {stream:String} AND media_us IS NOT NULL) AS g
    ON last.user = g.user
GROUP BY streamer, user, media_us, probability, expected_value, reason, model
ORDER BY expected_value DESC, probability DESC, user
LIMIT {limit:UInt32}
