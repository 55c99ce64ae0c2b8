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
    /// The file is a ledger in which nothing was written yet: whoever made it was stopped at once.
    #[error("{}: nothing is recorded in it yet", path.display())]
    NotBegun {
        /// The file.
        path: PathBuf,
    },
    /// The file is no database at all.
    #[error("{}: not a ledger: it is no SQLite database", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// Pages of the file are damaged.
    #[error("{}: the ledger is damaged (found while it was being {what})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was being done: opened, read, written.
        what: &'static str,
    },
    /// SQLite could not do what it was asked for.
    #[error("{}: cannot be {what}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done: opened, read, written.
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
    /// A row cannot be copied: what lies in it is no JSON object.
    #[error("event {seq} of the ledger is no JSON object")]
    NoObject {
        /// Its sequence number in the ledger.
        seq: i64,
    },
    /// The file that the record was to be copied to could not be written.
    #[error("{}: cannot be written", path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    /// What `source` means for the ledger at `path` when it comes while it is being `what` (opened, read, written).
    pub(crate) fn of_sqlite(path: &Path, what: &'static str, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NoDatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what },
            Some(_) | None => Self::Sqlite { path, what, source: Box::new(source) },
        }
    }

    /// What to do about it, for whoever runs the rack.
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "check the path: a ledger is made by the first run",
            Self::Held { .. } => "stop the other controller, or wait until its batch is done",
            Self::Lock { .. } => "check that the folder exists and that this user may write to it",
            Self::NotALedger { .. } | Self::NoDatabase { .. } => {
                "name another file: this one is left as it is"
            }
            Self::Newer { .. } => "use the version of fotarig that wrote it, or a later one",
            Self::NotBegun { .. } => "start a run: it goes on with this file",
            Self::Damaged { .. } => {
                "copy the file with its -wal and keep it aside; `sqlite3 FILE .recover` saves what can be read; start \
                 with the last good copy, or with a new file after resolving each module that was past its trigger"
            }
            Self::Sqlite { .. } | Self::Migration { .. } | Self::Copy { .. } => {
                "check the file, its folder, their permissions and the room on the disk"
            }
            Self::Replaced { .. } => "put the file back, or end this run: what it records is lost otherwise",
            Self::Body { .. } | Self::NoObject { .. } => {
                "use the version of fotarig that wrote it; if that cannot read it either, the row is damaged"
            }
            Self::Unwritable { .. } => "report it: this is a defect of fotarig",
            Self::Thread { .. } => "check the machine's limits on threads and memory",
        }
    }

    /// The error and its causes in one line, each said once.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.contains(&next) {
                text = format!("{text}: {next}");
            }
            cause = error.source();
        }
        text
    }
}
