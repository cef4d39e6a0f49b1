-- From being shown to paying: distinct users and events of each step of a room, and what was paid (United States dollars).
-- param room String = : one room; empty for all
SELECT
    room,
    step,
    uniqExact(user) AS users,
    count() AS events,
    sum(paid) AS value
FROM
(
    SELECT room, user, transform(kind, ['impression', 'click', 'watch'], ['1 impression', '2 click', '3 watch'], kind) AS step, 0. AS paid FROM feedback
    UNION ALL
    SELECT room, user, '4 comment' AS step, 0. AS paid FROM comments
    UNION ALL
    SELECT room, user, '5 gift' AS step, value AS paid FROM gifts
)
WHERE {room:String} = '' OR room = {room:String}
GROUP BY room, step
ORDER BY room, step
