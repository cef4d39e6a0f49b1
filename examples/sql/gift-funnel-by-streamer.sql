-- From being shown a streamer to paying: how many users reach each step, streamer by streamer, and how much hangs on the best payer.
--
-- kairos sql --file examples/sql/gift-funnel-by-streamer.sql
--
-- A room is its streamer's. Users count once per room, however often they did it. stayed: watched for a minute or more in all. Rates are of the step
-- before; a user may reach a step without the ones before (a platform that tells no impressions), so a rate can be above 1. Values are United
-- States dollars. Needs feedback: without it the first three steps are 0.
WITH users AS
(
    SELECT
        room,
        user,
        max(kind = 'impression') AS shown,
        max(kind = 'click') AS clicked,
        sumIf(amount, kind = 'watch') >= 60e6 AS stayed,
        max(kind = 'comment') AS commented,
        max(kind = 'gift') AS gave,
        sumIf(amount, kind = 'gift') AS paid
    FROM
    (
        SELECT room, user, kind, toFloat64(watched_us) AS amount FROM feedback
        UNION ALL
        SELECT room, user, 'comment', 0. FROM comments
        UNION ALL
        SELECT room, user, 'gift', value FROM gifts
    )
    WHERE user != ''
    GROUP BY room, user
)
SELECT
    room,
    sum(shown) AS shown_users,
    sum(clicked) AS clicked_users,
    sum(stayed) AS stayed_users,
    sum(commented) AS commented_users,
    sum(gave) AS paying_users,
    if(shown_users = 0, NULL, clicked_users / shown_users) AS click_rate,
    if(clicked_users = 0, NULL, stayed_users / clicked_users) AS stay_rate,
    if(stayed_users = 0, NULL, paying_users / stayed_users) AS pay_rate,
    sum(paid) AS value,
    if(paying_users = 0, NULL, value / paying_users) AS value_per_payer,
    if(value = 0, NULL, max(paid) / value) AS share_of_best_payer
FROM users
GROUP BY room
ORDER BY value DESC, room
