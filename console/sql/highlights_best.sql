    AND (score, at_us, room, stream, model, highlight)
        < (toFloat32({key_score:Float64}), {key_us:Int64}, {key_room:String}, {key_stream:String}, {key_model:String}, {key_highlight:String})
ORDER BY score DESC, at_us DESC, room DESC, stream DESC, model DESC, highlight DESC
LIMIT {limit:UInt32}
