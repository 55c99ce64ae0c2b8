//! `fotarig demo`: every module of the simulated rack passes, and every reader of the event stream tells the same.

use std::process::Command;

use events::{Report, Verdict};
use fotarig_tests::{Process, SPEED, events_of_file, fotarig, report};

#[test]
fn every_module_passes_and_every_reader_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, file) = (folder.path().join("kept"), folder.path().join("events.jsonl"));
    let mut command = Command::new(fotarig());
    command.args([
        "demo",
        "--headless",
        "--slots",
        "12",
        "--speed",
        SPEED,
        "--faults",
        "none",
        "--seed",
        "1",
    ]);
    let ended = Process::start(command.arg("--keep").arg(&kept).arg("--events").arg(&file)).wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.out.contains("\n12 passed\n"), "{ended}");
    let truth = "12 of 12 run their target; passed wrongly 0; triggered during an update 0; at the target but not \
                 proved 0";
    assert!(ended.out.contains(truth), "{ended}");
    assert_eq!(ended.err, "", "nothing to complain about");

    let events = events_of_file(&file);
    let numbers = events.iter().map(|event| event.seq);
    assert!(numbers.eq(1..=events.len() as u64), "numbered from 1 without gaps");
    let mut told = report(&kept.join("fotarig.sqlite"), "demo");
    let mut streamed = Report::of(&events);
    for report in [&mut told, &mut streamed] {
        // The report comes by slots, the stream as they were identified.
        report.units.sort_by_key(|unit| unit.unit.clone());
    }
    assert_eq!(streamed, told, "the stream and the ledger tell the same");
    assert_eq!((told.units.len(), told.count(Verdict::Passed)), (12, 12));
}

#[test]
fn a_ledger_that_was_kept_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fotarig.sqlite"), "kept").unwrap();
    let mut command = Command::new(fotarig());
    let ended = Process::start(command.args(["demo", "--headless", "--keep"]).arg(folder.path())).wait();
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.err.lines().count() >= 2, "{ended}");
    assert_eq!(std::fs::read(folder.path().join("fotarig.sqlite")).unwrap(), b"kept");
}
