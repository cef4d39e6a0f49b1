-- The same for what is read: a view has comments of its own, which those of its table do not reach.
ALTER TABLE streams
    MODIFY COMMENT 'Broadcasts and recordings that rows refer to.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN title 'title as the platform gave it; may be empty',
    COMMENT COLUMN source 'where it came from: a file name or a topic',
    COMMENT COLUMN started_at 'wall time of the first picture, microseconds; with media time it gives the wall time of any moment',
    COMMENT COLUMN duration_us 'length so far, microseconds of media time',
    COMMENT COLUMN simulated 'whether a simulation made it',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE frame_scores
    MODIFY COMMENT 'Scores of time units: the newest of every unit of a broadcast and model. Of equal revisions the one that waited longest.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN media_us 'media time of the start of the unit, microseconds since the first picture',
    COMMENT COLUMN unit_us 'length of the unit, microseconds',
    COMMENT COLUMN captured_at 'wall time of the start of the unit, microseconds',
    COMMENT COLUMN score 'score of the main head, 0 to 1, calibrated; what it is the rate of follows from the label that the model was trained with',
    COMMENT COLUMN scores 'score of every head by name, 0 to 1',
    COMMENT COLUMN contributions 'by modality: the main score minus the main score without that modality in the whole look-back window; positive raised it',
    COMMENT COLUMN missing 'modalities that were not there and masked, sorted',
    COMMENT COLUMN comment_lag_us 'by how much comments were moved back to meet the moment that they react to, microseconds; NULL while no lag was known',
    COMMENT COLUMN delay_ms 'how long after the end of the unit the score was decided, milliseconds; it rests on nothing later. 0 in rows from before this column',
    COMMENT COLUMN final 'true from the revision on that knows the comments of the unit',
    COMMENT COLUMN model 'the model that made the row, name@digest of its files',
    COMMENT COLUMN revision '0 when the media closed the unit, one more each time it is scored again; the highest counts',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN first_offset 'first offset that the score rests on; -1 for none',
    COMMENT COLUMN last_offset 'last offset that the score rests on; -1 for none';

ALTER TABLE frame_scores_by_delay
    MODIFY COMMENT 'Scores of time units: the newest of every unit of a broadcast and model at every decision delay.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN media_us 'media time of the start of the unit, microseconds since the first picture',
    COMMENT COLUMN unit_us 'length of the unit, microseconds',
    COMMENT COLUMN captured_at 'wall time of the start of the unit, microseconds',
    COMMENT COLUMN score 'score of the main head, 0 to 1, calibrated; what it is the rate of follows from the label that the model was trained with',
    COMMENT COLUMN scores 'score of every head by name, 0 to 1',
    COMMENT COLUMN contributions 'by modality: the main score minus the main score without that modality in the whole look-back window; positive raised it',
    COMMENT COLUMN missing 'modalities that were not there and masked, sorted',
    COMMENT COLUMN comment_lag_us 'by how much comments were moved back to meet the moment that they react to, microseconds; NULL while no lag was known',
    COMMENT COLUMN delay_ms 'how long after the end of the unit the score was decided, milliseconds; it rests on nothing later. 0 in rows from before this column',
    COMMENT COLUMN final 'true from the revision on that knows the comments of the unit',
    COMMENT COLUMN model 'the model that made the row, name@digest of its files',
    COMMENT COLUMN revision '0 when the media closed the unit, one more each time it is scored again; the highest counts',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN first_offset 'first offset that the score rests on; -1 for none',
    COMMENT COLUMN last_offset 'last offset that the score rests on; -1 for none';

ALTER TABLE highlights
    MODIFY COMMENT 'Intervals worth a clip, with their clips; without those that did not hold.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN highlight 'id of the highlight in its broadcast; the same moment keeps it through its revisions',
    COMMENT COLUMN start_us 'start, media time, microseconds',
    COMMENT COLUMN end_us 'end (exclusive), media time, microseconds',
    COMMENT COLUMN peak_us 'start of its best unit, media time, microseconds',
    COMMENT COLUMN score 'score of its best unit, 0 to 1',
    COMMENT COLUMN state 'provisional: may still move; final: holds; withdrawn: did not hold, in no view',
    COMMENT COLUMN clip 'path or address of its clip; empty while there is none',
    COMMENT COLUMN thumbnail 'path or address of the picture of its clip; empty while there is none',
    COMMENT COLUMN model 'the model that made the row, name@digest of its files',
    COMMENT COLUMN revision 'from 0, one more each time the interval or the state changes; the highest counts';

ALTER TABLE gift_predictions
    MODIFY COMMENT 'How likely a viewer is to send a gift at a moment, and what it would be worth.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN streamer 'who is live',
    COMMENT COLUMN media_us 'the moment, media time, microseconds since the first picture',
    COMMENT COLUMN user 'the viewer',
    COMMENT COLUMN probability 'probability of a gift, 0 to 1',
    COMMENT COLUMN expected_value 'probability times value of the gift, United States dollars',
    COMMENT COLUMN reason 'the strongest reason, in words',
    COMMENT COLUMN model 'the model that made the row, name@digest of its files',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE comments
    MODIFY COMMENT 'Live comments.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN id 'id of the comment, the platform''s',
    COMMENT COLUMN user 'who said it',
    COMMENT COLUMN text 'what was said',
    COMMENT COLUMN sent_at 'wall time at which the platform says that it was sent, microseconds',
    COMMENT COLUMN media_us 'media time that sent_at falls on, microseconds since the first picture; NULL outside of the broadcast. What it reacts to lies a comment lag earlier',
    COMMENT COLUMN late 'whether it came after the allowed lateness and so moved no score',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN offset 'offset in the partition, or index in the file',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE gifts
    MODIFY COMMENT 'Paid items: exact amounts in the currency paid, and a value in one currency for sums.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN id 'id of the gift, the platform''s',
    COMMENT COLUMN user 'who paid',
    COMMENT COLUMN kind 'what was bought: gift, super_chat, membership, subscription_gift',
    COMMENT COLUMN name 'the platform''s name for it',
    COMMENT COLUMN count 'how many items',
    COMMENT COLUMN amount 'what all of them cost in currency, exact to nine decimals; NULL when free or not known',
    COMMENT COLUMN currency 'currency of amount, ISO 4217 or the platform''s own coin; empty without one',
    COMMENT COLUMN value 'what all of them are worth, United States dollars, at the configured rates',
    COMMENT COLUMN text 'the message that came with it; may be empty',
    COMMENT COLUMN sent_at 'wall time at which the platform says that it was sent, microseconds',
    COMMENT COLUMN media_us 'media time that sent_at falls on, microseconds since the first picture; NULL outside of the broadcast. What it reacts to lies a comment lag earlier',
    COMMENT COLUMN late 'whether it came after the allowed lateness and so moved no score',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN offset 'offset in the partition, or index in the file',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE feedback
    MODIFY COMMENT 'What viewers did: impressions, clicks and watches.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN id 'id of the event, the platform''s',
    COMMENT COLUMN user 'who did it',
    COMMENT COLUMN kind 'impression: was shown the broadcast; click: acted on it; watch: stayed for watched_us',
    COMMENT COLUMN watched_us 'how long was watched, microseconds; 0 for impressions and clicks',
    COMMENT COLUMN sent_at 'wall time at which the platform says that it was sent, microseconds',
    COMMENT COLUMN media_us 'media time that sent_at falls on, microseconds since the first picture; NULL outside of the broadcast. What it reacts to lies a comment lag earlier',
    COMMENT COLUMN late 'whether it came after the allowed lateness',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN offset 'offset in the partition, or index in the file',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE room_state
    MODIFY COMMENT 'How a room is doing, at moments of its broadcast; counts are since its start.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN media_us 'the moment, media time, microseconds since the first picture',
    COMMENT COLUMN comment_lag_us 'estimate of how long viewers take to react, microseconds; NULL while unknown',
    COMMENT COLUMN lag_confidence 'how sure the estimate is, 0 to 1',
    COMMENT COLUMN fps 'pictures per second of media time',
    COMMENT COLUMN drops 'pictures and samples that could not be decoded, count since the start',
    COMMENT COLUMN late 'events after the allowed lateness, count since the start',
    COMMENT COLUMN comments 'comments, count since the start',
    COMMENT COLUMN gifts 'paid items, count since the start',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE ledger
    MODIFY COMMENT 'How every consumed offset ended: ranges of one outcome, without gaps and without overlap.',
    COMMENT COLUMN topic 'topic, or file, that the message came from',
    COMMENT COLUMN partition 'partition of the topic; 0 in a file',
    COMMENT COLUMN first_offset 'first offset of the range',
    COMMENT COLUMN last_offset 'last offset of the range (inclusive)',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given; empty when the message names none',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many; empty when the message names none',
    COMMENT COLUMN outcome 'scored: took part in a score; skipped: not needed; late: after the allowed lateness; dead: could not be understood',
    COMMENT COLUMN reason 'why; empty for scored',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE highlight_labels
    MODIFY COMMENT 'What was a highlight, as reviewers and data sets say; without labels that were taken back.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given; name of the video in a data set',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many; empty when the label holds for every broadcast of the room',
    COMMENT COLUMN start_us 'start, media time, microseconds',
    COMMENT COLUMN end_us 'end (exclusive), media time, microseconds; a label that ends where it starts was taken back and is in no view',
    COMMENT COLUMN label 'how much of a highlight it was, in the scale of the source',
    COMMENT COLUMN positive '1: it was a highlight; 0: it was not',
    COMMENT COLUMN source 'who says so: a reviewer, a data set, a recipe',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE evaluations
    MODIFY COMMENT 'What models reached: one metric of one video at one delay.',
    COMMENT COLUMN run 'id of the evaluation',
    COMMENT COLUMN model 'the model that made the row, name@digest of its files',
    COMMENT COLUMN dataset 'the data set',
    COMMENT COLUMN split 'part of the data set: train, val, test; may be empty',
    COMMENT COLUMN variant 'what was changed or left out; empty for the model as it is',
    COMMENT COLUMN seed 'seed of the training',
    COMMENT COLUMN delay_ms 'how long after a second its score was decided, milliseconds',
    COMMENT COLUMN metric 'name of the metric, such as average-precision',
    COMMENT COLUMN video 'the video (the room, where it was a broadcast); empty for a value over all videos at once',
    COMMENT COLUMN value 'value of the metric; not a number where it is not defined',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE evaluation_scores
    MODIFY COMMENT 'The scores that an evaluation rests on: one per second of a video and delay.',
    COMMENT COLUMN run 'id of the evaluation',
    COMMENT COLUMN video 'the video',
    COMMENT COLUMN delay_ms 'how long after the second its score was decided, milliseconds; it rests on nothing later',
    COMMENT COLUMN sec 'the second of the video, from 0',
    COMMENT COLUMN score 'the score of the second',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE clips
    MODIFY COMMENT 'Clips of highlights: of each highlight the last one cut.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN highlight 'id of the highlight in its broadcast',
    COMMENT COLUMN clip 'path or address of the clip',
    COMMENT COLUMN thumbnail 'path or address of its picture; empty while there is none',
    COMMENT COLUMN from_us 'media time of its first picture, microseconds',
    COMMENT COLUMN to_us 'media time at which it ends, microseconds',
    COMMENT COLUMN model 'the model whose highlight it is, name@digest of its files',
    COMMENT COLUMN revision 'revision of the highlight that it was cut for; the highest counts';

ALTER TABLE reviews
    MODIFY COMMENT 'What editors say of highlights: of each highlight the last word.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN model 'the model whose highlight it is, name@digest of its files',
    COMMENT COLUMN highlight 'id of the highlight in its broadcast',
    COMMENT COLUMN verdict 'kept or rejected; empty while undecided',
    COMMENT COLUMN from_us 'start of the trimmed interval, media time, microseconds; NULL while not trimmed',
    COMMENT COLUMN to_us 'end of the trimmed interval, media time, microseconds; NULL while not trimmed',
    COMMENT COLUMN note 'what else there is to say',
    COMMENT COLUMN reviewer 'who says it; empty where nobody logs in',
    COMMENT COLUMN reviewed_at 'wall time of the review, microseconds',
    COMMENT COLUMN revision 'the same as a number, Unix microseconds: the last word counts';

ALTER TABLE words
    MODIFY COMMENT 'What was said aloud, word by word.',
    COMMENT COLUMN room 'the room (channel) of the broadcast, by the name that its jobs were given',
    COMMENT COLUMN stream 'the broadcast or recording; one room has many',
    COMMENT COLUMN start_us 'start of the word, media time, microseconds',
    COMMENT COLUMN end_us 'end of the word, media time, microseconds',
    COMMENT COLUMN text 'the word',
    COMMENT COLUMN language 'language code; empty when unknown',
    COMMENT COLUMN probability 'how sure the recogniser is, 0 to 1',
    COMMENT COLUMN model 'the recogniser, name@digest of its files',
    COMMENT COLUMN revision 'from 0; of the rows of one identity the highest counts';

ALTER TABLE checkpoints
    MODIFY COMMENT 'Up to where jobs have read; everything that rests on the messages before is in the tables.',
    COMMENT COLUMN job 'consumer group of the job',
    COMMENT COLUMN partition 'partition of its topics',
    COMMENT COLUMN state 'what the job needs to go on, in its own format',
    COMMENT COLUMN progress 'messages read so far; of the rows of one identity the highest counts';
