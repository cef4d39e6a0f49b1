-- What viewers did inside highlights against outside of them: click rate and watch time.
-- param room String = : one room; empty for all
-- param model String = : the model whose highlights are judged; empty for all
WITH spans AS
(
    SELECT room, stream, groupArray((start_us, end_us)) AS intervals
    FROM highlights
    WHERE {model:String} = '' OR model = {model:String}
    GROUP BY room, stream
)
SELECT
    room,
    if(arrayExists(span -> events.media_us >= span.1 AND events.media_us < span.2, intervals), 'inside', 'outside') AS moment,
    countIf(kind = 'impression') AS impressions,
    countIf(kind = 'click') AS clicks,
    if(impressions = 0, NULL, clicks / impressions) AS click_rate,
    countIf(kind = 'watch') AS watches,
    if(watches = 0, NULL, sumIf(watched_us, kind = 'watch') / watches / 1e6) AS seconds_watched
FROM feedback AS events
LEFT JOIN spans USING (room, stream)
WHERE events.media_us IS NOT NULL AND ({room:String} = '' OR room = {room:String})
GROUP BY room, moment
ORDER BY room, moment
