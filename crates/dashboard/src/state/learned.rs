//! What this batch has taught: how long each phase takes, and a whole module.

use std::collections::{BTreeMap, VecDeque};

use events::{Delivery, Family, Phase};

use super::Slot;

/// Durations kept of each kind: the last ones teach most.
const KEPT: usize = 32;

/// How long things took.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    phases: BTreeMap<(Family, Delivery, Phase), Durations>,
    units: BTreeMap<Family, Durations>,
}

/// The last durations of one kind, with their median.
#[derive(Debug, Default)]
struct Durations {
    kept: VecDeque<u64>,
    median: u64,
}

impl Durations {
    fn take(&mut self, duration_ms: u64) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(duration_ms);
        let mut sorted: Vec<u64> = self.kept.iter().copied().collect();
        sorted.sort_unstable();
        self.median = sorted[sorted.len() / 2];
    }
}

impl Learned {
    /// A phase is over.
    pub(crate) fn phase(&mut self, family: Family, delivery: Delivery, phase: Phase, duration_ms: u64) {
        self.phases.entry((family, delivery, phase)).or_default().take(duration_ms);
    }

    /// A module passed.
    pub(crate) fn unit(&mut self, family: Family, duration_ms: u64) {
        self.units.entry(family).or_default().take(duration_ms);
    }

    /// How long a phase takes, milliseconds.
    pub(crate) fn phase_ms(&self, family: Family, delivery: Delivery, phase: Phase) -> Option<u64> {
        self.phases.get(&(family, delivery, phase)).map(|durations| durations.median)
    }

    /// How long a module of `family` takes, milliseconds; of any family when this one has not been seen.
    pub(crate) fn unit_ms(&self, family: Option<Family>) -> Option<u64> {
        let own = family.and_then(|family| self.units.get(&family)).map(|durations| durations.median);
        own.or_else(|| {
            let mut medians: Vec<u64> = self.units.values().map(|durations| durations.median).collect();
            medians.sort_unstable();
            medians.get(medians.len() / 2).copied()
        })
    }

    /// How long the module in `slot` will still take, milliseconds, at `run_ms`; `None` while too little is known.
    pub(crate) fn slot_ms(&self, slot: &Slot, run_ms: u64) -> Option<u64> {
        let unit = &slot.unit;
        let by_phases = self.attempt_ms(slot, run_ms);
        let whole = self.unit_ms(unit.family());
        let packages = u64::try_from(unit.route.len().max(1)).unwrap_or(1);
        let left = packages.saturating_sub(u64::try_from(unit.hops_done()).unwrap_or(0));
        if let Some(now) = by_phases {
            let others = whole.map_or(0, |whole| whole / packages) * left.saturating_sub(1);
            return Some(now.saturating_add(others));
        }
        let since = unit.began_ms.unwrap_or(slot.since_ms);
        whole.map(|whole| whole.saturating_sub(run_ms.saturating_sub(since)))
    }

    /// How long the attempt under way will still take.
    fn attempt_ms(&self, slot: &Slot, run_ms: u64) -> Option<u64> {
        let (family, attempt) = (slot.unit.family()?, slot.unit.attempt.as_ref()?);
        let now = slot.unit.phase?;
        let of = |phase| self.phase_ms(family, attempt.delivery, phase);
        let spent = run_ms.saturating_sub(now.since_ms);
        let here = match slot.unit.progress {
            Some((phase, done, total)) if phase == now.phase && done > 0 && total >= done => {
                let left = u128::from(spent) * u128::from(total - done) / u128::from(done);
                u64::try_from(left).unwrap_or(u64::MAX)
            }
            _ => of(now.phase)?.saturating_sub(spent),
        };
        let mut later: Vec<Phase> = Vec::new();
        let from = attempt.at.map_or(0, |at| at + 1);
        for step in attempt.steps.iter().skip(from) {
            if step.phase != now.phase && !later.contains(&step.phase) {
                later.push(step.phase);
            }
        }
        Some(later.into_iter().filter_map(of).fold(here, u64::saturating_add))
    }
}
