//! Counts: verdicts, faults, units an hour.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use events::{Fault, FaultCode, Verdict};

use super::Slot;
use crate::face::Face;
use crate::text::clean;

/// Units whose trigger is unresolved and whose verdict may still change.
const OPEN: usize = 4_096;
/// Ends of units from which the rate is taken.
const ENDS: usize = 1_024;
/// The rate is that of the last hour.
const HOUR_MS: u64 = 3_600_000;
/// Before so much time has passed a rate says nothing.
const RATE_AFTER_MS: u64 = 60_000;

/// What has been counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    verdicts: BTreeMap<Verdict, u64>,
    pub(crate) first_pass: u64,
    pub(crate) passed_earlier: u64,
    open: BTreeSet<String>,
    ends: VecDeque<u64>,
    pub(crate) faults: BTreeMap<FaultCode, FaultTally>,
}

/// How often one fault occurred.
#[derive(Debug, Default)]
pub(crate) struct FaultTally {
    /// Units that ended with it.
    pub(crate) units: u64,
    /// Attempts that ended with it.
    pub(crate) attempts: u64,
    /// Where, by slot: the units that ended with it there.
    pub(crate) slots: BTreeMap<String, u64>,
    /// The last message.
    pub(crate) message: String,
}

impl Tally {
    /// How many units have `verdict`. A unit whose unknown trigger was resolved later counts by its resolution.
    pub(crate) fn count(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or(0)
    }

    /// How many units have a verdict.
    pub(crate) fn done(&self) -> u64 {
        self.verdicts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Units at their target, and units that count: all but the aborted, of which nothing was flashed because somebody
    /// or something stopped them. A module that was at its target already counts as good.
    pub(crate) fn yielded(&self) -> (u64, u64) {
        let good = self.count(Verdict::Passed).saturating_add(self.count(Verdict::Already));
        (good, self.done().saturating_sub(self.count(Verdict::Aborted)))
    }

    /// As [`Tally::yielded`], but good is only what needed no second attempt.
    pub(crate) fn yielded_at_first(&self) -> (u64, u64) {
        let (good, whole) = self.yielded();
        (self.first_pass.saturating_add(self.count(Verdict::Already)).min(good), whole)
    }

    /// Takes a verdict of `unit`; `false` when it resolves an earlier one.
    pub(crate) fn verdict(&mut self, unit: &str, verdict: Verdict, first_pass: bool, run_ms: u64) -> bool {
        let resolves = self.open.remove(unit);
        if resolves {
            let unknown = self.verdicts.entry(Verdict::Unknown).or_default();
            *unknown = unknown.saturating_sub(1);
        }
        let count = self.verdicts.entry(verdict).or_default();
        *count = count.saturating_add(1);
        self.first_pass = self.first_pass.saturating_add(u64::from(first_pass));
        if verdict == Verdict::Unknown && self.open.len() < OPEN {
            self.open.insert(unit.to_owned());
        }
        if !resolves {
            if self.ends.len() == ENDS {
                self.ends.pop_front();
            }
            self.ends.push_back(run_ms);
        }
        !resolves
    }

    /// Takes what is no longer told one by one.
    pub(crate) fn earlier(&mut self, units: &BTreeMap<Verdict, u64>, first_pass: u64) {
        for (verdict, count) in units {
            let entry = self.verdicts.entry(*verdict).or_default();
            *entry = entry.saturating_add(*count);
        }
        self.first_pass = self.first_pass.saturating_add(first_pass);
    }

    /// Takes a fault with which a unit (`true`) or an attempt ended in `slot`.
    pub(crate) fn fault(&mut self, fault: &Fault, slot: &str, unit: bool) {
        let entry = self.faults.entry(fault.code).or_default();
        entry.units += u64::from(unit);
        entry.attempts += u64::from(!unit);
        entry.message = clean(&fault.message);
        if entry.slots.len() < 1_024 || entry.slots.contains_key(slot) {
            *entry.slots.entry(slot.to_owned()).or_default() += u64::from(unit);
        }
    }

    /// Faults, the most frequent first.
    pub(crate) fn pareto(&self) -> Vec<(FaultCode, &FaultTally)> {
        let mut faults: Vec<_> = self.faults.iter().map(|(code, tally)| (*code, tally)).collect();
        faults.sort_by_key(|(code, tally)| (std::cmp::Reverse((tally.units, tally.attempts)), *code));
        faults
    }

    /// Units an hour: over the last hour of module time, or since the run began.
    pub(crate) fn per_hour(&self, began_ms: u64, now_ms: u64) -> Option<u64> {
        let first_kept = if self.ends.len() == ENDS { self.ends.front().copied().unwrap_or(0) } else { 0 };
        let from = began_ms.max(now_ms.saturating_sub(HOUR_MS)).max(first_kept);
        let span = now_ms.saturating_sub(from);
        if span < RATE_AFTER_MS || self.ends.is_empty() {
            return None;
        }
        let ended = u64::try_from(self.ends.iter().filter(|end| **end >= from).count()).unwrap_or(0);
        Some((ended * HOUR_MS + span / 2) / span)
    }
}

/// How many slots have which face.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Census {
    pub(crate) at_work: usize,
    pub(crate) waiting: usize,
    pub(crate) empty: usize,
    pub(crate) held: usize,
    pub(crate) quarantined: usize,
    /// Past the point of no return, or left with an unresolved trigger.
    pub(crate) open_triggers: usize,
}

impl Census {
    /// Counts `slots`.
    pub(crate) fn of(slots: &[Slot]) -> Self {
        let mut census = Self::default();
        for slot in slots {
            match Face::of(slot) {
                Face::Past | Face::Away | Face::Busy => census.at_work += 1,
                Face::Waiting => census.waiting += 1,
                Face::Held => census.held += 1,
                Face::Quarantined => census.quarantined += 1,
                Face::Empty => census.empty += 1,
                Face::Done(_) | Face::Unlabelled => {}
            }
            census.open_triggers += usize::from(slot.unit.past_no_return);
        }
        census
    }
}
