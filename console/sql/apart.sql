-- Where two models differ the most, by their ranks over the units that both have scored.
WITH
    a AS (SELECT media_us, score FROM frame_scores_by_delay WHERE room = {room:String} AND stream = {stream:String} AND model = {a:String} ORDER BY media_us, revision DESC, delay_ms DESC LIMIT 1 BY media_us),
    b AS (SELECT media_us, score FROM frame_scores_by_delay WHERE room = {room:String} AND stream = {stream:String} AND model = {b:String} ORDER BY media_us, revision DESC, delay_ms DESC LIMIT 1 BY media_us),
    ranked AS
    (
        SELECT a.media_us AS media_us, a.score AS score_a, b.score AS score_b,
            rank() OVER (ORDER BY a.score DESC) AS rank_a, rank() OVER (ORDER BY b.score DESC) AS rank_b
        FROM a INNER JOIN b ON a.media_us = b.media_us
    )
SELECT media_us, ifNotFinite(score_a, 0) AS score_a, ifNotFinite(score_b, 0) AS score_b, rank_a, rank_b
FROM ranked
ORDER BY abs(1 / toFloat64(rank_a) - 1 / toFloat64(rank_b)) DESC, media_us
LIMIT 10
