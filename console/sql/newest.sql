-- How far each room that somebody looks at has come.
SELECT room, toUnixTimestamp64Micro(max(captured_at)) AS captured_us
FROM frame_scores_by_delay
WHERE {all:UInt8} = 1 OR has({rooms:Array(String)}, room)
GROUP BY room
