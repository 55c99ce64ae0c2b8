//! How a rack stands, from a snapshot: one line for people, an object for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use events::{Event, SlotState, Stamped, Verdict};
use serde::Serialize;

/// How a rack stands.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Status {
    pub(crate) rack: String,
    /// `idle`, `running`, `paused`, `halted` (ends as soon as it can), `ended`.
    pub(crate) state: &'static str,
    pub(crate) batch: Option<String>,
    /// Why it was halted or ended.
    pub(crate) why: Option<String>,
    pub(crate) slots: usize,
    pub(crate) empty: usize,
    pub(crate) waiting: usize,
    pub(crate) quarantined: usize,
    pub(crate) under_way: usize,
    pub(crate) expected: Option<u64>,
    pub(crate) passed_earlier: usize,
    pub(crate) verdicts: BTreeMap<Verdict, u64>,
}

impl Status {
    /// Of `rack`, from the events of a snapshot.
    pub(crate) fn of(rack: &str, events: &[Arc<Stamped>]) -> Self {
        let mut status = Self { rack: rack.to_owned(), state: "idle", ..Self::default() };
        let mut by_slot = BTreeMap::new();
        let mut open = BTreeSet::new();
        for stamped in events {
            status.take(&stamped.event, &mut by_slot, &mut open);
        }
        status.under_way = open.len();
        for state in by_slot.values() {
            match state {
                SlotState::Empty => status.empty += 1,
                SlotState::Waiting { .. } | SlotState::Held { .. } => status.waiting += 1,
                SlotState::Quarantined { .. } => status.quarantined += 1,
                SlotState::Busy | SlotState::Done | SlotState::Unlabelled => {}
            }
        }
        status
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what a status does not tell, it leaves out")]
    fn take<'a>(
        &mut self,
        event: &'a Event,
        by_slot: &mut BTreeMap<&'a str, &'a SlotState>,
        open: &mut BTreeSet<&'a str>,
    ) {
        match event {
            Event::RunStarted { batch, slots, .. } => {
                (self.state, self.batch, self.slots) = ("running", Some(batch.clone()), slots.len());
            }
            Event::Expected { units } => self.expected = Some(*units),
            Event::Earlier { units, .. } => {
                for (verdict, count) in units {
                    *self.verdicts.entry(*verdict).or_default() += count;
                }
            }
            Event::Slot { slot, state } => {
                by_slot.insert(slot, state);
            }
            Event::UnitStarted { slot, .. } => {
                open.insert(slot);
            }
            Event::UnitEnded { slot, verdict, .. } => {
                open.remove(slot.as_str());
                *self.verdicts.entry(*verdict).or_default() += 1;
            }
            Event::PassedEarlier { slot, .. } => {
                open.remove(slot.as_str());
                self.passed_earlier += 1;
            }
            Event::Paused { paused } => self.state = if *paused { "paused" } else { "running" },
            Event::Halted { reason, .. } => (self.state, self.why) = ("halted", Some(reason.clone())),
            Event::RunEnded { stopped, .. } => {
                self.state = "ended";
                self.why = stopped.clone().or(self.why.take());
            }
            _ => {}
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rack, self.state)?;
        let Some(batch) = &self.batch else { return Ok(()) };
        write!(f, ", batch {batch}, {} slots", self.slots)?;
        for (verdict, count) in &self.verdicts {
            write!(f, ", {count} {verdict}")?;
        }
        let counts = [
            (self.passed_earlier, "passed earlier"),
            (self.under_way, "under way"),
            (self.waiting, "waiting"),
            (self.quarantined, "in quarantine"),
            (self.empty, "empty"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        self.why.as_ref().map_or(Ok(()), |why| write!(f, " ({why})"))
    }
}
