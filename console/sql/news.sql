-- Scores captured lately in the rooms that somebody looks at, each room from its own instant on.
SELECT
    room, stream, model, media_us, unit_us, toUnixTimestamp64Micro(captured_at) AS captured_us,
    ifNotFinite(score, 0) AS score, contributions, comment_lag_us, delay_ms, final, revision
FROM frame_scores_by_delay
WHERE captured_at > fromUnixTimestamp64Micro({floor_us:Int64}, 'UTC')
    AND ({all:UInt8} = 1 OR has({rooms:Array(String)}, room))
    AND toUnixTimestamp64Micro(captured_at) > transform(room, {known:Array(String)}, {floors:Array(Int64)}, {fresh_us:Int64})
ORDER BY captured_us DESC, room, stream, model, delay_ms
LIMIT {limit:UInt32}
