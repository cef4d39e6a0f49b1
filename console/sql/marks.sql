-- A number per room that changes whenever one of its highlights does.
SELECT
    h.room AS room,
    sum(cityHash64(h.stream, h.model, h.highlight, h.revision, h.clip, h.thumbnail, r.revision)) AS digest
FROM highlights AS h
LEFT JOIN reviews AS r ON h.room = r.room AND h.stream = r.stream AND h.model = r.model AND h.highlight = r.highlight
WHERE {all:UInt8} = 1 OR has({rooms:Array(String)}, h.room)
GROUP BY room
