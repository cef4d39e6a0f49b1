-- Speech of a stretch.
SELECT start_us, end_us, text, language, ifNotFinite(probability, 0) AS probability
FROM words
WHERE room = {room:String} AND stream = {stream:String} AND end_us > {from_us:Int64} AND start_us < {to_us:Int64}
ORDER BY start_us, end_us
LIMIT {limit:UInt32}
