-- One row per scored unit with all that is known of it, for a data frame or a warehouse: scores by head, comments, gifts and feedback of the unit.
--
-- kairos sql --file examples/sql/units-to-parquet.sql --format parquet --to units.parquet
--
-- comments and gifts are counted at what they react to: where they were sent, less the comment lag of the unit's score. Feedback counts where it
-- happened. Times are plain numbers and the heads are columns of a map, as Parquet has both.
WITH
    units AS (SELECT * FROM frame_scores),
    events AS
    (
        SELECT room, stream, assumeNotNull(media_us) AS at, 'comment' AS kind, 0. AS value FROM comments WHERE media_us >= 0
        UNION ALL
        SELECT room, stream, assumeNotNull(media_us), 'gift', value FROM gifts WHERE media_us >= 0
    ),
    lags AS (SELECT room, stream, model, toInt64(ifNull(avg(comment_lag_us), 0)) AS lag_us FROM units GROUP BY room, stream, model),
    reactions AS
    (
        SELECT units.room AS room, units.stream AS stream, units.model AS model, units.media_us AS unit,
            countIf(kind = 'comment') AS comments, countIf(kind = 'gift') AS gifts, sum(value) AS gift_value
        FROM (SELECT events.room AS room, events.stream AS stream, lags.model AS model, at - lag_us AS at, kind, value
            FROM events INNER JOIN lags ON events.room = lags.room AND events.stream = lags.stream) AS placed
        ASOF INNER JOIN units
            ON placed.room = units.room AND placed.stream = units.stream AND placed.model = units.model AND placed.at >= units.media_us
        WHERE placed.at < units.media_us + unit_us
        GROUP BY room, stream, model, unit
    ),
    shown AS
    (
        SELECT units.room AS room, units.stream AS stream, units.model AS model, units.media_us AS unit,
            countIf(kind = 'impression') AS impressions, countIf(kind = 'click') AS clicks
        FROM (SELECT feedback.room AS room, feedback.stream AS stream, lags.model AS model, assumeNotNull(media_us) AS at, kind
            FROM feedback INNER JOIN lags ON feedback.room = lags.room AND feedback.stream = lags.stream WHERE media_us >= 0) AS placed
        ASOF INNER JOIN units
            ON placed.room = units.room AND placed.stream = units.stream AND placed.model = units.model AND placed.at >= units.media_us
        WHERE placed.at < units.media_us + unit_us
        GROUP BY room, stream, model, unit
    )
SELECT
    units.room AS room,
    units.stream AS stream,
    units.model AS model,
    units.media_us AS media_us,
    unit_us,
    toUnixTimestamp64Micro(captured_at) AS captured_us,
    score,
    scores,
    contributions,
    final,
    comments,
    gifts,
    gift_value,
    impressions,
    clicks
FROM units
LEFT JOIN reactions ON units.room = reactions.room AND units.stream = reactions.stream AND units.model = reactions.model AND units.media_us = reactions.unit
LEFT JOIN shown ON units.room = shown.room AND units.stream = shown.stream AND units.model = shown.model AND units.media_us = shown.unit
ORDER BY room, stream, model, media_us
