-- What was taken out of the record by retention: whole batches, after they were written to an archive. A gap in the
-- record that is not accounted for here is damage.
CREATE TABLE retired (
    place         INTEGER PRIMARY KEY AUTOINCREMENT,
    batch         TEXT NOT NULL,
    events        INTEGER NOT NULL,     -- how many rows went
    first_unix_ms INTEGER NOT NULL,     -- when the first and the last of them happened
    last_unix_ms  INTEGER NOT NULL,
    archive       TEXT NOT NULL,        -- the file they were written to
    at_unix_ms    INTEGER NOT NULL      -- when they went
) STRICT;

CREATE TRIGGER retired_not_changed BEFORE UPDATE ON retired
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER retired_not_deleted BEFORE DELETE ON retired
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
