-- The best moments of a day over all rooms, at most a few of each room.
-- param day String = : a day as 2026-11-22 (UTC); empty for the latest day that has scores
-- param each UInt32 = 5: at most so many of one room
-- param limit UInt32 = 20: how many in all
SELECT
    room,
    stream,
    media_us / 1e6 AS second,
    captured_at,
    score,
    model
FROM frame_scores
WHERE toDate(captured_at) = if({day:String} = '', (SELECT max(toDate(captured_at)) FROM frame_scores), toDateOrZero({day:String}))
ORDER BY score DESC, room, stream, media_us, model
LIMIT {each:UInt32} BY room
LIMIT {limit:UInt32}
