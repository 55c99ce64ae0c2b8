//! The durable record: an append-only log of events in SQLite, with the look-ups by which a run goes on after a
//! crash, and SQL views for people.
//!
//! It must never change what is written, delete any of it but by [`retire`] (whole old batches, archived first, noted in
//! the record, and only when somebody asks for it), say that a record is on disk before it is, or hold up the loop
//! that appends to it.
//!
//! ```
//! use events::{Event, Level, Stamped};
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("fotarig.sqlite");
//! let ledger = ledger::Ledger::open(&path)?;
//! let event = Event::Note { slot: None, level: Level::Info, text: "began".into() };
//! let (reply, answer) = std::sync::mpsc::channel();
//! ledger.append_durable("run-1", "2026w47", Stamped { seq: 1, unix_ms: 0, run_ms: 0, event }, move |result| {
//!     reply.send(result).unwrap();
//! });
//! assert_eq!(answer.recv().unwrap(), Ok(())); // from here on it survives kill -9
//! assert_eq!(ledger::Reader::open(&path)?.events_of_batch("2026w47")?.len(), 1);
//! # Ok::<(), ledger::LedgerError>(())
//! ```

mod error;
mod export;
mod item;
mod ledger;
mod lock;
mod lookup;
mod queue;
mod reader;
mod retire;
mod row;
mod schema;
mod shared;
mod verify;
mod writer;

pub use error::LedgerError;
pub use ledger::Ledger;
pub use lock::is_held;
pub use lookup::{BatchSummary, PAGE_EVENTS};
pub use queue::QUEUE_EVENTS;
pub use reader::Reader;
pub use retire::{OldBatch, Retired, old_batches, retire, vacuum};
pub use shared::LedgerStatus;
pub use verify::{Problem, Verified, verify};
