//! Whoever stands at the rack: takes each module out after its verdict, and puts the next one in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use events::{Family, Verdict};
use sim::Behaviour;

use crate::usb::{Rack, Scenario, Unit, port_of};

/// A place stays empty no longer, also when nobody said that its module was taken out.
const EMPTY_AT_MOST: Duration = Duration::from_secs(20);
/// Every so many modules one misbehaves.
const ODD_ONE_OUT: usize = 16;
/// What those do, in turn. Each of them still ends in good time.
const ODDITIES: [Behaviour; 6] = [
    Behaviour::MoreReenumerations,
    Behaviour::EndLost,
    Behaviour::DeltaRejected,
    Behaviour::UnrelatedUrcs,
    Behaviour::VersionNotReady,
    Behaviour::OldVersionStays,
];

/// Modules that come one after the other.
pub(super) struct Exchange {
    /// Modules that were put in so far.
    brought: usize,
    wanted: usize,
    /// Places whose module was taken away, and when; to be filled again.
    empty: BTreeMap<usize, Instant>,
    slots: BTreeMap<String, usize>,
    /// Verdicts so far.
    pub(super) verdicts: BTreeMap<Verdict, usize>,
    /// Places in which a module is that has no verdict yet.
    busy: BTreeSet<usize>,
}

/// Module number `number` at `place`.
fn unit(number: usize, place: usize) -> Unit {
    let family = Family::ALL[number % Family::ALL.len()];
    let mut unit = Unit::new(family, number);
    unit.port = Some(port_of(place));
    if number % ODD_ONE_OUT == ODD_ONE_OUT - 1 {
        unit.spec.behaviours.insert(ODDITIES[number / ODD_ONE_OUT % ODDITIES.len()]);
    }
    unit
}

/// The rack as it stands at the start: full.
pub(super) fn scenario(slots: usize, speed: f64) -> Scenario {
    let mut scenario = Scenario::of(&Family::ALL, slots, speed);
    scenario.modules = (0..slots).map(|place| unit(place, place)).collect();
    scenario
}

impl Exchange {
    pub(super) fn new(slots: usize, wanted: usize) -> Self {
        Self {
            brought: slots,
            wanted,
            empty: BTreeMap::new(),
            slots: (0..slots).map(|place| (format!("A{}", place + 1), place)).collect(),
            verdicts: BTreeMap::new(),
            busy: (0..slots).collect(),
        }
    }

    /// How many modules have their verdict.
    pub(super) fn done(&self) -> usize {
        self.verdicts.values().sum()
    }

    /// Whether every module has its verdict.
    pub(super) fn over(&self) -> bool {
        self.brought >= self.wanted && self.busy.is_empty()
    }

    /// What the program has said: acts upon it.
    pub(super) fn hear(&mut self, line: &str, rack: &Rack) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, label, rest @ ..] = words.as_slice() else { return };
        let Some(place) = self.slots.get(*label).copied() else { return };
        if let Some(verdict) = verdict(rest)
            && self.busy.remove(&place)
        {
            *self.verdicts.entry(verdict).or_default() += 1;
            rack.take_away(&port_of(place));
            self.empty.insert(place, Instant::now());
        } else if rest == ["taken", "out"] && self.empty.remove(&place).is_some() {
            self.fill(place, rack);
        }
    }

    /// Fills places of which nothing was said.
    pub(super) fn fill_forgotten(&mut self, rack: &Rack) {
        let late = |(place, since): (&usize, &Instant)| (since.elapsed() > EMPTY_AT_MOST).then_some(*place);
        let forgotten: Vec<usize> = self.empty.iter().filter_map(late).collect();
        for place in forgotten {
            self.empty.remove(&place);
            self.fill(place, rack);
        }
    }

    fn fill(&mut self, place: usize, rack: &Rack) {
        if self.brought < self.wanted {
            let number = self.brought;
            self.brought += 1;
            self.busy.insert(place);
            rack.bring(&unit(number, place));
        }
    }
}

/// The verdict in what is said of a slot: `✔ passed, runs …`.
fn verdict(words: &[&str]) -> Option<Verdict> {
    let [symbol, name, ..] = words else { return None };
    let name = name.trim_end_matches(',');
    Verdict::ALL.into_iter().find(|verdict| verdict.symbol() == *symbol && verdict.name() == name)
}

#[cfg(test)]
mod tests {
    use events::Verdict;

    use super::{unit, verdict};

    #[test]
    fn a_verdict_is_read_and_nothing_else_is_one() {
        let read = |line: &str| verdict(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(read("✔ passed, runs B04 in 2:12"), Some(Verdict::Passed));
        assert_eq!(read("✘ failed in 0:12"), Some(Verdict::Failed));
        assert_eq!(read("attempt passed"), None);
        assert_eq!(read("= IMEI 8 passed earlier"), None);
    }

    #[test]
    fn no_two_modules_are_one() {
        let imeis: std::collections::BTreeSet<String> =
            (0..5_000).map(|number| unit(number, number % 64).spec.imei).collect();
        assert_eq!(imeis.len(), 5_000);
    }
}
