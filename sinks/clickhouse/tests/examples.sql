-- A small world for examples/sql: one room with two hours of a broadcast, of which every tenth unit is clicked twice as much and commented on four
-- seconds later, and another that only has gifts. Two models: one that sees those moments, one that does not.
INSERT INTO streams_rows (room, stream, started_at, duration_us) VALUES ('anna', 'monday', '2023-11-13 10:00:00', 7200000000);

INSERT INTO frame_scores_rows (room, stream, media_us, unit_us, captured_at, score, scores, comment_lag_us, final, model)
SELECT 'anna', 'monday', number * 10000000, 10000000, toDateTime64('2023-11-13 10:00:00', 6, 'UTC') + number * 10,
    if(number % 10 = 0, 0.6, 0.3) + number / 100000, map('click', if(number % 10 = 0, 0.6, 0.3)), 4000000, 1, 'good@1'
FROM numbers(720);

INSERT INTO frame_scores_rows (room, stream, media_us, unit_us, captured_at, score, model)
SELECT 'anna', 'monday', number * 10000000, 10000000, toDateTime64('2023-11-13 10:00:00', 6, 'UTC') + number * 10,
    (cityHash64(number) % 1000) / 1000, 'random@2'
FROM numbers(720);

INSERT INTO feedback_rows (room, stream, id, user, kind, media_us, sent_at)
SELECT 'anna', 'monday', 'i' || toString(number), 'u' || toString(number % 10), 'impression', intDiv(number, 20) * 10000000 + 1,
    toDateTime64('2023-11-13 10:00:00', 6, 'UTC') + intDiv(number, 2)
FROM numbers(14400);

INSERT INTO feedback_rows (room, stream, id, user, kind, media_us, sent_at)
SELECT 'anna', 'monday', 'c' || toString(number), 'u' || toString(number % 10), 'click', intDiv(number, 20) * 10000000 + 2,
    toDateTime64('2023-11-13 10:00:00', 6, 'UTC') + intDiv(number, 2)
FROM numbers(14400)
WHERE number % 10 < if(intDiv(number, 20) % 10 = 0, 6, 3);

INSERT INTO feedback_rows (room, stream, id, user, kind, watched_us, media_us, sent_at)
SELECT 'anna', 'monday', 'w' || toString(number), 'u' || toString(number), 'watch', number * 20000000, 1, '2023-11-13 10:00:00'
FROM numbers(8);

INSERT INTO comments_rows (room, stream, id, user, text, sent_at, media_us, late)
SELECT 'anna', 'monday', toString(number), 'u' || toString(number % 4), 'wow ' || toString(number),
    toDateTime64('2023-11-13 10:00:00', 6, 'UTC') + number * 100 + 5, number * 100000000 + 5000000, number % 4 = 0
FROM numbers(72);

INSERT INTO room_state_rows (room, stream, media_us, comment_lag_us, lag_confidence)
SELECT 'anna', 'monday', number * 60000000, 4000000 + intDiv(number, 10) * 500000, if(number % 10 = 9, 0.1, 0.75)
FROM numbers(120);

INSERT INTO highlights_rows (room, stream, highlight, start_us, end_us, peak_us, score, state, model)
VALUES ('anna', 'monday', 'h1', 3500000000, 3510000000, 3500000000, 0.6, 'final', 'good@1');

INSERT INTO clips_rows (room, stream, highlight, clip, model) VALUES ('anna', 'monday', 'h1', 'anna/h1.mp4', 'good@1');

INSERT INTO gifts_rows (room, stream, id, user, count, value, sent_at, media_us)
SELECT ['anna', 'ben'][1 + number % 2], 'monday', toString(number), 'u' || toString(number % 3), 1, 1 + number % 3,
    toDateTime64('2023-11-06 10:00:00', 6, 'UTC') + toIntervalDay(intDiv(number, 4)), if(number % 2 = 0, 4000000, NULL)
FROM numbers(32);
