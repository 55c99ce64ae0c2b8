//! Reading the record, also while a run writes it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use events::Stamped;
use rusqlite::{Connection, Params, Row};

use crate::export::{CopyError, copy};
use crate::{LedgerError, row, schema};

/// A read-only view of a ledger. It takes no lock that a writer would wait for. Each look-up sees what is on disk
/// when it is asked, and blocks.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Reader {
    /// Opens the ledger at `path` for reading.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] when there is none, [`LedgerError::NotBegun`] when nothing is in it yet;
    /// [`LedgerError::Newer`], [`LedgerError::NotALedger`], [`LedgerError::NoDatabase`] and [`LedgerError::Damaged`] say
    /// what the file is otherwise. A ledger of an older version is read as it is.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { path: path.to_owned(), connection: Mutex::new(schema::open_for_reading(path)?) })
    }

    /// Writes every event of `batch`, or of all batches, to `out` as lines of the public event stream, in the order in which
    /// they were recorded; how many there were. A body is copied as it lies there, so also what this version does not know.
    ///
    /// # Errors
    /// [`LedgerError::Copy`] when `out` cannot be written; else what is wrong with the ledger.
    pub fn export(&self, batch: Option<&str>, out: &mut dyn Write) -> Result<u64, LedgerError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        copy(&connection, batch, out).map_err(|error| match error {
            CopyError::Sqlite(source) => LedgerError::of_sqlite(&self.path, "read", source),
            CopyError::Write(source) => LedgerError::Copy { path: "the copy".into(), source },
            CopyError::NoObject(seq) => LedgerError::NoObject { seq },
        })
    }

    /// The events that `sql` (which selects [`row::COLUMNS`]) finds.
    pub(crate) fn events(&self, sql: &str, params: impl Params) -> Result<Vec<Stamped>, LedgerError> {
        self.rows(sql, params, row::read)?.into_iter().collect()
    }

    /// The rows that `sql` finds, each taken by `take`.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        take: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let found = connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_map(params, take)?.collect::<rusqlite::Result<Vec<T>>>()
        });
        found.map_err(|source| LedgerError::of_sqlite(&self.path, "read", source))
    }
}
