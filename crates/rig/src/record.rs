//! The controller's ledger over the durable one, and what the record says of earlier runs.

use std::sync::Arc;

use control::{Health, History, OnRecord, Reply};
use events::Stamped;
use ledger::{Ledger, LedgerError};

/// The record of one run.
pub struct Record {
    ledger: Arc<Ledger>,
    run: String,
    batch: String,
}

impl Record {
    /// Records `run` of `batch` in `ledger`.
    pub fn new(ledger: Arc<Ledger>, run: String, batch: String) -> Self {
        Self { ledger, run, batch }
    }
}

impl control::Ledger for Record {
    fn append(&self, event: Arc<Stamped>) {
        self.ledger.append(&self.run, &self.batch, event);
    }

    fn failing(&self) -> Option<String> {
        self.ledger.failing()
    }

    fn health(&self) -> Health {
        Health { write_us: self.ledger.take_write_us(), free_bytes: self.ledger.free_bytes() }
    }

    fn append_durable(&self, event: Arc<Stamped>, reply: Reply) {
        self.ledger.append_durable(&self.run, &self.batch, event, reply);
    }
}

/// What `ledger` says of earlier runs, for a run of `batch`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn history(ledger: &Ledger, batch: &str) -> Result<History, LedgerError> {
    let reader = ledger.reader();
    let runs = reader.runs()?.into_iter().map(|(imei, target, count)| ((imei, target), count)).collect();
    Ok(History::of(OnRecord {
        batch: reader.events_of_batch(batch)?,
        open_triggers: reader.open_triggers()?,
        open_data_modes: reader.open_data_modes()?,
        runs,
    }))
}
