-- What pretrained networks make of units, to find moments by meaning. Vectors of one encoder can be compared, of two can't.
CREATE TABLE IF NOT EXISTS unit_vectors_rows
(
    room String CODEC(ZSTD(1)),
    stream String CODEC(ZSTD(1)),
    media_us Int64 CODEC(Delta, ZSTD(1)),
    unit_us Int64 CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String),
    encoder LowCardinality(String),
    vector Array(Float32) CODEC(ZSTD(1)),
    revision UInt32,
    written_at DateTime('UTC') MATERIALIZED now() CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (room, stream, encoder, kind, media_us)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS unit_vectors AS SELECT * FROM unit_vectors_rows FINAL;

ALTER TABLE unit_vectors_rows
    MODIFY COMMENT 'Vectors of units by pretrained networks (encoders.clip, encoders.text), which kairos search compares with that of the words.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN media_us 'media time of the start of the unit, microseconds since the first picture',
    COMMENT COLUMN unit_us 'length of the unit, microseconds',
    COMMENT COLUMN kind 'picture: the middle picture of the unit; comment: the mean of the comments that react to it; speech: what was said in it',
    COMMENT COLUMN encoder 'digest of the network, its configuration and its tokenizer',
    COMMENT COLUMN vector 'the vector',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts',
    COMMENT COLUMN written_at 'wall time at which the row was written last, by the clock of ClickHouse, seconds; retention counts from it';

ALTER TABLE unit_vectors
    MODIFY COMMENT 'Vectors of units by pretrained networks (encoders.clip, encoders.text), which kairos search compares with that of the words.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN media_us 'media time of the start of the unit, microseconds since the first picture',
    COMMENT COLUMN unit_us 'length of the unit, microseconds',
    COMMENT COLUMN kind 'picture: the middle picture of the unit; comment: the mean of the comments that react to it; speech: what was said in it',
    COMMENT COLUMN encoder 'digest of the network, its configuration and its tokenizer',
    COMMENT COLUMN vector 'the vector',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';
