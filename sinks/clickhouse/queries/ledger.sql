-- How every consumed offset ended, per topic and partition; `unaccounted` is not zero when offsets are missing or counted twice.
-- param topic String = : one topic; empty for all
SELECT
    topic,
    partition,
    min(first_offset) AS from_offset,
    max(last_offset) AS to_offset,
    sumIf(last_offset - first_offset + 1, outcome = 'scored') AS scored,
    sumIf(last_offset - first_offset + 1, outcome = 'skipped') AS skipped,
    sumIf(last_offset - first_offset + 1, outcome = 'late') AS late,
    sumIf(last_offset - first_offset + 1, outcome = 'dead') AS dead,
    (to_offset - from_offset + 1) - (scored + skipped + late + dead) AS unaccounted
FROM ledger
WHERE {topic:String} = '' OR topic = {topic:String}
GROUP BY topic, partition
ORDER BY topic, partition
