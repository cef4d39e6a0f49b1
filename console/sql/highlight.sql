-- One highlight with its review, after the columns.
FROM (SELECT * FROM highlights WHERE room = {room:String} AND stream = {stream:String} AND model = {model:String} AND highlight = {highlight:String}) AS h
LEFT JOIN streams AS s ON h.room = s.room AND h.stream = s.stream
LEFT JOIN (SELECT * FROM reviews WHERE room = {room:String}) AS r
    ON h.room = r.room AND h.stream = r.stream AND h.model = r.model AND h.highlight = r.highlight
