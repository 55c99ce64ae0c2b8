-- The record: every event of every run, in the order in which it was written. Nothing in it is ever changed.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,       -- UUIDv7
    run     TEXT NOT NULL,
    batch   TEXT NOT NULL,
    run_seq INTEGER NOT NULL,           -- place in the run's order; 0: the ledger's own note
    unix_ms INTEGER NOT NULL,
    run_ms  INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    slot    TEXT,
    unit    TEXT,
    attempt TEXT,
    imei    TEXT,
    body    TEXT NOT NULL               -- JSON of the event
) STRICT;

CREATE INDEX event_batch ON event (batch);
CREATE INDEX event_unit ON event (unit, kind) WHERE unit IS NOT NULL;
CREATE INDEX event_attempt ON event (attempt, kind) WHERE attempt IS NOT NULL;
CREATE INDEX event_imei ON event (imei, kind) WHERE imei IS NOT NULL;
-- Transcripts are nearly all there is: look-ups of a kind must not walk through them.
CREATE INDEX event_run_started ON event (batch) WHERE kind = 'run_started';
CREATE INDEX event_unit_started ON event (batch) WHERE kind = 'unit_started';
CREATE INDEX event_attempt_started ON event (batch) WHERE kind = 'attempt_started';
CREATE INDEX event_checkpointed ON event (kind) WHERE kind = 'checkpointed';

CREATE TRIGGER event_not_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER event_not_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Also by INSERT OR REPLACE nothing is replaced; and what a broken commit left behind is not written twice.
CREATE TRIGGER event_not_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id OR seq = NEW.seq)
BEGIN SELECT RAISE(IGNORE); END;

-- Views for people with sqlite3. The program does not use them.

CREATE VIEW units AS
SELECT s.batch, s.run, s.unit, s.slot, s.imei,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.unix_ms / 1000.0, 'unixepoch') AS started,
       json_extract(s.body, '$.module.family') AS family,
       json_extract(s.body, '$.module.model') AS model,
       json_extract(s.body, '$.module.revision') AS revision_before,
       json_extract(e.body, '$.revision') AS revision_after,
       json_extract(e.body, '$.verdict') AS verdict,
       json_extract(e.body, '$.fault.code') AS fault,
       json_extract(e.body, '$.fault.message') AS message,
       json_extract(e.body, '$.duration_ms') AS duration_ms
FROM event s
LEFT JOIN event e ON e.seq = (SELECT MIN(f.seq) FROM event f WHERE f.unit = s.unit AND f.kind = 'unit_ended')
WHERE s.kind = 'unit_started'
ORDER BY s.seq;

CREATE VIEW attempts AS
SELECT s.batch, s.run, s.attempt, s.unit, s.slot,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.unix_ms / 1000.0, 'unixepoch') AS started,
       json_extract(s.body, '$.number') AS number,
       json_extract(s.body, '$.hop.sha256') AS package,
       json_extract(s.body, '$.hop.from') AS revision_from,
       json_extract(s.body, '$.hop.to') AS revision_to,
       json_extract(s.body, '$.delivery') AS delivery,
       json_extract(e.body, '$.outcome') AS outcome,
       json_extract(e.body, '$.fault.code') AS fault,
       json_extract(e.body, '$.fault.message') AS message
FROM event s
LEFT JOIN event e ON e.seq = (SELECT MIN(f.seq) FROM event f WHERE f.attempt = s.attempt AND f.kind = 'attempt_ended')
WHERE s.kind = 'attempt_started'
ORDER BY s.seq;

CREATE VIEW phases AS
SELECT batch, run, unit, attempt, slot, json_extract(body, '$.phase') AS phase,
       strftime('%Y-%m-%dT%H:%M:%fZ', unix_ms / 1000.0, 'unixepoch') AS ended,
       json_extract(body, '$.duration_ms') AS duration_ms
FROM event WHERE kind = 'phase_ended' ORDER BY seq;

CREATE VIEW checkpoints AS
SELECT batch, run, unit, attempt, slot, imei, json_extract(body, '$.checkpoint') AS checkpoint,
       strftime('%Y-%m-%dT%H:%M:%fZ', unix_ms / 1000.0, 'unixepoch') AS written,
       json_extract(body, '$.model') AS model,
       json_extract(body, '$.from') AS revision_from,
       json_extract(body, '$.to') AS revision_to,
       json_extract(body, '$.target') AS target,
       json_extract(body, '$.delivery') AS delivery
FROM event WHERE kind = 'checkpointed' ORDER BY seq;

CREATE VIEW resolutions AS
SELECT batch, run, unit, attempt, slot, imei, json_extract(body, '$.resolution') AS resolution,
       strftime('%Y-%m-%dT%H:%M:%fZ', unix_ms / 1000.0, 'unixepoch') AS resolved
FROM event WHERE kind = 'resolved' ORDER BY seq;

-- Every verdict. A second one for the same unit is the later resolution of an `unknown`.
CREATE VIEW verdicts AS
SELECT e.batch, e.run, e.unit, e.slot,
       (SELECT s.imei FROM event s WHERE s.unit = e.unit AND s.kind = 'unit_started') AS imei,
       json_extract(e.body, '$.verdict') AS verdict,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.unix_ms / 1000.0, 'unixepoch') AS given,
       json_extract(e.body, '$.revision') AS revision,
       json_extract(e.body, '$.fault.code') AS fault,
       json_extract(e.body, '$.fault.message') AS message
FROM event e WHERE e.kind = 'unit_ended' ORDER BY e.seq;

CREATE VIEW transcripts AS
SELECT batch, run, attempt, slot,
       strftime('%Y-%m-%dT%H:%M:%fZ', unix_ms / 1000.0, 'unixepoch') AS at,
       json_extract(body, '$.direction') AS direction,
       json_extract(body, '$.text') AS text
FROM event WHERE kind = 'transcript' ORDER BY seq;
