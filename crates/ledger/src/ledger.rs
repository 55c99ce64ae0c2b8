//! The ledger of the one controller that writes it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use events::Stamped;

use crate::item::Reply;
use crate::lock::Lock;
use crate::shared::Shared;
use crate::writer::{Running, Writer};
use crate::{LedgerError, LedgerStatus, Reader, schema};

/// The durable record, open for writing. Dropping it writes what it still can, which may take as long as the disk
/// does. Share it in an `Arc`.
pub struct Ledger {
    path: PathBuf,
    shared: Arc<Shared>,
    // Dropped in this order: the writer's connection has to be the last one, to leave one file behind.
    reader: Reader,
    _writer: Running,
    _lock: Lock,
}

impl Ledger {
    /// Opens the ledger at `path`, makes it if it is not there, and brings its schema up to date. It blocks.
    ///
    /// # Errors
    /// [`LedgerError::Held`] names the controller that has it open; [`LedgerError::Newer`],
    /// [`LedgerError::NotALedger`], [`LedgerError::NoDatabase`] and [`LedgerError::Damaged`] say what the file is; the others, what failed.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let lock = Lock::take(path)?;
        let connection = schema::open_for_writing(path)?;
        let reader = Reader::open(path)?;
        let shared = Arc::<Shared>::default();
        let writer = Writer::new(connection, path)?.spawn(Arc::clone(&shared))?;
        Ok(Self { path: path.to_owned(), shared, reader, _writer: writer, _lock: lock })
    }

    /// Queues an event, unless it is one that is not recorded ([`events::Event::recorded`]). It never waits for the
    /// disk. While the disk fails, up to [`crate::QUEUE_EVENTS`] are kept and tried again; beyond that transcripts
    /// are dropped first, and a note of how many follows in the record.
    pub fn append(&self, run: &str, batch: &str, stamped: impl Into<Arc<Stamped>>) {
        let stamped = stamped.into();
        if stamped.event.recorded() {
            self.shared.push(run, batch, stamped, None);
        }
    }

    /// Queues an event whose being on disk somebody waits for. It never waits for the disk itself: `reply` is called
    /// once, on another thread (or, when the ledger can take nothing more, on this one), with `Ok` after the commit
    /// that holds the event and everything queued before it, or with a readable cause. After a failure the event is
    /// *not* kept for later, while the ordinary ones before it are. `reply` must not block.
    pub fn append_durable(
        &self,
        run: &str,
        batch: &str,
        stamped: impl Into<Arc<Stamped>>,
        reply: impl FnOnce(Result<(), String>) + Send + 'static,
    ) {
        self.shared.push(run, batch, stamped.into(), Some(Reply::new(reply)));
    }

    /// Waits until everything queued before is on disk. It blocks for at most about `timeout`.
    ///
    /// # Errors
    /// How many events are not on disk, and why.
    pub fn flush(&self, timeout: Duration) -> Result<(), String> {
        self.shared.flush(timeout)
    }

    /// How it is doing.
    pub fn status(&self) -> LedgerStatus {
        self.shared.status()
    }

    /// What each write that reached the disk since the last call took, in microseconds of real time, in order; 1,000 at
    /// most, the oldest are dropped.
    pub fn take_write_us(&self) -> Vec<u64> {
        self.shared.take_write_us()
    }

    /// Why the last write did not reach the disk; `None` when it did (or there was none yet) and the writer lives.
    pub fn failing(&self) -> Option<String> {
        self.shared.status().last_error
    }

    /// Look-ups in what is on disk. What is only queued is not seen: [`Self::flush`] first where that matters.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The room that is left on its file system, in bytes; `None` when the system does not tell.
    pub fn free_bytes(&self) -> Option<u64> {
        let place = rustix::fs::statvfs(&self.path).ok()?;
        Some(place.f_bavail.saturating_mul(place.f_frsize))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("path", &self.path)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
