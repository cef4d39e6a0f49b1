-- Who scores and who cuts write tables of their own; the view shows both.
ALTER TABLE highlights_rows
    DROP COLUMN IF EXISTS clip,
    DROP COLUMN IF EXISTS thumbnail;

CREATE OR REPLACE VIEW highlights AS
SELECT
    room, stream, highlight, start_us, end_us, peak_us, score, state, clip, thumbnail, model, revision
FROM (SELECT * FROM highlights_rows FINAL WHERE state != 'withdrawn') AS known
LEFT JOIN
    (SELECT room, stream, model, highlight, clip, thumbnail FROM clips_rows FINAL) AS cut
    USING (room, stream, model, highlight);
