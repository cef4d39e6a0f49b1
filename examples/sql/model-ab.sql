-- Model A against model B, judged by what viewers did: how much more is clicked in the tenth of the units that each likes best.
--
-- kairos sql --file examples/sql/model-ab.sql -p model_a=contentctr@1a2b -p model_b=contentctr@3c4d
--
-- Only units that both have scored and that somebody was shown. lift: click-through rate of the best tenth over that of all units; 1 is chance.
-- auc: how often a unit with more than the median click-through rate is scored above one with less. `kairos sql --named compare-models` says how alike
-- the two score; `kairos eval highlights` judges against labels.
WITH
    judged AS
    (
        SELECT shown.room AS room, shown.stream AS stream, units.model AS model, units.media_us AS unit, any(score) AS score,
            countIf(kind = 'impression') AS impressions, countIf(kind = 'click') AS clicks
        FROM
        (
            SELECT room, stream, assumeNotNull(media_us) AS media_us, kind, arrayJoin([{model_a:String}, {model_b:String}]) AS model
            FROM feedback
            WHERE media_us >= 0 AND kind IN ('impression', 'click')
        ) AS shown
        ASOF INNER JOIN frame_scores AS units
            ON shown.room = units.room AND shown.stream = units.stream AND shown.model = units.model AND shown.media_us >= units.media_us
        WHERE shown.media_us < units.media_us + unit_us
        GROUP BY room, stream, model, unit
        HAVING impressions > 0
    ),
    ranked AS
    (
        SELECT
            *,
            least(1., clicks / impressions) AS ctr,
            row_number() OVER (PARTITION BY model ORDER BY score DESC, room, stream, unit) AS place,
            count() OVER (PARTITION BY model) AS total,
            median(ctr) OVER (PARTITION BY model) AS middle
        FROM judged
        WHERE (room, stream, unit) IN (SELECT room, stream, unit FROM judged GROUP BY room, stream, unit HAVING uniqExact(model) = 2)
    )
SELECT
    model,
    count() AS units,
    sum(clicks) / sum(impressions) AS mean_ctr,
    sumIf(clicks, place <= ceil(total / 10)) / sumIf(impressions, place <= ceil(total / 10)) AS ctr_of_best_tenth,
    ctr_of_best_tenth / mean_ctr AS lift,
    arrayAUC(groupArray(score), groupArray(ctr > middle)) AS auc
FROM ranked
GROUP BY model
ORDER BY model = {model_b:String}, model
