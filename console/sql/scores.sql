-- A curve in steps; of each step the lowest, the highest, and what made the highest.
SELECT
    intDiv(media_us - {from_us:Int64}, {step_us:Int64}) AS step,
    ifNotFinite(min(f.score), 0) AS low,
    ifNotFinite(max(f.score), 0) AS high,
    argMax(f.media_us, f.score) AS high_us,
    argMax(f.contributions, f.score) AS contributions,
    argMax(f.missing, f.score) AS missing,
    argMax(f.comment_lag_us, f.score) AS comment_lag_us,
    toBool(min(f.final)) AS final,
    count() AS units
FROM
(
    SELECT media_us, score, contributions, missing, comment_lag_us, final
    FROM frame_scores_by_delay
    WHERE room = {room:String} AND stream = {stream:String} AND model = {model:String}
        AND media_us >= {from_us:Int64} AND media_us < {to_us:Int64}
        AND ({delay_ms:Int64} < 0 OR delay_ms = {delay_ms:Int64})
    ORDER BY media_us, revision DESC, delay_ms DESC
    LIMIT 1 BY media_us
) AS f
GROUP BY step
ORDER BY step
