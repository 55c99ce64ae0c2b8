//! What a reader needs that comes late or was cut off: the events that still matter, in their order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::{Direction, Event, Stamped, Verdict};

/// Lines of conversation kept for each slot.
const LINES: usize = 200;
/// Notes, actions and the like that are kept.
const NOTES: usize = 500;
/// Units that are over and still told one by one.
const UNITS: usize = 1_024;
/// Events kept of the unit that is in a slot.
const OF_A_UNIT: usize = 1_000;

/// The recent past of a run. Whoever applies [`Recent::snapshot`] and then every later event sees what a reader from the
/// first event on sees, but for the details of units that are over and the older part of logs and conversations.
///
/// Bounded: 1,024 finished units, 500 notes, and for each slot 200 lines and 1,000 events of its unit.
#[derive(Debug, Default)]
pub struct Recent {
    /// The last event of each kind that says how the run is.
    run: BTreeMap<&'static str, Arc<Stamped>>,
    slots: BTreeMap<String, OfSlot>,
    over: VecDeque<Vec<Arc<Stamped>>>,
    notes: VecDeque<Arc<Stamped>>,
    earlier: BTreeMap<Verdict, u64>,
    earlier_first_pass: u64,
}

/// What is known of one slot.
#[derive(Debug, Default)]
struct OfSlot {
    /// The last event of each kind of which only the last matters.
    last: BTreeMap<&'static str, Arc<Stamped>>,
    unit: VecDeque<Arc<Stamped>>,
    lines: VecDeque<Spoken>,
}

/// A line of conversation without what all lines of a slot have in common: most of what is kept are lines, and as an
/// event each takes ten times its text.
#[derive(Debug)]
struct Spoken {
    seq: u64,
    unix_ms: u64,
    run_ms: u64,
    /// Shared with the line before, as nearly always.
    attempt: Option<Arc<str>>,
    direction: Direction,
    text: Box<str>,
}

impl Spoken {
    fn event(&self, slot: &str) -> Arc<Stamped> {
        let Self { seq, unix_ms, run_ms, direction, .. } = *self;
        let (slot, attempt) = (slot.to_owned(), self.attempt.as_deref().map(str::to_owned));
        let event = Event::Transcript { slot, attempt, direction, text: self.text.to_string() };
        Arc::new(Stamped { seq, unix_ms, run_ms, event })
    }
}

impl OfSlot {
    fn spoken(&mut self, stamped: &Stamped, attempt: Option<&str>, direction: Direction, text: &str) {
        let before = self.lines.back().and_then(|line| line.attempt.clone());
        let attempt =
            attempt.map(|attempt| before.filter(|before| **before == *attempt).unwrap_or(attempt.into()));
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        // No more than they ever take: by itself it would grow to 256.
        self.lines.reserve_exact(LINES - self.lines.len());
        let Stamped { seq, unix_ms, run_ms, .. } = *stamped;
        self.lines.push_back(Spoken { seq, unix_ms, run_ms, attempt, direction, text: text.into() });
    }
}

impl Recent {
    /// Takes the next event.
    pub fn take(&mut self, stamped: &Arc<Stamped>) {
        match &stamped.event {
            Event::RunStarted { .. } => {
                *self = Self::default();
                self.keep_last(stamped);
            }
            Event::Layout { .. }
            | Event::Expected { .. }
            | Event::Paused { .. }
            | Event::Halted { .. }
            | Event::Vitals(_)
            | Event::RunEnded { .. } => self.keep_last(stamped),
            Event::Earlier { units, first_pass } => {
                self.earlier.clone_from(units);
                self.earlier_first_pass = *first_pass;
            }
            Event::Slot { slot, .. }
            | Event::Step { slot, .. }
            | Event::Progress { slot, .. }
            | Event::Plugged { slot, .. } => {
                self.slot(slot).last.insert(stamped.event.kind(), stamped.clone());
            }
            Event::Transcript { slot, attempt, direction, text } => {
                self.slot(slot).spoken(stamped, attempt.as_deref(), *direction, text);
            }
            Event::UnitStarted { slot, .. } => self.unit_started(slot, stamped),
            Event::Routed { slot, .. }
            | Event::AttemptStarted { slot, .. }
            | Event::PhaseStarted { slot, .. }
            | Event::PhaseEnded { slot, .. }
            | Event::PortLost { slot }
            | Event::PortBack { slot, .. }
            | Event::Checkpointed { slot, .. }
            | Event::Resolved { slot, .. }
            | Event::AttemptEnded { slot, .. }
            | Event::UnitEnded { slot, .. }
            | Event::PassedEarlier { slot, .. }
            | Event::Unplugged { slot } => push(&mut self.slot(slot).unit, stamped, OF_A_UNIT),
            Event::Acted { .. } | Event::Note { .. } => push(&mut self.notes, stamped, NOTES),
            Event::Answered { .. } => {}
        }
    }

    /// The events that still matter, in their order.
    pub fn snapshot(&self) -> Vec<Arc<Stamped>> {
        let lines =
            self.slots.iter().flat_map(|(label, slot)| slot.lines.iter().map(|line| line.event(label)));
        self.with(lines)
    }

    /// The same without conversations, which are most of it.
    pub fn snapshot_without_lines(&self) -> Vec<Arc<Stamped>> {
        self.with(std::iter::empty())
    }

    fn with(&self, lines: impl Iterator<Item = Arc<Stamped>>) -> Vec<Arc<Stamped>> {
        let of_slots = self.slots.values().flat_map(|slot| slot.last.values().chain(&slot.unit));
        let kept = self.run.values().chain(self.over.iter().flatten()).chain(&self.notes).chain(of_slots);
        let mut events: Vec<Arc<Stamped>> = kept.cloned().chain(lines).collect();
        events.sort_by_key(|stamped| stamped.seq);
        if let Some(head) = self.head(events.first()) {
            events.insert(1.min(events.len()), head);
        }
        events
    }

    /// What is said of the units that are no longer told one by one.
    fn head(&self, first: Option<&Arc<Stamped>>) -> Option<Arc<Stamped>> {
        if self.earlier.is_empty() {
            return None;
        }
        let event = Event::Earlier { units: self.earlier.clone(), first_pass: self.earlier_first_pass };
        let (seq, unix_ms, run_ms) =
            first.map_or((0, 0, 0), |first| (first.seq, first.unix_ms, first.run_ms));
        Some(Arc::new(Stamped { seq, unix_ms, run_ms, event }))
    }

    fn keep_last(&mut self, stamped: &Arc<Stamped>) {
        self.run.insert(stamped.event.kind(), stamped.clone());
    }

    fn slot(&mut self, slot: &str) -> &mut OfSlot {
        self.slots.entry(slot.to_owned()).or_default()
    }

    /// The unit before is over: only its beginning, its attempts' ends and its verdict are told from now on.
    fn unit_started(&mut self, slot: &str, stamped: &Arc<Stamped>) {
        let of_slot = self.slot(slot);
        let before = std::mem::take(&mut of_slot.unit);
        of_slot.lines.clear();
        of_slot.last.remove("progress");
        of_slot.last.remove("step");
        of_slot.unit.push_back(stamped.clone());
        let over: Vec<_> = before.into_iter().filter(|stamped| tells_of_the_end(&stamped.event)).collect();
        if over.is_empty() {
            return;
        }
        self.over.push_back(over);
        if self.over.len() > UNITS
            && let Some(oldest) = self.over.pop_front()
        {
            self.count(&oldest);
        }
    }

    fn count(&mut self, unit: &[Arc<Stamped>]) {
        for stamped in unit {
            if let Event::UnitEnded { verdict, first_pass, .. } = &stamped.event {
                *self.earlier.entry(*verdict).or_default() += 1;
                self.earlier_first_pass += u64::from(*first_pass);
            }
        }
    }
}

fn tells_of_the_end(event: &Event) -> bool {
    matches!(event, Event::UnitStarted { .. } | Event::AttemptEnded { .. } | Event::UnitEnded { .. })
}

fn push(queue: &mut VecDeque<Arc<Stamped>>, stamped: &Arc<Stamped>, bound: usize) {
    if queue.len() == bound {
        queue.pop_front();
    }
    queue.push_back(stamped.clone());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{LINES, Recent, UNITS};
    use crate::{Direction, Event, Stamped, Verdict};

    fn stamped(seq: u64, event: Event) -> Arc<Stamped> {
        Arc::new(Stamped { seq, unix_ms: seq, run_ms: seq, event })
    }

    fn unit(seq: u64, slot: &str) -> [Arc<Stamped>; 2] {
        let (unit, slot) = (format!("u{seq}"), slot.to_owned());
        let started = Event::UnitStarted { unit: unit.clone(), slot: slot.clone(), module: None };
        let ended = Event::UnitEnded {
            unit,
            slot,
            verdict: Verdict::Failed,
            fault: None,
            revision: None,
            duration_ms: 1,
            first_pass: false,
        };
        [stamped(seq, started), stamped(seq + 1, ended)]
    }

    #[test]
    fn a_snapshot_is_in_order_and_bounded() {
        let mut recent = Recent::default();
        for seq in 1..=1_000 {
            let (slot, text) = ("A1".to_owned(), "x".to_owned());
            recent.take(&stamped(
                seq,
                Event::Transcript { slot, attempt: None, direction: Direction::Sent, text },
            ));
        }
        let snapshot = recent.snapshot();
        assert_eq!(snapshot.len(), LINES);
        assert!(snapshot.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        assert_eq!(snapshot.last().map(|last| last.seq), Some(1_000));
    }

    #[test]
    fn no_verdict_is_lost_however_long_the_run() {
        let mut recent = Recent::default();
        let units = UNITS as u64 + 100;
        for number in 0..units {
            for event in unit(1 + number * 2, "A1") {
                recent.take(&event);
            }
        }
        let mut told = 0;
        for event in recent.snapshot() {
            if let Event::Earlier { units, .. } = &event.event {
                told += units[&Verdict::Failed];
            }
            told += u64::from(matches!(event.event, Event::UnitEnded { .. }));
        }
        assert_eq!(told, units);
    }

    #[test]
    fn taking_a_snapshot_gives_the_same_snapshot() {
        let mut recent = Recent::default();
        let events = [unit(1, "A1"), unit(3, "A2"), unit(5, "A1")].concat();
        for event in &events {
            recent.take(event);
        }
        let snapshot = recent.snapshot();
        let mut again = Recent::default();
        for event in &snapshot {
            again.take(event);
        }
        assert_eq!(again.snapshot(), snapshot);
    }
}
