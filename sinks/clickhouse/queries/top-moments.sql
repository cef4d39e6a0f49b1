-- The highest scored moments of a room.
-- param room String: the room
-- param stream String = : one stream of it; empty for all
-- param model String = : one model; empty for all
-- param limit UInt32 = 20: how many
SELECT
    stream,
    media_us / 1e6 AS second,
    captured_at,
    score,
    final,
    missing,
    model
FROM frame_scores
WHERE room = {room:String}
    AND ({stream:String} = '' OR stream = {stream:String})
    AND ({model:String} = '' OR model = {model:String})
ORDER BY score DESC, stream, media_us, model
LIMIT {limit:UInt32}
