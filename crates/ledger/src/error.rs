//! Why the ledger could not be opened, read or written.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no file to read.
    #[error("{}: no such ledger", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Another controller writes to it.
    #[error("{}: held by {holder}", path.display())]
    Held {
        /// The ledger.
        path: PathBuf,
        /// Who: `pid 1234 on line3 since 2026-11-20T10:00:00Z`.
        holder: String,
    },
    /// The folder or the lock file beside the ledger could not be used.
    #[error("{}: cannot be locked", path.display())]
    Lock {
        /// The lock file, or the ledger where its folder is at fault.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is a database of another program.
    #[error("{}: not a ledger of fotarig", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version of the program.
    #[error("{}: has schema {found}, this program knows schemas up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The file is damaged, or no database at all.
    #[error("{}: damaged, or no database", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: Box<rusqlite::Error>,
    },
    /// SQLite could not do what it was asked for.
    #[error("{}: {}", path.display(), what)]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        what: &'static str,
        /// What SQLite said.
        source: Box<rusqlite::Error>,
    },
    /// The schema could not be brought up to date.
    #[error("{}: cannot bring the schema up to date", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What the migration said.
        source: Box<refinery::Error>,
    },
    /// The file was removed or replaced while it was open, so what is written to it is lost.
    #[error("{}: was removed or replaced while it was open", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A recorded event cannot be understood: perhaps a newer version wrote it.
    #[error("event {seq} of the ledger cannot be read")]
    Body {
        /// Its sequence number in the ledger.
        seq: i64,
        /// Why not.
        source: serde_json::Error,
    },
    /// An event cannot be written as JSON.
    #[error("event cannot be written as JSON")]
    Unwritable {
        /// Why not.
        source: serde_json::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the ledger's writer")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

impl LedgerError {
    /// What `source` means for the ledger at `path` when it comes while doing `what`.
    pub(crate) fn of_sqlite(path: &Path, what: &'static str, source: rusqlite::Error) -> Self {
        let damaged =
            matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        let (path, source) = (path.to_owned(), Box::new(source));
        if damaged { Self::Damaged { path, source } } else { Self::Sqlite { path, what, source } }
    }

    /// The error and its causes in one line.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
