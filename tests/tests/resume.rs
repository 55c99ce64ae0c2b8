//! A controller that was killed at a moment that is hard to meet by chance, and what the next one makes of it.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use events::{Report, UnitReport, Verdict};
use fotarig_tests::{Bench, Ended, denies_a_trigger, lies, report};
use ledger::Reader;

fn ledger(bench: &Bench) -> Reader {
    Reader::open(&bench.ledger()).expect("the ledger is there as soon as a controller has begun")
}

/// A controller that is killed as soon as it says `moment`.
fn killed_at(bench: &Bench, moment: &str) -> Ended {
    let controller = bench.controller();
    controller.line(moment);
    controller.kill()
}

/// The run after the crash must end well, and leave no unit open and no module short of its target.
fn the_next_run_ends_well(bench: Bench) -> Report {
    let ended = bench.controller().wait();
    let told = report(&bench.ledger(), "demo");
    let job = bench.job();
    let modules = bench.stop();
    let open: Vec<&UnitReport> = told.units.iter().filter(|unit| unit.verdict.is_none()).collect();
    assert!(open.is_empty(), "units without a verdict: {open:#?}\n{ended}");
    assert_eq!(ended.code, Some(0), "{ended}");
    for module in &modules {
        assert!(job.reached(module), "{module:?}\n{ended}");
    }
    assert_eq!(lies(&told, &modules, &job), [""; 0], "{ended}");
    told
}

#[test]
fn a_module_that_is_away_for_its_reboot_is_followed_up() {
    let bench =
        Bench::start_at("20", &["--slots", "2", "--seed", "1", "--faults", "none", "--families", "bg96"]);
    killed_at(&bench, "port left");
    let told = the_next_run_ends_well(bench);
    assert_eq!(told.count(Verdict::Passed), 2, "{told:#?}");
}

#[test]
fn what_another_batch_left_past_its_trigger_is_told_in_that_batch() {
    let bench =
        Bench::start_at("20", &["--slots", "1", "--seed", "1", "--faults", "none", "--families", "bg96"]);
    killed_at(&bench, "port left");
    bench.edit("batch.toml", "name = \"demo\"", "name = \"next\"");
    let ended = bench.controller().wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    let (before, after) = (report(&bench.ledger(), "demo"), report(&bench.ledger(), "next"));
    assert_eq!((before.units.len(), after.units.len()), (1, 1), "{before:#?}\n{after:#?}");
    assert_eq!(before.count(Verdict::Passed), 1, "{before:#?}");
    assert_eq!(after.count(Verdict::Already), 1, "{after:#?}");
    let job = bench.job();
    assert_eq!(lies(&before, &bench.stop(), &job), [""; 0]);
}

#[test]
fn a_module_between_two_packages_is_not_said_to_be_as_before() {
    let bench = Bench::start(&["--slots", "3", "--seed", "1", "--faults", "none", "--families", "sim7000"]);
    killed_at(&bench, "attempt advanced");
    the_next_run_ends_well(bench);
}

#[test]
fn a_module_whose_trigger_was_just_resolved_is_not_said_to_be_as_before() {
    let bench =
        Bench::start_at("10", &["--slots", "1", "--seed", "1", "--faults", "none", "--families", "sim7000"]);
    let controller = bench.controller();
    controller.line("trigger resolved: Target");
    // From its being on disk until the module's file system is closed: short, but on record.
    while !ledger(&bench).open_triggers().unwrap().is_empty() {
        if controller.ended_within(Duration::from_millis(1)).is_some() {
            break;
        }
    }
    controller.kill();
    the_next_run_ends_well(bench);
}

#[test]
fn silence_for_a_module_in_data_mode_outlives_a_second_crash() {
    let bench =
        Bench::start_at("5", &["--slots", "3", "--seed", "1", "--faults", "none", "--families", "sim7000"]);
    let open = |bench: &Bench| ledger(bench).open_data_modes().unwrap().len();
    let first = bench.controller();
    first.line("  deliver");
    // The file is on its way: it takes the module longer than this, whatever else the machine does.
    while open(&bench) == 0 {
        assert!(first.ended_within(Duration::from_millis(5)).is_none(), "it ended before it sent a file");
    }
    first.kill();
    let before = open(&bench);
    let second = bench.controller();
    second.line("may still count raw bytes");
    // What it records at its start comes to the disk meanwhile; its silence is six times as long.
    assert!(second.ended_within(Duration::from_millis(300)).is_none(), "it ended in the silence");
    second.kill();
    assert_eq!(open(&bench), before, "the second start has forgotten that nothing may be sent");
    let third = bench.controller();
    third.line("may still count raw bytes");
    third.kill();
    assert!(bench.stop().iter().all(|module| module.corrupt_files == 0));
}

#[test]
fn a_verdict_of_unknown_stays_when_the_module_is_taken_out() {
    let bench = Bench::start(&["--slots", "1", "--seed", "1", "--faults", "none", "--families", "bg96"]);
    // Said when the trigger has been sent; that it is recorded is said before it is on disk.
    killed_at(&bench, "deliver  (past the point of no return)");
    let port = bench.path("ports").join("A1");
    bench.edit("rack.toml", &port.display().to_string(), &bench.path("ports/none").display().to_string());
    let ended = bench.controller().wait();
    let told = report(&bench.ledger(), "demo");
    let verdicts: Vec<Option<Verdict>> = told.units.iter().map(|unit| unit.verdict).collect();
    assert_eq!(verdicts, [Some(Verdict::Unknown)], "triggered, not resolved, not there: {ended}");
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(!told.units.iter().any(denies_a_trigger), "{told:#?}");
}
