-- Clips that stood in the rows of their highlights; how far they reached beyond them was not kept.
INSERT INTO clips_rows
SELECT room, stream, highlight, clip, thumbnail, start_us, end_us, model, revision
FROM highlights_rows FINAL
WHERE clip != '';
