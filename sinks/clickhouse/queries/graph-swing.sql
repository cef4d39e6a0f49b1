-- Streamers that are alike because pairs of users give to both: Swing, the best of every streamer.
-- score(a, b) = sum over ordered pairs of users of both of 1 / (alpha + number of streamers that the pair shares). Terms are whole numbers of
-- 2^-32, so that a sum does not depend on its order. Users with one streamer are in no pair. Ties: by id.
-- Source: arXiv 2407.00056, edges of streamers.
-- param alpha Float64 = 1: smoothing of a pair's term
-- param swing_top_k UInt32 = 32: streamers kept per list
-- param max_user_degree UInt32 = 256: users who gave to more streamers are left out
-- param max_streamer_users UInt32 = 1024: givers paired per list, the last active ones
WITH given AS
(
    SELECT
        user,
        room AS streamer,
        toUnixTimestamp(toDateTime(sent_at, 'UTC')) AS second,
        count,
        value
    FROM gifts
    WHERE user != '' AND room != '' AND count > 0 AND value >= 0
),
edges AS
(
    SELECT user, streamer, toUInt32(max(second)) AS last FROM given GROUP BY user, streamer
),
degrees AS
(
    SELECT user, count() AS degree FROM edges GROUP BY user
    HAVING degree BETWEEN 2 AND {max_user_degree:UInt32}
),
paired AS
(
    SELECT edges.streamer AS list, edges.user AS user
    FROM edges INNER JOIN degrees ON edges.user = degrees.user
    ORDER BY list, edges.last DESC, user
    LIMIT {max_streamer_users:UInt32} BY list
),
kept AS
(
    SELECT edges.user AS user, edges.streamer AS streamer FROM edges INNER JOIN degrees ON edges.user = degrees.user
),
pairs AS
(
    SELECT x.user AS u, y.user AS v, groupArray(x.streamer) AS shared
    FROM kept AS x INNER JOIN kept AS y ON x.streamer = y.streamer
    WHERE u < v
    GROUP BY u, v
    HAVING length(shared) > 1
),
sums AS
(
    SELECT list, other, sum(term) AS points
    FROM
    (
        SELECT
            x.list AS list,
            arrayJoin(pairs.shared) AS other,
            2 * toUInt64(floor(4294967296 / ({alpha:Float64} + length(pairs.shared)) + 0.5)) AS term
        FROM paired AS x
        INNER JOIN paired AS y ON x.list = y.list
        INNER JOIN pairs ON pairs.u = x.user AND pairs.v = y.user
        WHERE x.user < y.user
    )
    WHERE other != list
    GROUP BY list, other
),
swing AS
(
    SELECT list AS streamer, other, toFloat32(points / 4294967296) AS score, points
    FROM sums
    ORDER BY streamer, points DESC, other
    LIMIT {swing_top_k:UInt32} BY streamer
)
SELECT streamer, other, score
FROM swing
ORDER BY streamer, points DESC, other
