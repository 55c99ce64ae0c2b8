//! Ctrl-C: once, and what is past its trigger is seen through; twice, and it is left behind, on record, for the next run.

use events::{Report, UnitReport, Verdict};
use fotarig_tests::{Bench, Process, lies, report, target};
use rustix::process::Signal;
use sim::Truth;

/// A controller that has sent at least one trigger, while others of its modules are still before theirs.
fn in_mid_run(bench: &Bench) -> Process {
    let controller = bench.controller();
    controller.line("recorded: the trigger");
    controller
}

fn interrupt(controller: &Process, answer: &str) {
    controller.signal(Signal::INT);
    controller.complaint(answer);
}

fn triggered(unit: &UnitReport) -> bool {
    unit.attempts.iter().any(|attempt| attempt.triggered.is_some())
}

fn a_last_run_brings_all_to_their_target(bench: Bench) -> (Report, Vec<Truth>) {
    let last = bench.controller().wait();
    assert_eq!(last.code, Some(0), "{last}");
    let told = report(&bench.ledger(), "demo");
    let modules = bench.stop();
    assert_eq!(lies(&told, &modules), [""; 0]);
    for module in &modules {
        assert!(module.revision.starts_with(target(module.family)), "{module:?}");
        assert_eq!(module.updates_failed, 0, "{module:?}");
    }
    (told, modules)
}

#[test]
fn once_sees_through_what_is_past_its_trigger_and_starts_nothing_new() {
    let bench = Bench::start(&["--slots", "9", "--seed", "4", "--faults", "none"]);
    let controller = in_mid_run(&bench);
    interrupt(&controller, "stopping");
    let ended = controller.wait();
    assert_eq!(ended.code, Some(130), "{ended}");

    let told = report(&bench.ledger(), "demo");
    assert!(told.units.iter().any(triggered), "some were past their trigger: {ended}");
    for unit in &told.units {
        let last = unit.attempts.last().is_some_and(|attempt| attempt.triggered.is_some());
        let expected = if last { Verdict::Passed } else { Verdict::Aborted };
        // A module with two packages on its route is stopped between them.
        let between = last && unit.verdict == Some(Verdict::Aborted) && unit.attempts.len() == 1;
        assert!(unit.verdict == Some(expected) || between, "{unit:#?}\n{ended}");
    }
    assert!(told.count(Verdict::Aborted) > 0, "some were before their trigger: {ended}");
    a_last_run_brings_all_to_their_target(bench);
}

#[test]
fn twice_leaves_at_once_and_the_next_run_follows_up() {
    let bench = Bench::start(&["--slots", "9", "--seed", "5", "--faults", "none"]);
    let controller = in_mid_run(&bench);
    interrupt(&controller, "stopping");
    interrupt(&controller, "leaving");
    let ended = controller.wait();
    assert_eq!(ended.code, Some(130), "{ended}");

    let told = report(&bench.ledger(), "demo");
    let left: Vec<&UnitReport> =
        told.units.iter().filter(|unit| unit.verdict == Some(Verdict::Unknown)).collect();
    assert!(!left.is_empty(), "some were past their trigger: {ended}");
    for unit in &told.units {
        let expected = if triggered(unit) { Verdict::Unknown } else { Verdict::Aborted };
        assert_eq!(unit.verdict, Some(expected), "{unit:#?}\n{ended}");
        let fault = unit.fault.as_ref().map(|fault| fault.code.to_string()).unwrap_or_default();
        assert!(fault.ends_with("-INTERRUPTED"), "{unit:#?}");
    }

    let left: Vec<String> = left.iter().map(|unit| unit.unit.clone()).collect();
    let (told, _) = a_last_run_brings_all_to_their_target(bench);
    for unit in told.units.iter().filter(|unit| left.contains(&unit.unit)) {
        assert_eq!(unit.verdict, Some(Verdict::Unknown), "the first verdict is never rewritten");
        assert_eq!(unit.resolved_later, Some(Verdict::Passed), "{unit:#?}");
    }
}
