-- Who stays and who takes part, segment by segment, mixed to one label: the recipe of the KuaiLive-M3 benchmark.
-- viewers: users with a `watch` in `feedback` that began at or before the segment's first instant and ended after it.
-- stayed: those of them whose same watch reached the segment's end. retention = stayed / viewers.
-- likes: rows of `feedback` of the kind `like`, if the platform gives any; comments: rows of `comments`; both by media time in
-- [media_us, media_us + unit_us). engagement = (likes + 2 * comments) / viewers.
-- label = retention_weight * minmax(retention) + (1 - retention_weight) * minmax(engagement), 0 to 1; minmax stretches over the labelled
-- segments of one broadcast, lowest to 0 and highest to 1, all to 0 where they are equal.
-- positive: 1 at or above the (1 - top) quantile of the broadcast's labels, interpolated between ranks; all 0 where labels are equal.
-- Only whole segments, and only those with viewers, have a label. The broadcast is as long as `streams` says, else to its last watch.
-- In the benchmark the scores of segment t are judged by the label of segment t + 1: that shift is the reader's.
-- param room String = : one room; empty for all
-- param stream String = : one stream; empty for all
-- param unit_ms UInt32 1..86400000 = 30000: length of a segment, milliseconds
-- param retention_weight Float64 0..1 = 0.6: what retention weighs; engagement weighs the rest
-- param top Float64 0..1 = 0.3: share of a broadcast's segments that are positive
WITH
    toInt64({unit_ms:UInt32}) * 1000 AS length,
    broadcasts AS
    (
        SELECT room, stream, if(max(known) > 0, max(known), max(seen)) AS until
        FROM
        (
            SELECT room, stream, duration_us AS known, 0 AS seen FROM streams
            UNION ALL
            SELECT room, stream, 0 AS known, assumeNotNull(media_us) + watched_us AS seen
            FROM feedback
            WHERE kind = 'watch' AND media_us IS NOT NULL
        )
        WHERE ({room:String} = '' OR room = {room:String})
            AND ({stream:String} = '' OR stream = {stream:String})
        GROUP BY room, stream
    ),
    -- A watch and every whole segment whose first instant it covers.
    stays AS
    (
        SELECT
            w.room AS room,
            w.stream AS stream,
            w.user AS user,
            assumeNotNull(w.media_us) AS from_us,
            from_us + w.watched_us AS to_us,
            arrayJoin(range(
                if(from_us <= 0, 0, intDiv(from_us + length - 1, length))::UInt64,
                least(if(to_us <= 0, 0, intDiv(to_us + length - 1, length)), intDiv(b.until, length))::UInt64
            )) AS segment
        FROM feedback AS w
        INNER JOIN broadcasts AS b ON w.room = b.room AND w.stream = b.stream
        WHERE w.kind = 'watch' AND w.media_us IS NOT NULL
    ),
    audience AS
    (
        SELECT
            room,
            stream,
            segment,
            uniqExact(user) AS viewers,
            uniqExactIf(user, to_us >= (segment + 1) * length) AS stayed
        FROM stays
        GROUP BY room, stream, segment
    ),
    reactions AS
    (
        SELECT room, stream, segment, sum(liked) AS likes, sum(said) AS comments
        FROM
        (
            SELECT room, stream, intDiv(assumeNotNull(media_us), length)::UInt64 AS segment, 1 AS liked, 0 AS said
            FROM feedback
            WHERE kind = 'like' AND media_us >= 0
            UNION ALL
            SELECT room, stream, intDiv(assumeNotNull(media_us), length)::UInt64 AS segment, 0 AS liked, 1 AS said
            FROM comments
            WHERE media_us >= 0
        )
        GROUP BY room, stream, segment
    ),
    segments AS
    (
        SELECT
            a.room AS room,
            a.stream AS stream,
            a.segment AS segment,
            a.viewers AS viewers,
            a.stayed AS stayed,
            r.likes AS likes,
            r.comments AS comments,
            stayed / viewers AS retention,
            (likes + 2 * comments) / viewers AS engagement
        FROM audience AS a
        LEFT JOIN reactions AS r ON a.room = r.room AND a.stream = r.stream AND a.segment = r.segment
    ),
    stretched AS
    (
        SELECT
            *,
            min(retention) OVER (PARTITION BY room, stream) AS low_retention,
            max(retention) OVER (PARTITION BY room, stream) AS high_retention,
            min(engagement) OVER (PARTITION BY room, stream) AS low_engagement,
            max(engagement) OVER (PARTITION BY room, stream) AS high_engagement,
            {retention_weight:Float64} * if(high_retention > low_retention, (retention - low_retention) / (high_retention - low_retention), 0.)
                + (1 - {retention_weight:Float64})
                * if(high_engagement > low_engagement, (engagement - low_engagement) / (high_engagement - low_engagement), 0.) AS mixed
        FROM segments
    ),
    bordered AS
    (
        SELECT
            *,
            quantileExactInclusive(1 - {top:Float64})(mixed) OVER (PARTITION BY room, stream) AS border,
            min(mixed) OVER (PARTITION BY room, stream) < max(mixed) OVER (PARTITION BY room, stream) AS differs
        FROM stretched
    )
SELECT
    room,
    stream,
    toInt64(segment) * length AS media_us,
    length AS unit_us,
    viewers,
    stayed,
    likes,
    comments,
    retention,
    engagement,
    mixed AS label,
    toUInt8(differs AND mixed >= border) AS positive
FROM bordered
ORDER BY room, stream, media_us
