//! The controller's ledger over the durable one, and what the record says of earlier runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use control::{Health, History, OnRecord, OpenTrigger, Reply};
use events::{Event, Stamped};
use ledger::{Ledger, LedgerError};

/// The record of one run.
pub struct Record {
    ledger: Arc<Ledger>,
    run: String,
    batch: String,
    /// Units of other batches that are followed up, with their batches.
    foreign: BTreeMap<String, String>,
}

impl Record {
    /// Records `run` of `batch` in `ledger`. What becomes of `open` triggers of other batches is recorded under those.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn new(
        ledger: Arc<Ledger>,
        run: String,
        batch: String,
        open: &[OpenTrigger],
    ) -> Result<Self, LedgerError> {
        let mut foreign = BTreeMap::new();
        for open in open.iter().filter(|open| open.foreign) {
            let its = ledger.reader().batch_of_unit(&open.unit)?;
            foreign.extend(its.map(|its| (open.unit.clone(), its)));
        }
        Ok(Self { ledger, run, batch, foreign })
    }

    /// The batch that an event belongs to.
    fn batch_of(&self, event: &Event) -> &str {
        let of_unit = if let Event::Resolved { unit, .. }
        | Event::AttemptEnded { unit, .. }
        | Event::UnitEnded { unit, .. } = event
        {
            self.foreign.get(unit)
        } else {
            None
        };
        of_unit.unwrap_or(&self.batch)
    }
}

impl control::Ledger for Record {
    fn append(&self, event: Arc<Stamped>) {
        self.ledger.append(&self.run, self.batch_of(&event.event), Arc::clone(&event));
    }

    fn failing(&self) -> Option<String> {
        self.ledger.failing()
    }

    fn health(&self) -> Health {
        Health { write_us: self.ledger.take_write_us(), free_bytes: self.ledger.free_bytes() }
    }

    fn append_durable(&self, event: Arc<Stamped>, reply: Reply) {
        self.ledger.append_durable(&self.run, self.batch_of(&event.event), Arc::clone(&event), reply);
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
