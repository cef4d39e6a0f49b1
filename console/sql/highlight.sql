-- One highlight with its review.
SELECT
    h.room AS room,
    h.stream AS stream,
    h.model AS model,
    h.highlight AS highlight,
    s.title AS title,
    toUnixTimestamp64Micro(s.started_at) + h.start_us AS at_us,
    h.start_us AS start_us,
    h.end_us AS end_us,
    h.peak_us AS peak_us,
    ifNotFinite(h.score, 0) AS score,
    toString(h.state) AS state,
    toBool(h.clip != '') AS has_clip,
    toBool(h.thumbnail != '') AS has_thumbnail,
    h.revision AS revision,
    r.verdict AS verdict,
    r.from_us AS trim_from_us,
    r.to_us AS trim_to_us,
    r.note AS note,
    r.reviewer AS reviewer,
    if(r.revision = 0, 0, toUnixTimestamp64Micro(r.reviewed_at)) AS reviewed_us
FROM (SELECT * FROM highlights WHERE room = {room:String} AND stream = {stream:String} AND model = {model:String} AND highlight = {highlight:String}) AS h
LEFT JOIN streams AS s ON h.room = s.room AND h.stream = s.stream
LEFT JOIN (SELECT * FROM reviews WHERE room = {room:String}) AS r
    ON h.room = r.room AND h.stream = r.stream AND h.model = r.model AND h.highlight = r.highlight
