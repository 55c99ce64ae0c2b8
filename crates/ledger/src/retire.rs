//! Retention: whole batches leave the record for an archive, and the record says so.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::export::{CopyError, copy};
use crate::lock::Lock;
use crate::row::stored;
use crate::schema::NOT_DELETED;
use crate::{LedgerError, schema};

/// A batch that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Its name.
    pub batch: String,
    /// How many events it had.
    pub events: u64,
}

/// A batch whose last event is older than an age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldBatch {
    /// Its name.
    pub batch: String,
    /// How many events it has.
    pub events: u64,
    /// When its last event happened, milliseconds since 1970.
    pub last_unix_ms: u64,
    /// A trigger or a data mode in it is open: it stays, however old it is.
    pub open: bool,
}

/// Every batch whose last event is older than `before_unix_ms`, in the order of the record: what [`retire`] takes out, and,
/// marked as open, what it leaves. It changes nothing.
///
/// # Errors
/// As [`crate::Reader::open`].
pub fn old_batches(path: &Path, before_unix_ms: u64) -> Result<Vec<OldBatch>, LedgerError> {
    let connection = schema::open_for_reading(path)?;
    old(&connection, before_unix_ms).map_err(|source| LedgerError::of_sqlite(path, "read", source))
}

/// Writes the ledger at `path` anew without its unused pages, and gives their room back to the file system: its size before
/// and after, in bytes. While it works it needs as much room again.
///
/// # Errors
/// [`LedgerError::Held`] while a run has the ledger; [`LedgerError::Damaged`] when it cannot be read whole.
pub fn vacuum(path: &Path) -> Result<(u64, u64), LedgerError> {
    let (_lock, connection) = open_alone(path)?;
    let failed = |source| LedgerError::of_sqlite(path, "compacted", source);
    let size = || {
        connection.query_row(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            [],
            |row| row.get::<_, i64>(0).map(|bytes| u64::try_from(bytes).unwrap_or_default()),
        )
    };
    let before = size().map_err(failed)?;
    compact(&connection).map_err(failed)?;
    Ok((before, size().map_err(failed)?))
}

/// The ledger, which has to be there, with nobody else writing to it.
fn open_alone(path: &Path) -> Result<(Lock, Connection), LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    Ok((Lock::take(path)?, schema::open_for_writing(path)?))
}

/// Takes every batch whose last event is older than `before_unix_ms` out of the ledger at `path`, after it was written to
/// the new file `archive`, as JSON lines, and that file is on disk. Then the ledger gives the room back to the file system.
///
/// The record stays append-only but for this: only whole batches go, none in which a trigger or a data mode is open, in one
/// transaction that notes each of them (name, number of events, archive, time) in the table `retired`, so that
/// [`crate::verify`] tells what is missing from what was retired. Nobody but the caller starts it: no run ever retires
/// anything by itself.
///
/// What look-ups knew through a retired batch they know no more: its passes and its runs for `retest_limit`. Choose an age
/// at which no module of it comes back.
///
/// # Errors
/// [`LedgerError::Held`] while a run has the ledger; [`LedgerError::Copy`] when the archive is there already or cannot be
/// written. Nothing was taken out then.
pub fn retire(
    path: &Path,
    before_unix_ms: u64,
    now_unix_ms: u64,
    archive: &Path,
) -> Result<Vec<Retired>, LedgerError> {
    let (_lock, mut connection) = open_alone(path)?;
    let failed = |source| LedgerError::of_sqlite(path, "written", source);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let batches: Vec<Retired> = old(&transaction, before_unix_ms)
        .map_err(failed)?
        .into_iter()
        .filter(|batch| !batch.open)
        .map(|OldBatch { batch, events, .. }| Retired { batch, events })
        .collect();
    if batches.is_empty() {
        return Ok(batches);
    }
    let written = keep(&transaction, &batches, archive);
    written.map_err(|error| match error {
        CopyError::Sqlite(source) => LedgerError::of_sqlite(path, "read", source),
        CopyError::Write(source) => LedgerError::Copy { path: archive.to_owned(), source },
        CopyError::NoObject(seq) => LedgerError::NoObject { seq },
    })?;
    take_out(&transaction, &batches, archive, now_unix_ms).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    compact(&connection).map_err(failed)?;
    Ok(batches)
}

/// Batches that are over for long.
fn old(connection: &Connection, before_unix_ms: u64) -> rusqlite::Result<Vec<OldBatch>> {
    let sql = "SELECT batch, count(*), max(unix_ms), \
                 EXISTS (SELECT 1 FROM event c WHERE c.batch = e.batch AND c.kind = 'checkpointed' \
                 AND json_extract(c.body, '$.checkpoint') = 'trigger' AND NOT EXISTS \
                 (SELECT 1 FROM event r WHERE r.attempt = c.attempt AND r.kind = 'resolved' AND r.seq > c.seq)) \
               OR EXISTS (SELECT 1 FROM event c WHERE c.batch = e.batch AND c.kind = 'checkpointed' \
                 AND json_extract(c.body, '$.checkpoint') = 'data_mode' AND NOT EXISTS \
                 (SELECT 1 FROM event o WHERE o.attempt = c.attempt AND o.seq > c.seq AND (o.kind = 'attempt_ended' \
                  OR o.kind = 'checkpointed' AND json_extract(o.body, '$.checkpoint') = 'data_mode_over'))) \
               FROM event e GROUP BY batch HAVING max(unix_ms) < ?1 ORDER BY min(seq)";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([stored(before_unix_ms)], |row| {
        let number =
            |place: usize| row.get(place).map(|number: i64| u64::try_from(number).unwrap_or_default());
        let (events, last_unix_ms) = (number(1)?, number(2)?);
        Ok(OldBatch { batch: row.get(0)?, events, last_unix_ms, open: row.get(3)? })
    })?;
    rows.collect()
}

/// Writes the batches to the archive; on disk when it returns. What is left of a failure is removed.
fn keep(connection: &Connection, batches: &[Retired], archive: &Path) -> Result<(), CopyError> {
    let file = OpenOptions::new().write(true).create_new(true).open(archive).map_err(CopyError::Write)?;
    let written = write(connection, batches, &file);
    if written.is_err() {
        // What cannot be removed either is in nobody's way but the next archive's, who says so.
        let _left = std::fs::remove_file(archive);
    }
    written
}

fn write(connection: &Connection, batches: &[Retired], file: &File) -> Result<(), CopyError> {
    let mut out = BufWriter::new(file);
    for batch in batches {
        if copy(connection, Some(&batch.batch), &mut out)? != batch.events {
            return Err(CopyError::Write(io::Error::other("fewer events were read than there are")));
        }
    }
    drop(out);
    file.sync_all().map_err(CopyError::Write)
}

fn take_out(
    transaction: &Transaction<'_>,
    batches: &[Retired],
    archive: &Path,
    now_unix_ms: u64,
) -> rusqlite::Result<()> {
    transaction.execute_batch("DROP TRIGGER event_not_deleted")?;
    for Retired { batch, .. } in batches {
        transaction.execute(
            "INSERT INTO retired (batch, events, first_unix_ms, last_unix_ms, archive, at_unix_ms) \
             SELECT batch, count(*), min(unix_ms), max(unix_ms), ?2, ?3 FROM event WHERE batch = ?1",
            params![batch, archive.to_string_lossy(), stored(now_unix_ms)],
        )?;
        transaction.execute("DELETE FROM event WHERE batch = ?1", [batch])?;
    }
    transaction.execute_batch(NOT_DELETED)
}

/// Gives free pages back to the file system.
fn compact(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("VACUUM")?;
    connection.pragma_query(None, "wal_checkpoint", |_| Ok(()))
}
