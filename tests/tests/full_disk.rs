//! The ledger's disk fills up in the middle of a batch: nothing is triggered that is not on record, nothing new is
//! started, it is said, and the batch goes on when there is room again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use events::{Checkpoint, Event, Level, SlotState, Stamped, Verdict};
use fotarig_tests::{Bench, Process, events_of_file, lies, report};
use ledger::Reader;
use rustix::mount::{MountFlags, mount};

const INSIDE: &str = "FOTARIG_TEST_SMALL_DISK";

#[test]
fn a_disk_that_fills_in_mid_batch_costs_nothing_but_time() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: no mounts of one's own here");
        return;
    }
    let mut command = Command::new("unshare");
    command.arg("-rm").arg(std::env::current_exe().unwrap());
    command.args(["--exact", "in_mounts_of_its_own", "--nocapture"]).env(INSIDE, "1");
    let ended = Process::start(&mut command).wait();
    println!("{ended}");
    assert_eq!(ended.code, Some(0));
}

/// Takes all the room that the disk has.
fn fill(filler: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(filler)?;
    for size in [1 << 16, 1 << 12, 1 << 8, 1] {
        let zeroes = vec![0; size];
        while file.write_all(&zeroes).is_ok() {}
    }
    Ok(())
}

fn is_trigger(stamped: &Stamped) -> bool {
    matches!(stamped.event, Event::Checkpointed { checkpoint: Checkpoint::Trigger, .. })
}

/// What was told from the note of the standstill to the note that it is over.
fn standstill(told: &[Stamped]) -> Option<&[Stamped]> {
    let note = |wanted: Level, words: &str| {
        told.iter().position(|stamped| {
            matches!(&stamped.event, Event::Note { level, text, .. } if *level == wanted && text.contains(words))
        })
    };
    let from = note(Level::Error, "database or disk is full")?;
    let to = note(Level::Info, "the batch goes on")?;
    told.get(from..to)
}

#[test]
fn in_mounts_of_its_own() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let bench =
        Bench::start(&["--slots", "6", "--seed", "1", "--faults", "none", "--families", "sim7000,bg96"]);
    let disk = bench.path("disk");
    fs::create_dir(&disk).unwrap();
    mount("none", &disk, "tmpfs", MountFlags::empty(), c"size=16m").unwrap();
    let rack = bench.path("rack.toml");
    let limits = "\n[limits]\nin_flight = 3\n[ledger]\npath = \"disk/fotarig.sqlite\"\n";
    let text = fs::read_to_string(&rack).unwrap() + limits;
    fs::write(&rack, text).unwrap();
    let told = bench.path("events.jsonl");
    let controller = Process::start(bench.run().arg("--events").arg(&told));
    controller.line("  deliver");
    let filler = disk.join("filler");
    fill(&filler).unwrap();
    controller.line("nothing is started or triggered");
    fs::remove_file(&filler).unwrap();
    let ended = controller.wait();
    assert_eq!(ended.code, Some(0), "{ended}");

    let told = events_of_file(&told);
    let meanwhile = standstill(&told).unwrap();
    let admitted = |stamped: &&Stamped| matches!(stamped.event, Event::Slot { state: SlotState::Busy, .. });
    assert_eq!(meanwhile.iter().find(admitted), None, "nobody new is let in");
    let waits = |stamped: &Stamped| matches!(&stamped.event, Event::Slot { state: SlotState::Waiting { reason }, .. } if reason.contains("record"));
    assert!(meanwhile.iter().any(waits), "those who wait say what for");

    let ledger = disk.join("fotarig.sqlite");
    let kept = Reader::open(&ledger).unwrap().events_of_batch("demo").unwrap();
    let recorded = kept.iter().filter(|stamped| is_trigger(stamped)).count();
    let wanted = told.iter().filter(|stamped| is_trigger(stamped)).count();
    println!("{wanted} triggers wanted, {recorded} on record");
    let (report, job) = (report(&ledger, "demo"), bench.job());
    let modules = bench.stop();
    let sent: u32 = modules.iter().map(|module| module.triggers).sum();
    assert_eq!(sent as usize, recorded, "each trigger that was sent is on record");
    assert_eq!(lies(&report, &modules, &job), [""; 0]);
    assert_eq!(report.count(Verdict::Passed), 6, "{report:#?}");
}
