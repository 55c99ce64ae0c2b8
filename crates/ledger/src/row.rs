//! An event as a row, and back.

use events::{Event, Stamped};
use rusqlite::Row;

use crate::LedgerError;

/// The columns of [`read`], in its order.
pub(crate) const COLUMNS: &str = "e.seq, e.run_seq, e.unix_ms, e.run_ms, e.body";

/// The columns by which an event is looked up. A line of conversation is not looked up by its attempt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys<'a> {
    pub(crate) slot: Option<&'a str>,
    pub(crate) unit: Option<&'a str>,
    pub(crate) attempt: Option<&'a str>,
    pub(crate) imei: Option<&'a str>,
}

impl<'a> Keys<'a> {
    /// What `event` names.
    pub(crate) fn of(event: &'a Event) -> Self {
        match event {
            Event::RunStarted { .. }
            | Event::RunEnded { .. }
            | Event::Layout { .. }
            | Event::Expected { .. }
            | Event::Paused { .. }
            | Event::Halted { .. }
            | Event::Vitals(_)
            | Event::Earlier { .. } => Self::default(),
            Event::Acted { action, .. } => Self { slot: action.slot(), ..Self::default() },
            Event::Note { slot, .. } => Self { slot: slot.as_deref(), ..Self::default() },
            Event::Slot { slot, .. }
            | Event::Step { slot, .. }
            | Event::Progress { slot, .. }
            | Event::Plugged { slot, .. }
            | Event::Unplugged { slot }
            | Event::Answered { slot, .. }
            | Event::Transcript { slot, .. }
            | Event::PortLost { slot }
            | Event::PortBack { slot, .. } => Self::of_slot(slot),
            Event::UnitStarted { unit, slot, module } => Self {
                unit: Some(unit),
                imei: module.as_ref().map(|module| module.imei.as_str()),
                ..Self::of_slot(slot)
            },
            Event::PassedEarlier { slot, module } => {
                Self { imei: Some(module.imei.as_str()), ..Self::of_slot(slot) }
            }
            Event::Routed { unit, slot, .. } | Event::UnitEnded { unit, slot, .. } => {
                Self { unit: Some(unit), ..Self::of_slot(slot) }
            }
            Event::AttemptStarted { attempt, unit, slot, .. }
            | Event::AttemptEnded { attempt, unit, slot, .. } => {
                Self { unit: Some(unit), attempt: Some(attempt), ..Self::of_slot(slot) }
            }
            Event::PhaseStarted { slot, unit, attempt, .. }
            | Event::PhaseEnded { slot, unit, attempt, .. } => {
                Self { unit: unit.as_deref(), attempt: attempt.as_deref(), ..Self::of_slot(slot) }
            }
            Event::Checkpointed { slot, unit, attempt, imei, .. }
            | Event::Resolved { slot, unit, attempt, imei, .. } => {
                Self { slot: Some(slot), unit: Some(unit), attempt: Some(attempt), imei: Some(imei.as_str()) }
            }
        }
    }

    fn of_slot(slot: &'a str) -> Self {
        Self { slot: Some(slot), ..Self::default() }
    }
}

/// A number as SQLite holds it. Those beyond its range stand for "very large" in every use there is.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The inner error is about the body; the outer one is SQLite's.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Stamped, LedgerError>> {
    let seq: i64 = row.get(0)?;
    let number = |place: usize| row.get(place).map(|number: i64| u64::try_from(number).unwrap_or_default());
    let (run_seq, unix_ms, run_ms) = (number(1)?, number(2)?, number(3)?);
    let body = row.get_ref(4)?.as_str()?;
    let event = match serde_json::from_str::<Event>(body) {
        Ok(event) => event,
        Err(source) => return Ok(Err(LedgerError::Body { seq, source })),
    };
    Ok(Ok(Stamped { seq: run_seq, unix_ms, run_ms, event }))
}
