-- Why offsets were not scored, the most frequent first.
SELECT topic, toString(outcome) AS outcome, reason, sum(last_offset - first_offset + 1) AS offsets, uniqExact(room) AS rooms
FROM ledger
WHERE outcome != 'scored'
GROUP BY topic, outcome, reason
ORDER BY offsets DESC, topic, outcome, reason
LIMIT 100
