-- The files of one highlight's clip, and from where to where it reaches.
SELECT clip, thumbnail, from_us AS clip_from_us, to_us AS clip_to_us
FROM clips
WHERE room = {room:String} AND stream = {stream:String} AND model = {model:String} AND highlight = {highlight:String}
