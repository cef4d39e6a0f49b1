-- A curve in steps; of each step the lowest, the highest, and what made the highest.
SELECT
    intDiv(media_us - {from_us:Int64}, {step_us:Int64}) AS step,
    ifNotFinite(min(score), 0) AS low,
    ifNotFinite(max(score), 0) AS high,
    argMax(media_us, score) AS high_us,
    argMax(contributions, score) AS contributions,
    argMax(missing, score) AS missing,
    argMax(comment_lag_us, score) AS comment_lag_us,
    min(final) AS final,
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
)
GROUP BY step
ORDER BY step
