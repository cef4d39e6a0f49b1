-- Comments of a stretch in order of media time, after a key.
SELECT assumeNotNull(media_us) AS media_us, id, user, text, toUnixTimestamp64Micro(sent_at) AS sent_us, late
FROM comments
WHERE room = {room:String} AND stream = {stream:String}
    AND media_us >= {from_us:Int64} AND media_us < {to_us:Int64}
    AND ({q:String} = '' OR positionCaseInsensitiveUTF8(text, {q:String}) > 0)
    AND (assumeNotNull(media_us), id) > ({after_us:Int64}, {after_id:String})
ORDER BY media_us, id
LIMIT {limit:UInt32}
