//! What the events tell, folded into what the screens show.

mod apply;
mod learned;
mod log;
mod outlook;
mod slot;
mod tally;
mod unit;

pub(crate) use learned::Learned;
pub(crate) use log::Log;
pub(crate) use slot::Slot;
pub(crate) use tally::{Census, FaultTally, Tally};
pub(crate) use unit::Step;

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Rule, Stamped, Target};

/// The most slots that are shown; a rack has 256 at most, and ports without a label come on top.
const SLOTS: usize = 1_024;

/// What the dashboard knows of a run: a fold over its events. Bounded, without I/O and without a clock.
#[derive(Debug, Default)]
pub struct State {
    /// Place of the last event in the run's order.
    pub(crate) seq: u64,
    pub(crate) now: Now,
    pub(crate) run: Run,
    /// Cells in a row, where the rack's file says so.
    pub(crate) columns: Option<u16>,
    /// In the order in which they are shown.
    pub(crate) slots: Vec<Slot>,
    by_label: BTreeMap<String, usize>,
    pub(crate) tally: Tally,
    pub(crate) learned: Learned,
    pub(crate) log: Log,
    pub(crate) health: Option<Health>,
}

/// The two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Wall clock, milliseconds since 1970.
    pub unix_ms: u64,
    /// Monotonic milliseconds since the run began, in module time.
    pub run_ms: u64,
}

/// What is known of the run as a whole.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) batch: String,
    pub(crate) rack: String,
    pub(crate) lot: Option<String>,
    pub(crate) operator: Option<String>,
    pub(crate) targets: Vec<Target>,
    pub(crate) version: String,
    pub(crate) began: Now,
    pub(crate) expected: Option<u64>,
    pub(crate) paused: bool,
    pub(crate) halted: Option<(Rule, String)>,
    /// Somebody asked it to stop.
    pub(crate) stopping: bool,
    /// When it ended, in module time.
    pub(crate) ended_ms: Option<u64>,
    /// Who or what ended it early.
    pub(crate) stopped_by: Option<String>,
}

/// How the controller is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Health {
    pub(crate) ledger_ok: bool,
    pub(crate) ledger_free_bytes: Option<u64>,
    pub(crate) loop_lag_us: u64,
    pub(crate) hosted_bytes: u64,
    /// Modules that are being flashed.
    pub(crate) in_flight: u64,
    /// How many may be; 0 where the controller does not say.
    pub(crate) in_flight_limit: u64,
}

impl State {
    /// The state that a snapshot of the recent past tells.
    pub fn of(snapshot: &[Arc<Stamped>]) -> Self {
        let mut state = Self::default();
        for stamped in snapshot {
            state.apply(stamped);
        }
        state
    }

    /// Time went on: `now` as the caller's clocks have it. What lies before the last event is taken as that event's time.
    pub fn tick(&mut self, now: Now) {
        self.now = Now { unix_ms: now.unix_ms, run_ms: now.run_ms.max(self.now.run_ms) };
    }

    /// The time of the last event or tick.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Place of the last event in the run's order; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether the run has ended.
    pub fn ended(&self) -> bool {
        self.run.ended_ms.is_some()
    }

    /// The slot with this label.
    pub(crate) fn slot(&self, label: &str) -> Option<&Slot> {
        self.by_label.get(label).and_then(|place| self.slots.get(*place))
    }

    /// Where the slot with this label stands among the slots.
    pub(crate) fn place_of(&self, label: &str) -> Option<usize> {
        self.by_label.get(label).copied()
    }

    /// Milliseconds of module time since the run began.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.run.ended_ms.unwrap_or(self.now.run_ms).saturating_sub(self.run.began.run_ms)
    }

    /// The slot with this label, made when it is new; `None` when there are too many.
    fn slot_mut(&mut self, label: &str) -> Option<&mut Slot> {
        let place = match self.by_label.get(label) {
            Some(place) => *place,
            None if self.slots.len() >= SLOTS => return None,
            None => {
                self.by_label.insert(label.to_owned(), self.slots.len());
                self.slots.push(Slot::new(label));
                self.slots.len() - 1
            }
        };
        self.slots.get_mut(place)
    }

    /// Sorts the slots by the order of `labels`; those that are not named come after them, as they were.
    fn order<'a>(&mut self, labels: impl Iterator<Item = &'a str>) {
        let wanted: BTreeMap<&str, usize> = labels.zip(0..).collect();
        self.slots.sort_by_key(|slot| wanted.get(slot.label.as_str()).copied().unwrap_or(usize::MAX));
        self.by_label = self.slots.iter().map(|slot| slot.label.clone()).zip(0..).collect();
    }
}
