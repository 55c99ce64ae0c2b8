//! The one writer: a thread that commits what is queued, group by group.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior, params};

use crate::LedgerError;
use crate::item::Item;
use crate::row::{Keys, stored};
use crate::shared::Shared;

const INSERT: &str = "INSERT INTO event (id, run, batch, run_seq, unix_ms, run_ms, kind, slot, unit, attempt, imei, \
                      body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// The connection that writes, and the file it was opened on.
pub(crate) struct Writer {
    connection: Connection,
    path: PathBuf,
    file: (u64, u64),
}

impl Writer {
    pub(crate) fn new(connection: Connection, path: &Path) -> Result<Self, LedgerError> {
        let file = identity(path).map_err(|_| LedgerError::Replaced { path: path.to_owned() })?;
        Ok(Self { connection, path: path.to_owned(), file })
    }

    /// Writes what `shared` has, on a thread of its own, until the answer is dropped.
    pub(crate) fn spawn(self, shared: Arc<Shared>) -> Result<Running, LedgerError> {
        let end = End(Arc::clone(&shared));
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || self.run(&end))
            .map_err(|source| LedgerError::Thread { source })?;
        Ok(Running { shared, thread: Some(thread) })
    }

    fn run(mut self, end: &End) {
        while let Some(items) = end.0.take() {
            let began = Instant::now();
            match self.write(&items) {
                Ok(()) => end.0.written(items, began.elapsed()),
                Err(error) => end.0.failed(items, &error.in_full()),
            }
        }
        // So that the one file is all there is. Where a reader prevents it, the next opening does it.
        let _ = self.connection.pragma_query(None, "wal_checkpoint", |_| Ok(()));
    }

    /// Writes `items` in one transaction. Whatever fails, all of them may be tried again.
    fn write(&mut self, items: &[Item]) -> Result<(), LedgerError> {
        if identity(&self.path).ok() != Some(self.file) {
            return Err(LedgerError::Replaced { path: self.path.clone() });
        }
        let failed = |source| LedgerError::of_sqlite(&self.path, "written", source);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        {
            let mut insert = transaction.prepare_cached(INSERT).map_err(failed)?;
            for Item { id, run, batch, stamped, .. } in items {
                let body = serde_json::to_string(&stamped.event)
                    .map_err(|source| LedgerError::Unwritable { source })?;
                let Keys { slot, unit, attempt, imei } = Keys::of(&stamped.event);
                let (run_seq, unix_ms, run_ms) =
                    (stored(stamped.seq), stored(stamped.unix_ms), stored(stamped.run_ms));
                let kind = stamped.event.kind();
                let id = id.to_string();
                insert
                    .execute(params![
                        id, run, batch, run_seq, unix_ms, run_ms, kind, slot, unit, attempt, imei, body
                    ])
                    .map_err(failed)?;
            }
        }
        transaction.commit().map_err(failed)
    }
}

/// The writer's thread. Dropping it writes what can be written, and waits for that.
pub(crate) struct Running {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has told everyone who waited.
            let _ = thread.join();
        }
    }
}

/// Device and inode of the file at `path`.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Tells that the writer has ended, also when it panicked.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stopped();
    }
}
