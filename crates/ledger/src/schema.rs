//! Opening the file: what it must be, how SQLite is set, and its migrations.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use refinery::{Migration, Runner};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::LedgerError;

/// Marks the file as a ledger of fotarig: `FOTA`.
const APPLICATION_ID: i32 = 0x464F_5441;

/// The newest schema this program knows: the number of [`MIGRATIONS`].
pub(crate) const KNOWN_SCHEMA: i64 = 3;

const MIGRATIONS: [(&str, &str); 3] = [
    ("V1__event", include_str!("../migrations/V1__event.sql")),
    ("V2__retired", include_str!("../migrations/V2__retired.sql")),
    ("V3__transcripts", include_str!("../migrations/V3__transcripts.sql")),
];

/// Retention takes this trigger away and puts it back, in one transaction.
pub(crate) const NOT_DELETED: &str = "CREATE TRIGGER event_not_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;";

/// How long another connection's lock is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The ledger at `path` for its one writer: made if it is not there, brought up to date if it is old.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let failed = |source| LedgerError::of_sqlite(path, "opened", source);
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

/// The ledger at `path`, as it stands, to be read only: nothing is brought up to date. Older schemas are read as they are.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    match read_only(path, false) {
        // Where nothing can be written, SQLite cannot make the file by which readers see a writer's last pages. Without
        // such pages the one file is all there is.
        Err(LedgerError::Sqlite { source, .. })
            if source.sqlite_error_code() == Some(ErrorCode::CannotOpen) && !has_pages_beside(path) =>
        {
            read_only(path, true)
        }
        opened => opened,
    }
}

fn read_only(path: &Path, immutable: bool) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE
        | OpenFlags::SQLITE_OPEN_URI;
    let failed = |source| LedgerError::of_sqlite(path, "opened for reading", source);
    let connection = if immutable {
        Connection::open_with_flags(uri(path), flags).map_err(failed)?
    } else {
        Connection::open_with_flags(path, flags.difference(OpenFlags::SQLITE_OPEN_URI)).map_err(failed)?
    };
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    if expect_known(path, &connection)? == 0 {
        return Err(LedgerError::NotBegun { path: path.to_owned() });
    }
    Ok(connection)
}

/// The file as one that nobody changes, in SQLite's way of saying so.
fn uri(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        if plain(*byte) {
            uri.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _written = write!(uri, "%{byte:02X}");
        }
    }
    uri + "?immutable=1"
}

/// Whether pages lie beside the ledger that are not in it yet.
fn has_pages_beside(path: &Path) -> bool {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-wal");
    fs::metadata(&beside).is_ok_and(|file| file.len() > 0)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Refuses another program's database and a newer program's ledger.
/// The version of its schema; 0 when it has none yet.
fn expect_known(path: &Path, connection: &Connection) -> Result<i64, LedgerError> {
    let failed = |source| LedgerError::of_sqlite(path, "read", source);
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    if id != APPLICATION_ID {
        return Err(LedgerError::NotALedger { path: path.to_owned() });
    }
    let table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history')";
    if !connection.query_row(table, [], |row| row.get(0)).map_err(failed)? {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    let found: i64 = connection.query_row(version, [], |row| row.get(0)).map_err(failed)?;
    if found > KNOWN_SCHEMA {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known: KNOWN_SCHEMA });
    }
    Ok(found)
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), LedgerError> {
    let failed = |source| LedgerError::Migration { path: path.to_owned(), source: Box::new(source) };
    let migrations: Result<Vec<Migration>, refinery::Error> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    Runner::new(&migrations.map_err(failed)?).run(connection).map_err(failed)?;
    Ok(())
}
