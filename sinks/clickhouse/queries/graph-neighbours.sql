-- Neighbours of users and streamers along metapaths, the best of every node, with the streamer and the user in between.
-- path: ua, uaa and uaua start at a user; aa, aua and au at a streamer; the letters are the kinds of the nodes, aa an edge of Swing. weight: product
-- of the weights along the path (graph-edges, graph-swing). From a node only its fan_out strongest edges are followed; of paths to the same
-- neighbour the best is kept. Order: weight, then the last gift on the path, then id.
-- Source: arXiv 2407.00056, metapath-guided neighbours.
-- param path String = : one path; empty for all
-- param node String = : one user or streamer; empty for all
-- param top_k UInt32 = 16: neighbours kept per node and path
-- param fan_out UInt32 = 32: edges followed from a node
-- param only_new UInt8 = 1: 1 leaves streamers that the user has given to out of uaa and uaua
-- param half_life_hours Float64 0..1000000000 = 720: hours after which a gift weighs half; 0 for never
-- param basis String = value: what is summed, value or count
-- param as_of_us Int64 = 0: the moment that weights are as of, Unix microseconds; 0 for the last gift
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
    SELECT
        user,
        streamer,
        toUInt32(max(second)) AS last,
        toUInt64(sum(count)) AS items,
        sum(value) AS total,
        sum(if({basis:String} = 'count', toFloat64(count), value) * exp2(if({half_life_hours:Float64} = 0, 0., (toInt64(second) -
            if({as_of_us:Int64} = 0, toInt64(ifNull((SELECT max(second) FROM given), 0)), intDiv({as_of_us:Int64}, 1000000)))
            / ({half_life_hours:Float64} * 3600)))) AS mass,
        toFloat32(log1p(mass)) AS weight
    FROM given
    GROUP BY user, streamer
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
),
ua AS
(
    SELECT user, streamer, weight, last FROM edges
    ORDER BY user, weight DESC, last DESC, streamer
    LIMIT {fan_out:UInt32} BY user
),
au AS
(
    SELECT streamer, user, weight, last FROM edges
    ORDER BY streamer, weight DESC, last DESC, user
    LIMIT {fan_out:UInt32} BY streamer
),
similar AS
(
    SELECT streamer, other, score FROM swing
    ORDER BY streamer, points DESC, other
    LIMIT {fan_out:UInt32} BY streamer
),
paths AS
(
    SELECT 'ua' AS path, user AS node, streamer AS neighbour, weight AS weight, last AS last,
        '' AS via_streamer, '' AS via_user
    FROM ua
    WHERE {path:String} IN ('', 'ua')
    UNION ALL
    SELECT 'au' AS path, streamer AS node, user AS neighbour, weight AS weight, last AS last,
        '' AS via_streamer, '' AS via_user
    FROM au
    WHERE {path:String} IN ('', 'au')
    UNION ALL
    SELECT 'aa' AS path, streamer AS node, other AS neighbour, score AS weight, toUInt32(0) AS last,
        '' AS via_streamer, '' AS via_user
    FROM swing
    WHERE {path:String} IN ('', 'aa')
    UNION ALL
    SELECT 'uaa' AS path, ua.user AS node, similar.other AS neighbour, toFloat32(ua.weight * similar.score) AS weight, ua.last AS last,
        ua.streamer AS via_streamer, '' AS via_user
    FROM ua INNER JOIN similar ON similar.streamer = ua.streamer
    WHERE {path:String} IN ('', 'uaa') AND ({only_new:UInt8} = 0 OR (ua.user, similar.other) NOT IN (SELECT user, streamer FROM edges))
    UNION ALL
    SELECT 'aua' AS path, au.streamer AS node, ua.streamer AS neighbour, toFloat32(au.weight * ua.weight) AS weight, greatest(au.last, ua.last) AS last,
        '' AS via_streamer, au.user AS via_user
    FROM au INNER JOIN ua ON ua.user = au.user
    WHERE {path:String} IN ('', 'aua') AND ua.streamer != au.streamer
    UNION ALL
    SELECT 'uaua' AS path, ua.user AS node, third.streamer AS neighbour, toFloat32(toFloat32(ua.weight * au.weight) * third.weight) AS weight, greatest(ua.last, au.last, third.last) AS last,
        ua.streamer AS via_streamer, au.user AS via_user
    FROM ua INNER JOIN au ON au.streamer = ua.streamer INNER JOIN ua AS third ON third.user = au.user
    WHERE {path:String} IN ('', 'uaua') AND au.user != ua.user AND third.streamer != ua.streamer AND ({only_new:UInt8} = 0 OR (ua.user, third.streamer) NOT IN (SELECT user, streamer FROM edges))
),
best AS
(
    SELECT * FROM paths
    WHERE {node:String} IN ('', node)
    ORDER BY path, node, neighbour, weight DESC, last DESC, via_streamer, via_user
    LIMIT 1 BY path, node, neighbour
)
SELECT path, node, neighbour, weight, last, via_streamer, via_user
FROM best
ORDER BY path, node, weight DESC, last DESC, neighbour
LIMIT {top_k:UInt32} BY path, node
