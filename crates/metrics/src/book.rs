//! What the events add up to. Each event is taken once, in the order of its number.

use std::sync::Arc;

use events::{AttemptOutcome, Checkpoint, Event, Stamped};

use crate::MetricsError;
use crate::batch::Batch;
use crate::durations::Durations;
use crate::register::Register;
use crate::rig::Rig;
use crate::roster::Roster;
use crate::shown::Shown;
use crate::slots::Slots;
use crate::tally::Tally;
use crate::triggers::Triggers;

/// Every instrument that events move.
#[derive(Debug)]
pub(crate) struct Book {
    last_seq: u64,
    /// The first event of the numbering, which tells one numbering from the next.
    first: Option<Stamped>,
    batch: Batch,
    slots: Slots,
    roster: Roster,
    tally: Tally,
    durations: Durations,
    triggers: Triggers,
    rig: Rig,
}

impl Book {
    /// The slots' series are written to `shown`.
    pub(crate) fn new(register: &Register<'_>, shown: Arc<Shown>) -> Result<Self, MetricsError> {
        Ok(Self {
            last_seq: 0,
            first: None,
            batch: Batch::new(register)?,
            slots: Slots::new(register, shown)?,
            roster: Roster::default(),
            tally: Tally::new(register)?,
            durations: Durations::new(register)?,
            triggers: Triggers::default(),
            rig: Rig::new(register)?,
        })
    }

    /// Whether the event was new.
    pub(crate) fn apply(&mut self, stamped: &Stamped) -> bool {
        if !self.is_new(stamped) {
            return false;
        }
        let event = &stamped.event;
        self.roster.apply(event);
        self.rack(event);
        self.slots.apply(event);
        self.batch.apply(event);
        self.tally.apply(event, &mut self.roster, &self.slots);
        self.durations.apply(event, &self.roster);
        self.trigger(stamped);
        if let Event::Vitals(vitals) = event {
            self.rig.apply(vitals, &self.slots);
        }
        true
    }

    /// Keeps in mind what an event of an earlier run says of who is who, and of its trigger.
    pub(crate) fn resume(&mut self, earlier: &Stamped) {
        self.roster.apply(&earlier.event);
        self.trigger(earlier);
    }

    /// Numbers grow; where they begin again at 1 with another event, they are those of another stream.
    fn is_new(&mut self, stamped: &Stamped) -> bool {
        if stamped.seq == 1 && self.first.as_ref() != Some(stamped) {
            self.first = Some(stamped.clone());
            self.last_seq = 0;
        }
        let new = stamped.seq > self.last_seq;
        if new {
            self.last_seq = stamped.seq;
        }
        new
    }

    /// Which slots there are.
    fn rack(&mut self, event: &Event) {
        if let Event::RunStarted { slots, .. } = event {
            for slot in slots {
                self.slots.admit(slot);
            }
        } else if let Event::Layout { places, .. } = event {
            self.slots.lay_out(places.iter().map(|place| place.slot.as_str()));
        } else {
            return;
        }
        self.triggers.show_all(&self.slots);
    }

    fn trigger(&mut self, stamped: &Stamped) {
        if let Event::Checkpointed { slot, attempt, checkpoint: Checkpoint::Trigger, .. } = &stamped.event {
            self.triggers.recorded(attempt, slot, stamped.unix_ms, &self.slots);
        } else if let Event::Resolved { attempt, .. } = &stamped.event {
            self.triggers.over(attempt, &self.slots);
        } else if let Event::AttemptEnded { attempt, outcome, .. } = &stamped.event
            && *outcome != AttemptOutcome::Unknown
        {
            // A trigger whose record failed was never sent, and nothing resolves it.
            self.triggers.over(attempt, &self.slots);
        }
    }
}
