//! The slots: their states, what each is doing, what came out of each.

use std::collections::{BTreeMap, BTreeSet};

use events::{Event, Phase, SlotState, Traffic, Verdict};
use prometheus::{Gauge, GaugeVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use crate::MetricsError;
use crate::register::Register;

/// The states of a slot, as they are named in labels and in events.
const STATES: [&str; 7] = ["empty", "busy", "waiting", "done", "held", "quarantined", "unlabelled"];
const EMPTY: usize = 0;
const UNLABELLED: usize = 6;
/// The directions in which bytes go, seen from the rig.
const DIRECTIONS: [&str; 2] = ["received", "sent"];
/// The most slots that have series of their own.
const SLOTS: usize = 4_096;

/// The slots of the rack, and ports without a label that have a module.
#[derive(Debug)]
pub(crate) struct Slots {
    states: [IntGauge; STATES.len()],
    phases: IntGaugeVec,
    progress: GaugeVec,
    verdicts: IntCounterVec,
    bytes: IntCounterVec,
    triggers: GaugeVec,
    known: BTreeMap<String, Slot>,
    /// Ports that the rack's file does not name, with a module in them.
    unlabelled: BTreeSet<String>,
}

/// The series of one slot.
#[derive(Debug)]
struct Slot {
    state: usize,
    phases: [IntGauge; Phase::ALL.len()],
    progress: Gauge,
    verdicts: [IntCounter; Verdict::ALL.len()],
    bytes: [IntCounter; DIRECTIONS.len()],
}

const fn state_index(state: &SlotState) -> usize {
    match state {
        SlotState::Empty => EMPTY,
        SlotState::Busy => 1,
        SlotState::Waiting { .. } => 2,
        SlotState::Done => 3,
        SlotState::Held { .. } => 4,
        SlotState::Quarantined { .. } => 5,
        SlotState::Unlabelled => UNLABELLED,
    }
}

impl Slots {
    pub(crate) fn new(register: &Register<'_>) -> Result<Self, MetricsError> {
        let states = register.numbers(
            "fotarig_slots",
            &["state"],
            "Slots by what they are doing; a slot of which nothing is known yet is empty.",
        )?;
        Ok(Self {
            states: STATES.map(|state| states.with_label_values(&[state])),
            phases: register.numbers(
                "fotarig_slot_phase",
                &["slot", "phase"],
                "1 for the phase that the slot's module is in, 0 for the others.",
            )?,
            progress: register.gauges(
                "fotarig_slot_progress_ratio",
                &["slot"],
                "How far the slot's phase is, from 0 to 1; 0 where it is not known.",
            )?,
            verdicts: register.counters(
                "fotarig_slot_verdicts_total",
                &["slot", "verdict"],
                "Verdicts given in the slot; an unknown and its later resolution are two.",
            )?,
            bytes: register.counters(
                "fotarig_serial_bytes_total",
                &["slot", "direction"],
                "Bytes through the slot's port, received from the module or sent to it.",
            )?,
            triggers: register.gauges(
                "fotarig_slot_trigger_timestamp_seconds",
                &["slot"],
                "When the slot's oldest unresolved trigger was recorded, seconds since 1970; absent without one.",
            )?,
            known: BTreeMap::new(),
            unlabelled: BTreeSet::new(),
        })
    }

    /// The rack's slots are `labels` and no others.
    pub(crate) fn lay_out<'a>(&mut self, labels: impl Iterator<Item = &'a str>) {
        let labels: BTreeSet<&str> = labels.collect();
        let gone: Vec<String> =
            self.known.keys().filter(|label| !labels.contains(label.as_str())).cloned().collect();
        for label in gone {
            self.forget(&label);
        }
        for label in labels {
            self.admit(label);
        }
    }

    /// `label` is a slot of the rack.
    pub(crate) fn admit(&mut self, label: &str) {
        if self.known.contains_key(label) || self.known.len() == SLOTS {
            return;
        }
        self.leave_unlabelled(label);
        let slot = Slot {
            state: EMPTY,
            phases: Phase::ALL.map(|phase| self.phases.with_label_values(&[label, phase.name()])),
            progress: self.progress.with_label_values(&[label]),
            verdicts: Verdict::ALL.map(|verdict| self.verdicts.with_label_values(&[label, verdict.name()])),
            bytes: DIRECTIONS.map(|direction| self.bytes.with_label_values(&[label, direction])),
        };
        self.states[EMPTY].inc();
        self.known.insert(label.to_owned(), slot);
    }

    /// Its series end. That one was never there is no fault.
    fn forget(&mut self, label: &str) {
        let Some(slot) = self.known.remove(label) else { return };
        self.states[slot.state].dec();
        for phase in Phase::ALL {
            let _ = self.phases.remove_label_values(&[label, phase.name()]);
        }
        for verdict in Verdict::ALL {
            let _ = self.verdicts.remove_label_values(&[label, verdict.name()]);
        }
        for direction in DIRECTIONS {
            let _ = self.bytes.remove_label_values(&[label, direction]);
        }
        let _ = self.progress.remove_label_values(&[label]);
        let _ = self.triggers.remove_label_values(&[label]);
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        if let Event::Slot { slot, state } = event {
            self.state(slot, state);
        } else if let Event::PhaseStarted { slot, phase, .. } = event {
            self.phase(slot, Some(*phase));
        } else if let Event::PhaseEnded { slot, .. } | Event::UnitEnded { slot, .. } = event {
            self.phase(slot, None);
        } else if let Event::Progress { slot, done, total, .. } = event {
            self.progress(slot, *done, *total);
        }
    }

    fn state(&mut self, label: &str, state: &SlotState) {
        let index = state_index(state);
        if !self.known.contains_key(label) {
            if index == EMPTY {
                return self.leave_unlabelled(label);
            }
            if index == UNLABELLED {
                return self.enter_unlabelled(label);
            }
            self.admit(label);
        }
        let Some(slot) = self.known.get_mut(label) else { return };
        self.states[slot.state].dec();
        self.states[index].inc();
        slot.state = index;
    }

    fn enter_unlabelled(&mut self, label: &str) {
        if self.unlabelled.len() < SLOTS && self.unlabelled.insert(label.to_owned()) {
            self.states[UNLABELLED].inc();
        }
    }

    fn leave_unlabelled(&mut self, label: &str) {
        if self.unlabelled.remove(label) {
            self.states[UNLABELLED].dec();
        }
    }

    fn phase(&self, label: &str, begun: Option<Phase>) {
        let Some(slot) = self.known.get(label) else { return };
        for (phase, gauge) in Phase::ALL.into_iter().zip(&slot.phases) {
            gauge.set(i64::from(begun == Some(phase)));
        }
        slot.progress.set(0.0);
    }

    fn progress(&self, label: &str, done: u64, total: u64) {
        let Some(slot) = self.known.get(label) else { return };
        #[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
        let ratio = if total == 0 { 0.0 } else { done.min(total) as f64 / total as f64 };
        slot.progress.set(ratio);
    }

    pub(crate) fn verdict(&self, label: &str, verdict: Verdict) {
        let Some(slot) = self.known.get(label) else { return };
        for (of, counter) in Verdict::ALL.into_iter().zip(&slot.verdicts) {
            if of == verdict {
                counter.inc();
            }
        }
    }

    /// So many bytes more went through its port.
    pub(crate) fn traffic(&self, label: &str, more: Traffic) {
        let Some(slot) = self.known.get(label) else { return };
        let [received, sent] = &slot.bytes;
        received.inc_by(more.received);
        sent.inc_by(more.sent);
    }

    /// Since when a trigger is unresolved there; `None` when none is.
    pub(crate) fn trigger(&self, label: &str, since_unix_ms: Option<u64>) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact for ages to come")]
        match since_unix_ms {
            Some(since) if self.known.contains_key(label) => {
                self.triggers.with_label_values(&[label]).set(since as f64 / 1e3);
            }
            // That it had none is no fault.
            _ => drop(self.triggers.remove_label_values(&[label])),
        }
    }
}
