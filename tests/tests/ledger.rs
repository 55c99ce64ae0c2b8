//! The record's upkeep with the real binary: looked through, compacted, copied, old batches taken out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use events::{Checkpoint, Delivery, Event, Family, Imei, Stamped};
use fotarig_tests::{Bench, Ended, PATIENCE, Process, SEEDED, fotarig};
use ledger::Ledger;

const DAY_MS: u64 = 86_400_000;

/// `fotarig ledger` on the ledger at `path`.
fn upkeep(path: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(fotarig());
    command.arg("ledger").args(arguments).arg("--ledger").arg(path);
    Process::start(&mut command).wait()
}

/// It ends well; what it says.
fn does(path: &Path, arguments: &[&str]) -> String {
    let ended = upkeep(path, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}: {ended}");
    ended.out
}

/// It ends with `code`, names the file, and says what to do.
fn refuses(path: &Path, arguments: &[&str], code: i32) -> String {
    let ended = upkeep(path, arguments);
    assert_eq!(ended.code, Some(code), "{arguments:?}: {ended}");
    assert!(ended.err.contains(&path.display().to_string()), "{ended}");
    let step = ended.err.lines().nth(1).unwrap_or_default();
    assert!(step.starts_with("  ") && step.len() > 12, "a next step: {ended}");
    format!("{}{}", ended.out, ended.err)
}

/// A batch of a single run in which a trigger was recorded, `days` ago, and resolved or not.
fn batch(ledger: &Ledger, name: &str, days: u64, resolved: bool) {
    let imei = Imei::parse("490154203237518").unwrap();
    let run_started = Event::RunStarted {
        run: name.into(),
        batch: name.into(),
        rack: "rack".into(),
        lot: None,
        operator: Some("\u{1b}[31manna".into()),
        targets: Vec::new(),
        slots: vec!["A1".into()],
        version: "0.1.0".into(),
    };
    let trigger = Event::Checkpointed {
        slot: "A1".into(),
        unit: format!("{name}-unit"),
        attempt: format!("{name}-attempt"),
        family: Family::Bg96,
        model: "BG96".into(),
        imei: imei.clone(),
        from: "A07".into(),
        to: "A09".into(),
        target: "A09".into(),
        delivery: Delivery::Http,
        checkpoint: Checkpoint::Trigger,
    };
    let resolution = Event::Resolved {
        attempt: format!("{name}-attempt"),
        unit: format!("{name}-unit"),
        slot: "A1".into(),
        imei,
        resolution: events::Resolution::Target,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let unix_ms = u64::try_from(now.as_millis()).unwrap() - days * DAY_MS;
    let events = [run_started, trigger].into_iter().chain(resolved.then_some(resolution));
    for (seq, event) in (1..).zip(events) {
        ledger.append(name, name, Stamped { seq, unix_ms, run_ms: 0, event });
    }
}

#[test]
fn a_sound_record_is_whole_copied_and_compacted() {
    let bench = Bench::start(&["--slots", "2", "--faults", "none", SEEDED]);
    let path = bench.ledger();
    let controller = bench.controller();
    controller.line("recording the trigger");
    assert!(does(&path, &["verify"]).contains(": whole: "), "also while a run writes it");
    assert!(refuses(&path, &["vacuum"], 4).contains("held by pid"));
    let ended = controller.wait();
    assert_eq!(ended.code, Some(0), "{ended}");

    let told = does(&path, &["export", "demo"]);
    for part in
        ["batch demo on simulated", "recording the trigger towards", "✔ passed, runs ", " > AT", " < OK"]
    {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let year = &told.trim_start()[..2];
    assert!(told.lines().filter(|line| !line.is_empty()).all(|line| line.starts_with(year)), "dates: {told}");
    assert_eq!(does(&path, &["export"]), told, "all batches are this one");
    assert!(refuses(&path, &["export", "nemo"], 2).contains("it has demo"));

    let copy = bench.path("copy.jsonl");
    fs::write(&copy, does(&path, &["export", "--format", "jsonl"])).unwrap();
    let replayed = Process::start(Command::new(fotarig()).arg("replay").arg(&copy)).wait();
    assert_eq!(replayed.code, Some(0), "{replayed}");
    assert_eq!(replayed.out.matches("✔ passed, runs ").count(), 2, "{replayed}");

    assert!(does(&path, &["vacuum"]).contains(" MiB before, "));
    assert!(does(&path, &["verify"]).contains(": whole: "));
    bench.stop();
}

#[test]
fn a_damaged_page_is_found_and_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fotarig.sqlite");
    let ledger = Ledger::open(&path).unwrap();
    (0..200).for_each(|number| batch(&ledger, &format!("b{number}"), 1, true));
    ledger.flush(PATIENCE).unwrap();
    drop(ledger);
    let mut pages = fs::read(&path).unwrap();
    let middle = pages.len() / 2 / 4096 * 4096;
    pages[middle..middle + 4096].fill(0xA5);
    fs::write(&path, &pages).unwrap();
    let told = refuses(&path, &["verify"], 4);
    for part in ["the file is damaged", "the record is not whole: ", "sqlite3 FILE .recover"] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
    assert_eq!(fs::read(&path).unwrap(), pages, "it was only looked at");
    refuses(&path, &["vacuum"], 4);

    fs::write(&path, "no ledger").unwrap();
    assert!(refuses(&path, &["verify"], 4).contains("no SQLite database"));
    fs::remove_file(&path).unwrap();
    for command in [&["verify"][..], &["vacuum"], &["export"], &["retire", "--older-than", "1d", "--dry-run"]]
    {
        assert!(refuses(&path, command, 4).contains("no such ledger"), "{command:?}");
    }
    assert!(!path.exists(), "none was made");
}

#[test]
fn old_batches_go_to_an_archive_and_open_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fotarig.sqlite");
    let ledger = Ledger::open(&path).unwrap();
    for (name, days, resolved) in [("old", 100, true), ("held", 100, false), ("new", 80, true)] {
        batch(&ledger, name, days, resolved);
    }
    ledger.flush(PATIENCE).unwrap();
    let archive = folder.path().join("archive.jsonl");
    let retire = ["retire", "--older-than", "90d", "--archive", archive.to_str().unwrap()];
    assert!(refuses(&path, &retire, 4).contains("held by pid") && !archive.exists());
    drop(ledger);

    let foretold = does(&path, &["retire", "--older-than", "90d", "--dry-run"]);
    assert!(foretold.contains("old would go: 3 events") && foretold.contains("held stays"), "{foretold}");
    assert!(!archive.exists() && does(&path, &["verify"]).contains(": whole: 8 events\n"));
    for slip in ["90m", "-90d", "90"] {
        let option = format!("--older-than={slip}");
        let ended = upkeep(&path, &["retire", &option, "--archive", "x"]);
        assert_eq!(ended.code, Some(2), "{slip}: {ended}");
    }

    let told = does(&path, &retire);
    assert!(told.contains("old: 3 events to ") && told.contains("held stays: "), "{told}");
    assert!(!told.contains("new"), "{told}");
    assert!(does(&path, &["verify"]).contains(": whole: 5 events, and 3 were retired to archives"));
    assert!(does(&path, &["export"]).contains("operator \\u{1b}[31manna"), "harmless on a screen");
    assert_eq!(fs::read_to_string(&archive).unwrap().lines().count(), 3);
    let replayed = Process::start(Command::new(fotarig()).arg("replay").arg(&archive)).wait();
    assert!(replayed.code == Some(0) && replayed.out.contains("batch old on rack"), "{replayed}");

    assert!(does(&path, &retire).contains("nothing to retire before "), "it is done");
    let again = ["retire", "--older-than", "70d", "--archive", archive.to_str().unwrap()];
    let ended = upkeep(&path, &again);
    assert_eq!(ended.code, Some(4), "an archive is never written over: {ended}");
    assert!(ended.err.contains("archive.jsonl: cannot be written"), "{ended}");
    assert!(does(&path, &["verify"]).contains(": whole: 5 events"));
}
