//! The controller's ledger over the durable one, and what the record says of earlier runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use control::{Health, History, OpenAttempt, OpenDataMode, OpenTrigger, Orphan, Reply};
use events::{AttemptOutcome, Checkpoint, Event, Report, Resolution, Stamped, Verdict};
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
        self.ledger.append(&self.run, &self.batch, (*event).clone());
    }

    fn health(&self) -> Health {
        Health {
            failing: !self.ledger.healthy(),
            write_us: self.ledger.take_write_us(),
            free_bytes: self.ledger.free_bytes(),
        }
    }

    fn append_durable(&self, event: Arc<Stamped>, reply: Reply) {
        self.ledger.append_durable(&self.run, &self.batch, (*event).clone(), reply);
    }
}

/// What `ledger` says of earlier runs, for a run of `batch`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn history(ledger: &Ledger, batch: &str) -> Result<History, LedgerError> {
    let reader = ledger.reader();
    let open_triggers: Vec<OpenTrigger> =
        reader.open_triggers()?.into_iter().filter_map(|stamped| open_trigger(stamped.event)).collect();
    let open_data_modes =
        reader.open_data_modes()?.into_iter().filter_map(|stamped| open_data_mode(stamped.event));
    let open_data_modes = open_data_modes.collect();
    let events = reader.events_of_batch(batch)?;
    let report = Report::of(&events);
    let passed = |unit: &&events::UnitReport| {
        unit.verdict == Some(Verdict::Passed) || unit.resolved_later == Some(Verdict::Passed)
    };
    let mut canaries = BTreeMap::new();
    for unit in report.units.iter().filter(passed) {
        if let (Some(model), Some(from)) = (&unit.model, &unit.revision_before) {
            *canaries.entry((model.clone(), from.clone())).or_default() += 1;
        }
    }
    let passed = report.units.iter().filter(passed).filter_map(|unit| unit.imei.clone()).collect();
    let triggered: BTreeSet<&str> = open_triggers.iter().map(|open| open.unit.as_str()).collect();
    let cut_off = report.units.iter().filter(|unit| unit.verdict.is_none());
    let orphans = cut_off.filter(|unit| !triggered.contains(unit.unit.as_str())).map(orphan).collect();
    let runs = reader.runs()?.into_iter().map(|(imei, target, count)| ((imei, target), count)).collect();
    Ok(History { open_triggers, open_data_modes, passed, orphans, canaries, runs })
}

fn orphan(unit: &events::UnitReport) -> Orphan {
    let flashed = |attempt: &&events::AttemptReport| {
        matches!(attempt.outcome, Some(AttemptOutcome::Advanced | AttemptOutcome::Passed))
            || attempt.resolution == Some(Resolution::Target)
    };
    let open = unit.attempts.last().filter(|attempt| attempt.outcome.is_none());
    Orphan {
        unit: unit.unit.clone(),
        slot: unit.slot.clone(),
        imei: unit.imei.clone(),
        target: unit.target.clone(),
        reached: unit.attempts.iter().rev().find(flashed).map(|attempt| attempt.to.clone()),
        open: open.map(|open| OpenAttempt {
            attempt: open.attempt.clone(),
            to: open.to.clone(),
            resolution: open.resolution,
        }),
    }
}

fn open_trigger(event: Event) -> Option<OpenTrigger> {
    checkpoint(event).map(|(open, _)| open)
}

fn open_data_mode(event: Event) -> Option<OpenDataMode> {
    let (attempt, Checkpoint::DataMode { timeout_ms }) = checkpoint(event)? else { return None };
    Some(OpenDataMode { attempt, timeout_ms })
}

/// The attempt of a checkpoint, and the checkpoint itself.
fn checkpoint(event: Event) -> Option<(OpenTrigger, Checkpoint)> {
    let Event::Checkpointed {
        slot,
        unit,
        attempt,
        family,
        model,
        imei,
        from,
        to,
        target,
        delivery,
        checkpoint,
    } = event
    else {
        return None;
    };
    Some((OpenTrigger { unit, attempt, slot, family, model, imei, from, to, target, delivery }, checkpoint))
}
