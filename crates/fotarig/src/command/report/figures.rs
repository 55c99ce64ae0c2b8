//! The figures of a batch: yield, verdicts, faults.

use std::collections::BTreeMap;

use events::{FaultCode, Report, UnitReport, Verdict};

/// How a batch stands. A module counts once, by its IMEI, however often it was put in.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Modules that were seen.
    pub(crate) modules: usize,
    /// Modules by the last that is known of each: the later resolution of an `unknown`, the verdict of a re-test.
    pub(crate) verdicts: BTreeMap<Verdict, usize>,
    /// Modules of which no verdict is recorded.
    pub(crate) open: usize,
    /// Modules with a verdict that had an attempt: those that count for the yield.
    pub(crate) tried: usize,
    /// Of those, how many passed.
    pub(crate) passed: usize,
    /// Of those, how many passed the first time, without an attempt that failed.
    pub(crate) first_pass: usize,
    /// Faults, the most frequent first.
    pub(crate) faults: Vec<FaultCount>,
}

/// How often a fault occurred.
#[derive(Debug, PartialEq)]
pub(crate) struct FaultCount {
    /// Its code.
    pub(crate) code: FaultCode,
    /// Units that ended with it.
    pub(crate) units: usize,
    /// Attempts that ended with it, also of units that passed in the end.
    pub(crate) attempts: usize,
}

/// What stands of a unit at last: the later resolution, where there is one.
pub(crate) fn stands(unit: &UnitReport) -> Option<Verdict> {
    unit.resolved_later.or(unit.verdict)
}

impl Figures {
    /// The figures of `report`, whose units are in the order of time within a slot.
    pub(crate) fn of(report: &Report) -> Self {
        let mut figures = Self { faults: faults(report), ..Self::default() };
        for units in modules(report) {
            figures.take(&units);
        }
        figures
    }

    /// Takes in the units of one module, in the order of time.
    fn take(&mut self, units: &[&UnitReport]) {
        self.modules += 1;
        let passed = units.iter().any(|unit| stands(unit) == Some(Verdict::Passed));
        match units.iter().rev().find_map(|unit| stands(unit)) {
            // It is at the target because it was brought there in this very batch.
            Some(Verdict::Already) if passed => *self.verdicts.entry(Verdict::Passed).or_default() += 1,
            Some(verdict) => *self.verdicts.entry(verdict).or_default() += 1,
            None => self.open += 1,
        }
        let mut tried = units.iter().filter(|unit| !unit.attempts.is_empty() && stands(unit).is_some());
        let Some(first) = tried.next() else { return };
        self.tried += 1;
        self.passed += usize::from(passed);
        self.first_pass += usize::from(first.first_pass);
    }
}

/// The units of each module; one that could not be identified is a module of its own.
fn modules(report: &Report) -> Vec<Vec<&UnitReport>> {
    let mut modules: Vec<Vec<&UnitReport>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in &report.units {
        let place = unit.imei.as_ref().and_then(|imei| places.get(imei.as_str()));
        if let Some(place) = place {
            modules[*place].push(unit);
            continue;
        }
        if let Some(imei) = &unit.imei {
            places.insert(imei.as_str(), modules.len());
        }
        modules.push(vec![unit]);
    }
    for units in &mut modules {
        // Keys are UUIDv7: their order is that of time, also across slots.
        units.sort_by(|one, other| one.unit.cmp(&other.unit));
    }
    modules
}

fn faults(report: &Report) -> Vec<FaultCount> {
    let mut counts: BTreeMap<FaultCode, (usize, usize)> = BTreeMap::new();
    for unit in &report.units {
        if let Some(fault) = &unit.fault {
            counts.entry(fault.code).or_default().0 += 1;
        }
        for fault in unit.attempts.iter().filter_map(|attempt| attempt.fault.as_ref()) {
            counts.entry(fault.code).or_default().1 += 1;
        }
    }
    let mut faults: Vec<FaultCount> =
        counts.into_iter().map(|(code, (units, attempts))| FaultCount { code, units, attempts }).collect();
    faults.sort_by_key(|fault| std::cmp::Reverse((fault.units, fault.attempts)));
    faults
}

/// `part` of `whole` in per cent with one digit; a dash where there is no whole.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    // Rounded down: 100.0 % is said of all of them only.
    let tenths = part.saturating_mul(1000) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}
