//! Opening the file: what it must be, how SQLite is set, and its migrations.

use std::path::Path;
use std::time::Duration;

use refinery::{Migration, Runner};
use rusqlite::{Connection, OpenFlags};

use crate::LedgerError;

/// Marks the file as a ledger of fotarig: `FOTA`.
const APPLICATION_ID: i32 = 0x464F_5441;

/// The newest schema this program knows: the number of [`MIGRATIONS`].
const KNOWN_SCHEMA: i64 = 1;

const MIGRATIONS: [(&str, &str); 1] = [("V1__event", include_str!("../migrations/V1__event.sql"))];

/// How long another connection's lock is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The ledger at `path` for its one writer: made if it is not there, brought up to date if it is old.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let failed = |source| LedgerError::of_sqlite(path, "cannot be opened", source);
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    if is_empty(&connection).map_err(failed)? {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    expect_known(path, &connection)?;
    // Full: a commit has reached the disk, also when the machine loses its power right after it.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    migrate(path, &mut connection)?;
    Ok(connection)
}

/// The ledger at `path`, as it stands, to be read only.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let failed = |source| LedgerError::of_sqlite(path, "cannot be opened for reading", source);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    expect_known(path, &connection)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Refuses another program's database and a newer program's ledger.
fn expect_known(path: &Path, connection: &Connection) -> Result<(), LedgerError> {
    let failed = |source| LedgerError::of_sqlite(path, "cannot be read", source);
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    if id != APPLICATION_ID {
        return Err(LedgerError::NotALedger { path: path.to_owned() });
    }
    let table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history')";
    if !connection.query_row(table, [], |row| row.get(0)).map_err(failed)? {
        return Ok(());
    }
    let version = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    let found: i64 = connection.query_row(version, [], |row| row.get(0)).map_err(failed)?;
    if found > KNOWN_SCHEMA {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known: KNOWN_SCHEMA });
    }
    Ok(())
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), LedgerError> {
    let failed = |source| LedgerError::Migration { path: path.to_owned(), source: Box::new(source) };
    let migrations: Result<Vec<Migration>, refinery::Error> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    Runner::new(&migrations.map_err(failed)?).run(connection).map_err(failed)?;
    Ok(())
}
