-- Do scores mean what they say? Click-through rate against score, in ten steps of the score, for every model.
--
-- kairos sql --file examples/sql/ctr-by-score.sql
--
-- An impression and a click count in the unit that was being shown. A model that was trained on click-through rates is calibrated where ctr and
-- mean_score agree; lower and upper are Wilson's interval at 95 %, so a mean_score outside of them is no accident. For a model with other
-- labels only the order matters: ctr should rise from step to step. Models that scored after the fact know more than viewers did: the newest
-- score of a unit is used, take frame_scores_by_delay and a delay_ms to compare what was known at once.
WITH
    (SELECT groupUniqArray(model) FROM frame_scores) AS models,
    shown AS
    (
        SELECT room, stream, assumeNotNull(media_us) AS media_us, kind, arrayJoin(models) AS model
        FROM feedback
        WHERE media_us >= 0 AND kind IN ('impression', 'click')
    )
SELECT
    model,
    least(floor(score * 10), 9) / 10 AS from_score,
    countIf(kind = 'impression') AS impressions,
    countIf(kind = 'click') AS clicks,
    clicks / impressions AS ctr,
    avgIf(score, kind = 'impression') AS mean_score,
    (ctr + 1.9208 / impressions - 1.96 * sqrt(greatest(0., ctr * (1 - ctr)) / impressions + 0.9604 / pow(impressions, 2))) / (1 + 3.8416 / impressions) AS lower,
    (ctr + 1.9208 / impressions + 1.96 * sqrt(greatest(0., ctr * (1 - ctr)) / impressions + 0.9604 / pow(impressions, 2))) / (1 + 3.8416 / impressions) AS upper
FROM shown
ASOF INNER JOIN frame_scores AS units ON shown.room = units.room AND shown.stream = units.stream AND shown.model = units.model AND shown.media_us >= units.media_us
WHERE shown.media_us < units.media_us + unit_us
GROUP BY model, from_score
HAVING impressions > 0
ORDER BY model, from_score
