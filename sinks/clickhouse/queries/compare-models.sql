-- Two models over the same recordings: how alike they score each and how many of its best moments they share.
-- Compares the units that both have scored, at the newest score of each or at one delay. delay_a and delay_b are the longest that either waited,
-- milliseconds: where they differ, one model knew more than the other.
-- param stream String = : one stream or recording; empty for all
-- param model_a String: a model, as name@digest
-- param model_b String: another
-- param top UInt32 = 20: how many best moments to compare
-- param delay_ms Int64 = -1: compare the scores decided so long after their unit, milliseconds; -1 for the newest
WITH
    scores AS
    (
        SELECT room, stream, model, media_us, delay_ms, score FROM frame_scores WHERE {delay_ms:Int64} < 0
        UNION ALL
        SELECT room, stream, model, media_us, delay_ms, score FROM frame_scores_by_delay WHERE delay_ms = {delay_ms:Int64}
    ),
    a AS (SELECT * FROM scores WHERE ({stream:String} = '' OR stream = {stream:String}) AND model = {model_a:String}),
    b AS (SELECT * FROM scores WHERE ({stream:String} = '' OR stream = {stream:String}) AND model = {model_b:String}),
    best AS
    (
        SELECT room, stream, uniqExact(model) = 2 OR {model_a:String} = {model_b:String} AS shared
        FROM
        (
            (SELECT room, stream, media_us, model FROM a ORDER BY score DESC, media_us LIMIT {top:UInt32} BY room, stream)
            UNION ALL
            (SELECT room, stream, media_us, model FROM b ORDER BY score DESC, media_us LIMIT {top:UInt32} BY room, stream)
        )
        GROUP BY room, stream, media_us
    )
SELECT
    a.room AS room,
    a.stream AS stream,
    count() AS units,
    corr(a.score, b.score) AS correlation,
    rankCorr(a.score, b.score) AS rank_correlation,
    avg(abs(a.score - b.score)) AS mean_difference,
    avg(a.score) AS mean_a,
    avg(b.score) AS mean_b,
    any(top.shared_top) AS shared_top,
    max(a.delay_ms) AS delay_a,
    max(b.delay_ms) AS delay_b
FROM a
INNER JOIN b ON a.room = b.room AND a.stream = b.stream AND a.media_us = b.media_us
INNER JOIN (SELECT room, stream, countIf(shared) AS shared_top FROM best GROUP BY room, stream) AS top
    ON a.room = top.room AND a.stream = top.stream
GROUP BY room, stream
ORDER BY room, stream
