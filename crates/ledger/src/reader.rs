//! Reading the record, also while a run writes it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use events::Stamped;
use rusqlite::{Connection, Params, Row};

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
    /// [`LedgerError::Missing`] when there is none; [`LedgerError::Newer`], [`LedgerError::NotALedger`] and
    /// [`LedgerError::Damaged`] say what the file is otherwise.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { path: path.to_owned(), connection: Mutex::new(schema::open_for_reading(path)?) })
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
        found.map_err(|source| LedgerError::of_sqlite(&self.path, "cannot be read", source))
    }
}
