-- What is missing is told by encoder, too: one that was overloaded, late or failed.
ALTER TABLE frame_scores_rows COMMENT COLUMN IF EXISTS missing 'modalities that were not there and masked, sorted; and encoders whose part was not there (zeros), with the reason: comment: sentences late';

ALTER TABLE frame_scores COMMENT COLUMN IF EXISTS missing 'modalities that were not there and masked, sorted; and encoders whose part was not there (zeros), with the reason: comment: sentences late';

ALTER TABLE frame_scores_by_delay COMMENT COLUMN IF EXISTS missing 'modalities that were not there and masked, sorted; and encoders whose part was not there (zeros), with the reason: comment: sentences late';
