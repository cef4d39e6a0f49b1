-- Rollups by hour that outlive the rows they are made of (clickhouse.retention). `kairos sql --rollup` makes an hour anew, from last revisions
-- only, whenever rows of it were written since: nothing is added up on the way in, so a replay can't count twice.
CREATE TABLE IF NOT EXISTS score_hours_rows
(
    room String CODEC(ZSTD(1)),
    model LowCardinality(String),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    units UInt64 CODEC(ZSTD(1)),
    final_units UInt64 CODEC(ZSTD(1)),
    score_sum Float64 CODEC(ZSTD(1)),
    best Float32 CODEC(ZSTD(1)),
    rolled_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    revision UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, model, hour)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS score_hours AS SELECT * FROM score_hours_rows FINAL;

CREATE TABLE IF NOT EXISTS comment_hours_rows
(
    room String CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    comments UInt64 CODEC(ZSTD(1)),
    late UInt64 CODEC(ZSTD(1)),
    commenters UInt64 CODEC(ZSTD(1)),
    rolled_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    revision UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, hour)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS comment_hours AS SELECT * FROM comment_hours_rows FINAL;

CREATE TABLE IF NOT EXISTS gift_hours_rows
(
    room String CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    gifts UInt64 CODEC(ZSTD(1)),
    items UInt64 CODEC(ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    givers UInt64 CODEC(ZSTD(1)),
    rolled_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    revision UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, hour)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS gift_hours AS SELECT * FROM gift_hours_rows FINAL;

CREATE TABLE IF NOT EXISTS feedback_hours_rows
(
    room String CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    impressions UInt64 CODEC(ZSTD(1)),
    clicks UInt64 CODEC(ZSTD(1)),
    watches UInt64 CODEC(ZSTD(1)),
    watched_us Int64 CODEC(ZSTD(1)),
    viewers UInt64 CODEC(ZSTD(1)),
    rolled_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    revision UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, hour)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS feedback_hours AS SELECT * FROM feedback_hours_rows FINAL;

-- What happened in every room, hour by hour. The three have rows for the hours in which something of theirs happened.
CREATE OR REPLACE VIEW room_hours AS
SELECT
    room,
    hour,
    sum(comments) AS comments,
    sum(commenters) AS commenters,
    sum(gifts) AS gifts,
    sum(items) AS items,
    sum(value) AS value,
    sum(givers) AS givers,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(watches) AS watches,
    sum(watched_us) AS watched_us,
    sum(viewers) AS viewers,
    max(rolled_at) AS rolled_at
FROM
(
    SELECT room, hour, comments, commenters, toUInt64(0) AS gifts, toUInt64(0) AS items, toFloat64(0) AS value, toUInt64(0) AS givers, toUInt64(0) AS impressions, toUInt64(0) AS clicks, toUInt64(0) AS watches, toInt64(0) AS watched_us, toUInt64(0) AS viewers, rolled_at FROM comment_hours_rows FINAL
    UNION ALL
    SELECT room, hour, toUInt64(0) AS comments, toUInt64(0) AS commenters, gifts, items, value, givers, toUInt64(0) AS impressions, toUInt64(0) AS clicks, toUInt64(0) AS watches, toInt64(0) AS watched_us, toUInt64(0) AS viewers, rolled_at FROM gift_hours_rows FINAL
    UNION ALL
    SELECT room, hour, toUInt64(0) AS comments, toUInt64(0) AS commenters, toUInt64(0) AS gifts, toUInt64(0) AS items, toFloat64(0) AS value, toUInt64(0) AS givers, impressions, clicks, watches, watched_us, viewers, rolled_at FROM feedback_hours_rows FINAL
)
GROUP BY room, hour;

ALTER TABLE score_hours_rows
    MODIFY COMMENT 'Scores by hour: of the newest score of every unit, by room and model. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN model 'the model that made the scores, name@digest of its files',
    COMMENT COLUMN hour 'start of the hour, UTC, by captured_at',
    COMMENT COLUMN units 'units scored',
    COMMENT COLUMN final_units 'units whose score knows their comments',
    COMMENT COLUMN score_sum 'sum of the scores; over units it is the mean',
    COMMENT COLUMN best 'highest score, 0 to 1',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE score_hours
    MODIFY COMMENT 'Scores by hour: of the newest score of every unit, by room and model. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN model 'the model that made the scores, name@digest of its files',
    COMMENT COLUMN hour 'start of the hour, UTC, by captured_at',
    COMMENT COLUMN units 'units scored',
    COMMENT COLUMN final_units 'units whose score knows their comments',
    COMMENT COLUMN score_sum 'sum of the scores; over units it is the mean',
    COMMENT COLUMN best 'highest score, 0 to 1',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE comment_hours_rows
    MODIFY COMMENT 'Comments by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN comments 'comments',
    COMMENT COLUMN late 'of these, after the allowed lateness',
    COMMENT COLUMN commenters 'different users who commented in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE comment_hours
    MODIFY COMMENT 'Comments by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN comments 'comments',
    COMMENT COLUMN late 'of these, after the allowed lateness',
    COMMENT COLUMN commenters 'different users who commented in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE gift_hours_rows
    MODIFY COMMENT 'Paid items by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN gifts 'gifts, however many items each has',
    COMMENT COLUMN items 'items',
    COMMENT COLUMN value 'what they are worth, United States dollars',
    COMMENT COLUMN givers 'different users who paid in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE gift_hours
    MODIFY COMMENT 'Paid items by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN gifts 'gifts, however many items each has',
    COMMENT COLUMN items 'items',
    COMMENT COLUMN value 'what they are worth, United States dollars',
    COMMENT COLUMN givers 'different users who paid in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE feedback_hours_rows
    MODIFY COMMENT 'Impressions, clicks and watches by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN impressions 'impressions',
    COMMENT COLUMN clicks 'clicks',
    COMMENT COLUMN watches 'watches',
    COMMENT COLUMN watched_us 'time watched, microseconds',
    COMMENT COLUMN viewers 'different users who were shown it, clicked or watched in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE feedback_hours
    MODIFY COMMENT 'Impressions, clicks and watches by hour and room. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN impressions 'impressions',
    COMMENT COLUMN clicks 'clicks',
    COMMENT COLUMN watches 'watches',
    COMMENT COLUMN watched_us 'time watched, microseconds',
    COMMENT COLUMN viewers 'different users who were shown it, clicked or watched in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the rollup, by the clock of ClickHouse, microseconds',
    COMMENT COLUMN revision 'rows that the hour was made of: a rollup that saw fewer, because rows were dropped, never takes the place of one that saw more; of equals the last counts';

ALTER TABLE room_hours
    MODIFY COMMENT 'What happened in every room by hour: comments, paid items, impressions, clicks and watches. Made by kairos sql --rollup.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN hour 'start of the hour, UTC, by sent_at',
    COMMENT COLUMN comments 'comments',
    COMMENT COLUMN commenters 'different users who commented in this hour; does not add up over hours',
    COMMENT COLUMN gifts 'gifts, however many items each has',
    COMMENT COLUMN items 'items',
    COMMENT COLUMN value 'what they are worth, United States dollars',
    COMMENT COLUMN givers 'different users who paid in this hour; does not add up over hours',
    COMMENT COLUMN impressions 'impressions',
    COMMENT COLUMN clicks 'clicks',
    COMMENT COLUMN watches 'watches',
    COMMENT COLUMN watched_us 'time watched, microseconds',
    COMMENT COLUMN viewers 'different users who were shown it, clicked or watched in this hour; does not add up over hours',
    COMMENT COLUMN rolled_at 'wall time of the last rollup of any of it, by the clock of ClickHouse, microseconds';
