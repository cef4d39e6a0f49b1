-- The best score of every step of several rooms' streams, each from its own start with its own step.
SELECT
    room,
    intDiv(media_us - from_us, step_us) AS step,
    ifNotFinite(max(newest), 0) AS high
FROM
(
    SELECT
        room,
        media_us,
        transform(room, {rooms:Array(String)}, {froms:Array(Int64)}, toInt64(0)) AS from_us,
        transform(room, {rooms:Array(String)}, {steps:Array(Int64)}, toInt64(1)) AS step_us,
        argMax(score, toUInt64(revision) * 4294967296 + delay_ms) AS newest
    FROM frame_scores_by_delay
    -- Not by the triple of names: a set of triples is looked up for every row, and takes as long as all the rest.
    WHERE media_us >= transform(room, {rooms:Array(String)}, {froms:Array(Int64)}, toInt64(9223372036854775807))
        AND stream = transform(room, {rooms:Array(String)}, {streams:Array(String)}, '')
        AND model = transform(room, {rooms:Array(String)}, {models:Array(String)}, '')
        AND room IN (SELECT arrayJoin({rooms:Array(String)}))
    GROUP BY room, media_us
)
GROUP BY room, step, from_us, step_us
ORDER BY room, step
