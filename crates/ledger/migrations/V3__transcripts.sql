-- A line of conversation names its attempt in its body only. Nearly all rows are such lines, nothing looks for them by
-- their attempt, and in the index each would touch another page.
DROP VIEW transcripts;
CREATE VIEW transcripts AS
SELECT batch, run, json_extract(body, '$.attempt') AS attempt, slot,
       strftime('%Y-%m-%dT%H:%M:%fZ', unix_ms / 1000.0, 'unixepoch') AS at,
       json_extract(body, '$.direction') AS direction,
       json_extract(body, '$.text') AS text
FROM event WHERE kind = 'transcript' ORDER BY seq;
