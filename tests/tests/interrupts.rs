//! Ctrl-C: once, and what is past its trigger is seen through; twice, and it is left behind, on record, for the next run.

use events::{AttemptOutcome, Report, UnitReport, Verdict};
use fotarig_tests::{Bench, Process, denies_a_trigger, lies, report};
use rustix::process::Signal;
use sim::Truth;

/// A controller that has sent at least one trigger, while others of its modules are still before theirs.
fn in_mid_run(bench: &Bench) -> Process {
    let controller = bench.controller();
    controller.line("recording the trigger");
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
    let job = bench.job();
    let modules = bench.stop();
    assert_eq!(lies(&told, &modules, &job), [""; 0]);
    for module in &modules {
        assert!(job.reached(module), "{module:?}");
        // A download that dies with its controller may have to be done again; an update is done once for each package.
        assert_eq!(module.updates_done as usize, job.hops(module), "{module:?}");
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
        // A module with two packages on its route may be stopped between them.
        let between = unit.attempts.iter().any(|attempt| attempt.outcome == Some(AttemptOutcome::Advanced));
        let last = unit.attempts.last().is_some_and(|attempt| attempt.triggered.is_some());
        let expected = unit.verdict == Some(if last { Verdict::Passed } else { Verdict::Aborted });
        // An upload past its trigger (SIM7028) may be given up, when the module then proves to be as before.
        let back = unit.verdict == Some(Verdict::Aborted) && unit.revision_after == unit.revision_before;
        assert!(expected || between || last && back, "{unit:#?}\n{ended}");
    }
    assert!(told.count(Verdict::Aborted) > 0, "some were before their trigger: {ended}");
    let warned = ended.err.contains("code=E-") && ended.err.contains("INTERRUPTED");
    assert!(!warned, "what somebody wanted is no warning: {ended}");
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

#[test]
fn once_between_two_packages_does_not_say_that_nothing_was_flashed() {
    let bench = Bench::start(&["--slots", "3", "--seed", "1", "--faults", "none", "--families", "sim7000"]);
    let controller = bench.controller();
    // Until here it was told nothing: the first package of a route of two is being installed.
    controller.line("recording the trigger towards 1529B03SIM7000G");
    interrupt(&controller, "stopping");
    let ended = controller.wait();
    assert_eq!(ended.code, Some(130), "{ended}");
    let told = report(&bench.ledger(), "demo");
    let advanced = |unit: &&UnitReport| {
        unit.attempts.iter().any(|attempt| attempt.outcome == Some(AttemptOutcome::Advanced))
    };
    let between: Vec<&UnitReport> = told.units.iter().filter(advanced).collect();
    assert!(!between.is_empty(), "one was stopped between its packages: {ended}");
    for unit in between {
        assert!(!denies_a_trigger(unit), "{unit:#?}\n{ended}");
        assert_eq!(unit.revision_after.as_deref(), Some("1529B03SIM7000G"), "{unit:#?}");
    }
    a_last_run_brings_all_to_their_target(bench);
}

#[test]
fn once_in_a_run_that_follows_up_sees_through_what_an_earlier_one_triggered() {
    let bench = Bench::start(&["--slots", "3", "--seed", "5", "--faults", "none", "--families", "sim7000"]);
    let first = bench.controller();
    // Said when the trigger's record is on disk and it has been sent.
    first.line("(past the point of no return)");
    first.kill();
    let second = bench.controller();
    second.line("is not resolved: it will be followed up");
    interrupt(&second, "stopping");
    let ended = second.wait();
    assert_eq!(ended.code, Some(130), "{ended}");
    let told = report(&bench.ledger(), "demo");
    let open: Vec<&UnitReport> = told.units.iter().filter(|unit| unit.verdict.is_none()).collect();
    assert!(open.is_empty(), "seen through, or said to be unknown: {open:#?}\n{ended}");
    a_last_run_brings_all_to_their_target(bench);
}
