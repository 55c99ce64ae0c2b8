//! A slot: where it is, what it is doing, and the module's stay in it.

use std::collections::VecDeque;

use events::{Direction, Event, Module, SlotState, Verdict};

use super::unit::{Unit, shown_module};
use crate::text::clean;

/// Lines of conversation kept for each slot.
const LINES: usize = 200;
/// Ttys kept for each slot.
const TTYS: usize = 8;

/// What is known of one slot.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Its label as the controller knows it.
    pub(crate) label: String,
    /// Its label as it is shown.
    pub(crate) name: String,
    pub(crate) place: Option<String>,
    pub(crate) hub: Option<String>,
    pub(crate) state: SlotState,
    pub(crate) since_ms: u64,
    /// Whether a module is in it.
    pub(crate) present: bool,
    pub(crate) usb: Option<String>,
    pub(crate) ttys: Vec<String>,
    pub(crate) unit: Unit,
    /// The module that passed earlier in this batch and was put in again.
    pub(crate) passed_earlier: Option<Module>,
    /// The IMEI that was scanned for it, shortened.
    pub(crate) expected: Option<String>,
    pub(crate) lines: VecDeque<Line>,
    pub(crate) history: History,
}

/// A line of the conversation.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) run_ms: u64,
    pub(crate) direction: Direction,
    pub(crate) text: String,
}

/// What the slot has done in this run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct History {
    pub(crate) units: u64,
    pub(crate) good: u64,
    /// Of the units that passed, milliseconds.
    pub(crate) passed: u64,
    pub(crate) passed_ms: u64,
}

impl Slot {
    /// An empty slot.
    pub(crate) fn new(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            name: if label.trim().is_empty() { "?".to_owned() } else { clean(label) },
            place: None,
            hub: None,
            state: SlotState::Empty,
            since_ms: 0,
            present: false,
            usb: None,
            ttys: Vec::new(),
            unit: Unit::default(),
            passed_earlier: None,
            expected: None,
            lines: VecDeque::new(),
            history: History::default(),
        }
    }

    /// The reason that its state gives, if it gives one.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.state {
            SlotState::Waiting { reason }
            | SlotState::Held { reason }
            | SlotState::Quarantined { reason } => Some(reason),
            SlotState::Empty | SlotState::Busy | SlotState::Done | SlotState::Unlabelled => None,
        }
    }

    /// The module that is in it, or was last.
    pub(crate) fn module(&self) -> Option<&Module> {
        self.unit.module.as_ref().or(self.passed_earlier.as_ref())
    }

    /// Its state changed.
    pub(crate) fn enter(&mut self, state: &SlotState, run_ms: u64) {
        let fresh = matches!(state, SlotState::Busy | SlotState::Waiting { .. });
        if fresh && self.over() {
            self.begin_stay();
        }
        match state {
            SlotState::Empty => self.present = false,
            SlotState::Busy | SlotState::Waiting { .. } | SlotState::Done | SlotState::Unlabelled => {
                self.present = true;
            }
            SlotState::Held { .. } | SlotState::Quarantined { .. } => {}
        }
        if *state != SlotState::Busy {
            self.unit.away_since_ms = None;
        }
        if std::mem::discriminant(state) != std::mem::discriminant(&self.state) {
            self.since_ms = run_ms;
        }
        self.state = shown_state(state);
    }

    /// Something was plugged in. A module that comes back from its own restart is still the same stay.
    pub(crate) fn plugged(&mut self, usb: Option<&str>, ttys: &[String]) {
        if !self.present && self.over() {
            self.begin_stay();
        }
        self.present = true;
        self.usb = usb.map(clean);
        self.ttys = ttys.iter().take(TTYS).map(|tty| clean(tty)).collect();
    }

    /// A module was found.
    pub(crate) fn unit_started(&mut self, id: &str, module: Option<&Module>, run_ms: u64) {
        let stay_goes_on = self.unit.id.is_none() && !self.over();
        if !stay_goes_on && self.unit.id.as_deref() != Some(id) {
            self.begin_stay();
        }
        self.present = true;
        self.unit.id = Some(id.to_owned());
        self.unit.began_ms = Some(run_ms);
        self.unit.module = module.map(shown_module);
    }

    /// A verdict came; of another stay than the one that is shown it changes nothing here.
    pub(crate) fn unit_ended(&mut self, id: &str, event: &Event, run_ms: u64) {
        if self.unit.id.is_none() {
            self.unit.id = Some(id.to_owned());
        }
        if self.unit.id.as_deref() == Some(id) {
            self.expected = None;
            self.unit.apply(event, run_ms);
        }
    }

    /// Counts a unit that is over.
    pub(crate) fn count(&mut self, verdict: Verdict, duration_ms: u64) {
        self.history.units += 1;
        self.history.good += u64::from(verdict.good());
        if verdict == Verdict::Passed {
            self.history.passed += 1;
            self.history.passed_ms = self.history.passed_ms.saturating_add(duration_ms);
        }
    }

    /// Takes a line of the conversation.
    pub(crate) fn say(&mut self, direction: Direction, text: &str, run_ms: u64) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { run_ms, direction, text: clean(text) });
    }

    /// Whether the stay that is shown is over.
    fn over(&self) -> bool {
        self.unit.outcome.is_some() || self.passed_earlier.is_some()
    }

    fn begin_stay(&mut self) {
        self.unit = Unit::default();
        self.passed_earlier = None;
        self.lines.clear();
    }
}

fn shown_state(state: &SlotState) -> SlotState {
    match state {
        SlotState::Waiting { reason } => SlotState::Waiting { reason: clean(reason) },
        SlotState::Held { reason } => SlotState::Held { reason: clean(reason) },
        SlotState::Quarantined { reason } => SlotState::Quarantined { reason: clean(reason) },
        SlotState::Empty | SlotState::Busy | SlotState::Done | SlotState::Unlabelled => state.clone(),
    }
}
