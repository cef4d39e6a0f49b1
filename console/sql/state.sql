-- How a stream did over time: of each step its last state.
SELECT
    intDiv(media_us - {from_us:Int64}, {step_us:Int64}) AS step,
    argMax((r.comment_lag_us, r.lag_confidence, r.fps, r.drops, r.late), r.media_us) AS t,
    max(media_us) AS at_us,
    t.1 AS comment_lag_us,
    ifNotFinite(t.2, 0) AS lag_confidence,
    ifNotFinite(t.3, 0) AS fps,
    t.4 AS drops,
    t.5 AS late
FROM room_state AS r
WHERE room = {room:String} AND stream = {stream:String} AND media_us >= {from_us:Int64} AND media_us < {to_us:Int64}
GROUP BY step
ORDER BY step
