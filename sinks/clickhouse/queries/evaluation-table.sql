-- What each variant of a model reaches at each delay: the mean over videos, and how far seeds lie apart.
-- A video counts once per seed, with its mean when several runs evaluated it. A seed's result is the mean over its videos; `mean`, `spread`
-- (sample standard deviation; NULL with one seed), `lowest` and `highest` are over the seeds' results. Values that are no number
-- are left out and counted in `undefined`. `videos`: the most that a seed has. `pooled`: a value over all videos at once.
-- The model is named without its digest, because every seed's checkpoint has its own.
-- param run String = : one run; empty for all
-- param dataset String = : one data set; empty for all
-- param split String = : one part of it; empty for all
-- param metric String = : one metric; empty for all
SELECT
    dataset,
    split,
    name AS model,
    variant,
    delay_ms,
    metric,
    pooled,
    count() AS seeds,
    max(defined) AS videos,
    sum(missed) AS undefined,
    avgIf(result, isFinite(result)) AS mean,
    if(countIf(isFinite(result)) > 1, stddevSampStableIf(result, isFinite(result)), NULL) AS spread,
    minIf(result, isFinite(result)) AS lowest,
    maxIf(result, isFinite(result)) AS highest
FROM
(
    SELECT
        dataset,
        split,
        name,
        variant,
        delay_ms,
        metric,
        video = '' AS pooled,
        seed,
        countIf(isFinite(average)) AS defined,
        countIf(NOT isFinite(average)) AS missed,
        avgIf(average, isFinite(average)) AS result
    FROM
    (
        SELECT
            dataset,
            split,
            splitByChar('@', model::String)[1] AS name,
            variant,
            delay_ms,
            metric,
            video,
            seed,
            avgIf(value, isFinite(value)) AS average
        FROM evaluations
        WHERE ({run:String} = '' OR run = {run:String})
            AND ({dataset:String} = '' OR dataset = {dataset:String})
            AND ({split:String} = '' OR split = {split:String})
            AND ({metric:String} = '' OR metric = {metric:String})
        GROUP BY dataset, split, name, variant, delay_ms, metric, video, seed
    )
    GROUP BY dataset, split, name, variant, delay_ms, metric, pooled, seed
)
GROUP BY dataset, split, name, variant, delay_ms, metric, pooled
ORDER BY dataset, split, model, metric, pooled, delay_ms, variant
