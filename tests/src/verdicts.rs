//! The record held against the modules' own truth.

use events::{AttemptOutcome, Report, UnitReport, Verdict};
use sim::Truth;

use crate::job::Job;

/// The last unit of `report` in the slot `label`.
pub fn slot<'a>(report: &'a Report, label: &str) -> &'a UnitReport {
    let found = report.units.iter().rev().find(|unit| unit.slot == label);
    found.unwrap_or_else(|| panic!("slot {label} has no unit in {report:#?}"))
}

/// What `report` says that is not so, and what was done to modules that must never be.
pub fn lies(report: &Report, modules: &[Truth], job: &Job) -> Vec<String> {
    modules.iter().flat_map(|module| lies_about(report, module, job)).collect()
}

fn lies_about(report: &Report, module: &Truth, job: &Job) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{} ({}): {what}", module.label, module.family));
        }
    };
    let is_its = |unit: &&UnitReport| unit.imei.as_ref().is_some_and(|imei| imei.as_str() == module.imei);
    let units: Vec<&UnitReport> = report.units.iter().filter(is_its).collect();
    let good = |unit: &&UnitReport| unit.resolved_later.or(unit.verdict).is_some_and(Verdict::good);
    must(job.reached(module) || !units.iter().any(good), "called good, and it is not at its target");
    must(module.imei_now == module.imei || !units.iter().any(good), "called good, and it has lost its IMEI");
    must(module.triggers_while_updating == 0, "triggered during an update");
    must(module.corrupt_files == 0, "foreign bytes got into a package");
    must(units.iter().all(|unit| unit.verdict.is_some()), "a unit without a verdict");
    let attempts = units.iter().flat_map(|unit| &unit.attempts);
    let recorded = attempts.filter(|attempt| attempt.triggered.is_some()).count();
    must(module.triggers as usize <= recorded, "a trigger without its record");
    must(!units.iter().any(|unit| denies_a_trigger(unit)), "said to be untouched, and it was triggered");
    found
}

/// Whether a unit is said to be as it was before, although a package reached it, or its last trigger went out and was
/// not proved to have failed.
pub fn denies_a_trigger(unit: &UnitReport) -> bool {
    let untouched = unit.verdict == Some(Verdict::Aborted)
        && unit.fault.as_ref().is_some_and(|fault| fault.message.contains("nothing was flashed"));
    let reached = |outcome| matches!(outcome, Some(AttemptOutcome::Passed | AttemptOutcome::Advanced));
    let flashed = unit.attempts.iter().any(|attempt| reached(attempt.outcome));
    let last = unit.attempts.last().filter(|attempt| attempt.outcome != Some(AttemptOutcome::Failed));
    untouched && (flashed || last.is_some_and(|attempt| attempt.triggered.is_some()))
}
