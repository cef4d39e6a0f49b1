-- Every room: its streams, how much was scored, said and paid.
SELECT
    room,
    uniqExact(stream) AS streams,
    sum(units) AS scored_units,
    max(best) AS best_score,
    sum(marks) AS highlights,
    sum(said) AS comments,
    sum(items) AS gifts,
    sum(paid) AS value
FROM
(
    SELECT room, stream, 0 AS units, NULL::Nullable(Float32) AS best, 0 AS marks, 0 AS said, 0 AS items, 0. AS paid FROM streams
    UNION ALL
    SELECT room, stream, count(), max(score), 0, 0, 0, 0. FROM frame_scores GROUP BY room, stream
    UNION ALL
    SELECT room, stream, 0, NULL, count(), 0, 0, 0. FROM highlights GROUP BY room, stream
    UNION ALL
    SELECT room, stream, 0, NULL, 0, count(), 0, 0. FROM comments GROUP BY room, stream
    UNION ALL
    SELECT room, stream, 0, NULL, 0, 0, count(), sum(value) FROM gifts GROUP BY room, stream
)
GROUP BY room
ORDER BY room
