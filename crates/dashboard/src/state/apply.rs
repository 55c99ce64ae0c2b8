//! Taking an event.

use events::{
    Action, AttemptOutcome, Checkpoint, Event, Level, Phase, SlotPlace, SlotState, Stamped, Verdict, Vitals,
};

use super::{Health, Now, Run, State};
use crate::text::clean;

/// Targets kept.
const TARGETS: usize = 64;

impl State {
    /// Takes the next event. One that was taken already is left alone; what is missing in between is missing on the
    /// screen and nothing else.
    pub fn apply(&mut self, stamped: &Stamped) {
        if !self.is_new(stamped) {
            return;
        }
        if let Event::RunStarted { run, .. } = &stamped.event
            && self.run.id != *run
        {
            *self = Self::default();
        }
        self.seq = stamped.seq;
        self.now = Now { unix_ms: stamped.unix_ms, run_ms: stamped.run_ms.max(self.now.run_ms) };
        self.of_run(&stamped.event);
    }

    /// The head of a snapshot bears the number of the event after which it is put.
    fn is_new(&self, stamped: &Stamped) -> bool {
        let another_run = matches!(&stamped.event, Event::RunStarted { run, .. } if *run != self.run.id);
        stamped.seq > self.seq || another_run || matches!(&stamped.event, Event::Earlier { .. })
    }

    fn of_run(&mut self, event: &Event) {
        match event {
            Event::RunStarted { .. } => self.run_started(event),
            Event::Layout { columns, places } => self.lay_out(*columns, places),
            Event::Expected { units } => self.run.expected = Some(*units),
            Event::Paused { paused } => {
                self.run.paused = *paused;
                let text = if *paused { "paused: nothing new is started" } else { "resumed" };
                self.note(Level::Info, None, text);
            }
            Event::Halted { rule, reason } => {
                self.run.halted = Some((*rule, clean(reason)));
                self.note(Level::Error, None, &format!("halted by {}: {reason}", rule.key()));
            }
            Event::Vitals(vitals) => self.health = Some(Health::of(vitals)),
            Event::Earlier { units, first_pass } => self.tally.earlier(units, *first_pass),
            Event::Note { slot, level, text } => self.note(*level, slot.as_deref(), text),
            Event::Acted { by, action, refused } => self.acted(by, action, refused.as_deref()),
            Event::RunEnded { stopped, .. } => {
                self.run.stopped_by = stopped.as_deref().map(clean);
                self.run.ended_ms = Some(self.now.run_ms);
                let text = stopped.as_ref().map_or_else(
                    || "the run ended".to_owned(),
                    |who| format!("the run ended: stopped by {who}"),
                );
                self.note(Level::Info, None, &text);
            }
            Event::UnitEnded { .. } => self.unit_ended(event),
            Event::Slot { .. }
            | Event::Plugged { .. }
            | Event::Unplugged { .. }
            | Event::UnitStarted { .. }
            | Event::Routed { .. }
            | Event::AttemptStarted { .. }
            | Event::Step { .. }
            | Event::PhaseStarted { .. }
            | Event::PhaseEnded { .. }
            | Event::Progress { .. }
            | Event::Transcript { .. }
            | Event::Answered { .. }
            | Event::PortLost { .. }
            | Event::PortBack { .. }
            | Event::Checkpointed { .. }
            | Event::Resolved { .. }
            | Event::AttemptEnded { .. }
            | Event::PassedEarlier { .. } => self.of_slot(event),
        }
    }

    fn run_started(&mut self, event: &Event) {
        let Event::RunStarted { run, batch, rack, lot, operator, targets, slots, version } = event else {
            return;
        };
        self.run = Run {
            id: run.clone(),
            batch: clean(batch),
            rack: clean(rack),
            lot: lot.as_deref().map(clean),
            operator: operator.as_deref().map(clean),
            targets: targets.iter().take(TARGETS).cloned().collect(),
            version: clean(version),
            began: self.now,
            ..Run::default()
        };
        for target in &mut self.run.targets {
            target.model = clean(&target.model);
            target.revision = clean(&target.revision);
        }
        for slot in slots {
            let _ = self.slot_mut(slot);
        }
        self.order(slots.iter().map(String::as_str));
        self.note(Level::Info, None, &format!("batch {batch} on {rack}, {} slots", slots.len()));
    }

    fn lay_out(&mut self, columns: Option<u16>, places: &[SlotPlace]) {
        self.columns = columns.filter(|columns| *columns > 0);
        for place in places {
            if let Some(slot) = self.slot_mut(&place.slot) {
                slot.place = Some(clean(&place.place));
                slot.hub = place.hub.as_deref().map(clean);
            }
        }
        self.order(places.iter().map(|place| place.slot.as_str()));
    }

    fn acted(&mut self, by: &str, action: &Action, refused: Option<&str>) {
        if let Some(reason) = refused {
            let text = format!("{by}: {action}: refused: {reason}");
            self.note(Level::Warning, action.slot(), &text);
            return;
        }
        self.note(Level::Info, action.slot(), &format!("{by}: {action}"));
        if matches!(action, Action::Stop | Action::Detach) {
            self.run.stopping = true;
        }
        if let Action::Expect { slot, imei } = action
            && let Some(slot) = self.slot_mut(slot)
        {
            slot.expected = Some(imei.to_string());
        }
    }

    fn unit_ended(&mut self, event: &Event) {
        let Event::UnitEnded { unit, slot: label, verdict, fault, duration_ms, first_pass, .. } = event
        else {
            return;
        };
        let run_ms = self.now.run_ms;
        let first = self.tally.verdict(unit, *verdict, *first_pass, run_ms);
        if let Some(fault) = fault.as_ref().filter(|_| first) {
            self.tally.fault(fault, label, true);
        }
        let Some(slot) = self.slot_mut(label) else { return };
        slot.unit_ended(unit, event, run_ms);
        if first {
            slot.count(*verdict, *duration_ms);
        }
        let family = slot.unit.family().filter(|_| *verdict == Verdict::Passed);
        if let Some(family) = family {
            self.learned.unit(family, *duration_ms);
        }
        let level = if verdict.good() { Level::Info } else { Level::Warning };
        let why = fault.as_ref().map(|fault| format!(": {fault}")).unwrap_or_default();
        let again = if first { "" } else { " (resolved later)" };
        self.note(level, Some(label), &format!("{verdict}{again}{why}"));
    }

    fn of_slot(&mut self, event: &Event) {
        let Some(label) = slot_of(event) else { return };
        let run_ms = self.now.run_ms;
        let Some(slot) = self.slot_mut(label) else { return };
        if let Event::Slot { state, .. } = event {
            slot.enter(state, run_ms);
        } else if let Event::Plugged { usb, ttys, .. } = event {
            slot.plugged(usb.as_deref(), ttys);
        } else if let Event::Unplugged { .. } = event {
            slot.present = false;
        } else if let Event::UnitStarted { unit, module, .. } = event {
            slot.unit_started(unit, module.as_ref(), run_ms);
        } else if let Event::Transcript { direction, text, .. } = event {
            slot.say(*direction, text, run_ms);
        } else if let Event::PassedEarlier { module, .. } = event {
            slot.passed_earlier = Some(super::unit::shown_module(module));
            slot.present = true;
        } else if let Event::Checkpointed { checkpoint: Checkpoint::Trigger, .. } = event {
            slot.unit.past_no_return = true;
        } else {
            slot.unit.apply(event, run_ms);
        }
        self.learn(event);
        self.tell(event);
    }

    fn learn(&mut self, event: &Event) {
        let Event::PhaseEnded { slot, attempt: Some(_), phase, duration_ms, .. } = event else { return };
        let known = self.slot(slot).and_then(|slot| {
            let attempt = slot.unit.attempt.as_ref()?;
            Some((slot.unit.family()?, attempt.delivery))
        });
        if let Some((family, delivery)) = known {
            self.learned.phase(family, delivery, *phase, *duration_ms);
        }
    }

    /// Puts what is worth telling of a slot into the log.
    fn tell(&mut self, event: &Event) {
        if let Event::AttemptEnded { slot, outcome, fault: Some(fault), .. } = event {
            self.tally.fault(fault, slot, false);
            if matches!(outcome, AttemptOutcome::Failed | AttemptOutcome::Unknown) {
                self.note(Level::Info, Some(slot), &format!("attempt {}: {fault}", outcome.name()));
            }
        } else if let Event::Slot { slot, state: SlotState::Held { reason } } = event {
            self.note(Level::Warning, Some(slot), &format!("held: {reason}"));
        } else if let Event::Slot { slot, state: SlotState::Quarantined { reason } } = event {
            self.note(Level::Warning, Some(slot), &format!("quarantined: {reason}"));
        } else if let Event::PassedEarlier { slot, module } = event {
            self.tally.passed_earlier += 1;
            self.note(
                Level::Info,
                Some(slot),
                &format!("{} passed earlier in this batch", module.imei.short()),
            );
        } else if let Event::PhaseStarted { slot, phase: Phase::Trigger, attempt: Some(_), .. } = event {
            self.note(Level::Info, Some(slot), "trigger");
        }
    }

    pub(crate) fn note(&mut self, level: Level, slot: Option<&str>, text: &str) {
        self.log.push(self.now, level, slot, text);
    }
}

impl Health {
    fn of(vitals: &Vitals) -> Self {
        Self {
            ledger_ok: vitals.ledger_ok,
            ledger_free_bytes: vitals.ledger_free_bytes,
            loop_lag_us: vitals.loop_lag_us,
            in_flight: vitals.in_flight,
            in_flight_limit: vitals.in_flight_limit,
            hosted_bytes: vitals.hosted_bytes.values().fold(0, |sum, bytes| sum.saturating_add(*bytes)),
        }
    }
}

/// The slot that an event of a slot is about.
fn slot_of(event: &Event) -> Option<&str> {
    match event {
        Event::Slot { slot, .. }
        | Event::Plugged { slot, .. }
        | Event::Unplugged { slot }
        | Event::UnitStarted { slot, .. }
        | Event::Routed { slot, .. }
        | Event::AttemptStarted { slot, .. }
        | Event::Step { slot, .. }
        | Event::PhaseStarted { slot, .. }
        | Event::PhaseEnded { slot, .. }
        | Event::Progress { slot, .. }
        | Event::Transcript { slot, .. }
        | Event::Answered { slot, .. }
        | Event::PortLost { slot }
        | Event::PortBack { slot, .. }
        | Event::Checkpointed { slot, .. }
        | Event::Resolved { slot, .. }
        | Event::AttemptEnded { slot, .. }
        | Event::UnitEnded { slot, .. }
        | Event::PassedEarlier { slot, .. } => Some(slot),
        Event::RunStarted { .. }
        | Event::Layout { .. }
        | Event::Expected { .. }
        | Event::Acted { .. }
        | Event::Paused { .. }
        | Event::Halted { .. }
        | Event::Vitals(_)
        | Event::Earlier { .. }
        | Event::Note { .. }
        | Event::RunEnded { .. } => None,
    }
}
