//! The record held against the modules' own truth.

use events::{AttemptOutcome, Family, Report, UnitReport, Verdict};
use sim::Truth;

/// The revisions of a family's packages in `fotarig sim`, in their order.
fn revisions(family: Family) -> &'static [&'static str] {
    match family {
        Family::Sim7000 => &["1529B02SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G"],
        Family::Sim7028 => &["2110B06SIM7028", "2110B07SIM7028"],
        Family::Bg96 => &["BG96MAR02A07M1G", "BG96MAR02A09M1G"],
        Family::Sim7080 | Family::Ag35 => &[],
    }
}

/// A revision without the suffix that only the module itself knows.
fn bare(revision: &str) -> &str {
    revision.split('_').next().unwrap_or_default()
}

/// The revision to which `fotarig sim` has modules of `family` brought.
pub fn target(family: Family) -> &'static str {
    revisions(family).last().copied().unwrap_or_default()
}

/// How many packages lead from where `module` began to its target.
pub fn hops(module: &Truth) -> usize {
    let all = revisions(module.family);
    let begun = all.iter().position(|revision| *revision == bare(&module.revision_at_start));
    all.len() - 1 - begun.unwrap_or_default()
}

/// The last unit of `report` in the slot `label`.
pub fn slot<'a>(report: &'a Report, label: &str) -> &'a UnitReport {
    let found = report.units.iter().rev().find(|unit| unit.slot == label);
    found.unwrap_or_else(|| panic!("slot {label} has no unit in {report:#?}"))
}

/// What `report` says that is not so, and what was done to modules that must never be.
pub fn lies(report: &Report, modules: &[Truth]) -> Vec<String> {
    modules.iter().flat_map(|module| lies_about(report, module)).collect()
}

fn lies_about(report: &Report, module: &Truth) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{} ({}): {what}", module.label, module.family));
        }
    };
    let units: Vec<&UnitReport> = report
        .units
        .iter()
        .filter(|unit| unit.imei.as_ref().is_some_and(|imei| imei.as_str() == module.imei))
        .collect();
    let at_target = bare(&module.revision) == target(module.family);
    let good = |unit: &&UnitReport| unit.resolved_later.or(unit.verdict).is_some_and(Verdict::good);
    must(at_target || !units.iter().any(|unit| good(unit)), "called good, and it is not at its target");
    must(module.triggers_while_updating == 0, "triggered during an update");
    must(module.corrupt_files == 0, "foreign bytes got into a package");
    must(units.iter().all(|unit| unit.verdict.is_some()), "a unit without a verdict");
    let recorded = units.iter().flat_map(|unit| &unit.attempts).filter(|attempt| attempt.triggered.is_some());
    must(module.triggers as usize <= recorded.count(), "a trigger without its record");
    let flashed = |unit: &&UnitReport| {
        let reached = |outcome| matches!(outcome, Some(AttemptOutcome::Passed | AttemptOutcome::Advanced));
        unit.attempts.iter().any(|attempt| reached(attempt.outcome))
    };
    let untouched = |unit: &&UnitReport| unit.resolved_later.or(unit.verdict) == Some(Verdict::Aborted);
    must(!units.iter().any(|unit| untouched(unit) && flashed(unit)), "called aborted, and it was flashed");
    found
}
