-- Two models over the same stream: how alike they score and how many of their best moments they share.
-- param stream String: the stream or recording
-- param model_a String: a model, as name@digest
-- param model_b String: another
-- param top UInt32 = 20: how many best moments to compare
WITH
    a AS (SELECT room, media_us, score FROM frame_scores WHERE stream = {stream:String} AND model = {model_a:String}),
    b AS (SELECT room, media_us, score FROM frame_scores WHERE stream = {stream:String} AND model = {model_b:String})
SELECT
    count() AS units,
    corr(a.score, b.score) AS correlation,
    rankCorr(a.score, b.score) AS rank_correlation,
    avg(abs(a.score - b.score)) AS mean_difference,
    avg(a.score) AS mean_a,
    avg(b.score) AS mean_b,
    length(arrayIntersect(
        (SELECT groupArray((room, media_us)) FROM (SELECT room, media_us FROM a ORDER BY score DESC, room, media_us LIMIT {top:UInt32})),
        (SELECT groupArray((room, media_us)) FROM (SELECT room, media_us FROM b ORDER BY score DESC, room, media_us LIMIT {top:UInt32}))
    )) AS shared_top
FROM a
INNER JOIN b ON a.room = b.room AND a.media_us = b.media_us
