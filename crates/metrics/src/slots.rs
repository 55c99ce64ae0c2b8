//! The slots: their states, what each is doing, what came out of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::{Event, Phase, SlotState, Traffic, Verdict};
use prometheus::IntGauge;

use crate::MetricsError;
use crate::register::Register;
use crate::shown::{OfSlot, Shown};

/// The states of a slot, as they are named in labels and in events.
const STATES: [&str; 7] = ["empty", "busy", "waiting", "done", "held", "quarantined", "unlabelled"];
const EMPTY: usize = 0;
const UNLABELLED: usize = 6;
/// The most slots that have series of their own.
const SLOTS: usize = 4_096;

/// The slots of the rack, and ports without a label that have a module.
#[derive(Debug)]
pub(crate) struct Slots {
    states: [IntGauge; STATES.len()],
    shown: Arc<Shown>,
    known: BTreeMap<String, Slot>,
    /// Ports that the rack's file does not name, with a module in them.
    unlabelled: BTreeSet<String>,
}

/// One slot.
#[derive(Debug)]
struct Slot {
    state: usize,
    series: Arc<OfSlot>,
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
    /// Their series are written to `shown`.
    pub(crate) fn new(register: &Register<'_>, shown: Arc<Shown>) -> Result<Self, MetricsError> {
        let states = register.numbers(
            "fotarig_slots",
            &["state"],
            "Slots by what they are doing; a slot of which nothing is known yet is empty.",
        )?;
        Ok(Self {
            states: STATES.map(|state| states.with_label_values(&[state])),
            shown,
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
        self.states[EMPTY].inc();
        self.known.insert(label.to_owned(), Slot { state: EMPTY, series: self.shown.admit(label) });
    }

    fn forget(&mut self, label: &str) {
        if let Some(slot) = self.known.remove(label) {
            self.states[slot.state].dec();
            self.shown.forget(label);
        }
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
        for (phase, series) in Phase::ALL.into_iter().zip(&slot.series.phases) {
            series.set(f64::from(u8::from(begun == Some(phase))));
        }
        slot.series.progress.set(0.0);
    }

    fn progress(&self, label: &str, done: u64, total: u64) {
        let Some(slot) = self.known.get(label) else { return };
        #[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
        let ratio = if total == 0 { 0.0 } else { done.min(total) as f64 / total as f64 };
        slot.series.progress.set(ratio);
    }

    pub(crate) fn verdict(&self, label: &str, verdict: Verdict) {
        let Some(slot) = self.known.get(label) else { return };
        for (of, series) in Verdict::ALL.into_iter().zip(&slot.series.verdicts) {
            series.add(u64::from(of == verdict));
        }
    }

    /// So many bytes more went through its port.
    pub(crate) fn traffic(&self, label: &str, more: Traffic) {
        let Some(slot) = self.known.get(label) else { return };
        let [received, sent] = &slot.series.bytes;
        received.add(more.received);
        sent.add(more.sent);
    }

    /// Since when a trigger is unresolved there; `None` when none is.
    pub(crate) fn trigger(&self, label: &str, since_unix_ms: Option<u64>) {
        let Some(slot) = self.known.get(label) else { return };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact for ages to come")]
        let seconds = since_unix_ms.map_or(f64::NAN, |since| since as f64 / 1e3);
        slot.series.trigger.set(seconds);
    }
}
