//! A machine that does not provide what is needed, and records that are not there.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use events::Verdict;
use fotarig_tests::{Process, fotarig};
use rustix::process::Signal;

use crate::desk::{Desk, refused};

fn report(ledger: &Path, batch: &str) -> Command {
    let mut command = Command::new(fotarig());
    command.args(["report", batch, "--ledger"]).arg(ledger);
    command
}

#[test]
fn a_port_that_is_taken_is_named() {
    let desk = Desk::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    desk.edit("rack.toml", "127.0.0.1:0", &taken);
    refused(desk.command("run").arg("--headless"), 4, &[&taken, "taken", "[hosting]"]);
    desk.nothing_was_sent();
}

#[test]
fn a_ledger_that_cannot_be_written_is_named() {
    for ledger in ["update.zip", "update.zip/fotarig.sqlite"] {
        let desk = Desk::new();
        desk.edit("rack.toml", "[rack]", &format!("[ledger]\npath = {ledger:?}\n\n[rack]"));
        refused(desk.command("run").arg("--headless"), 4, &[ledger, "[ledger]"]);
        desk.nothing_was_sent();
        assert_eq!(std::fs::read(desk.path("update.zip")).unwrap(), b"update", "and it is as it was");
    }
}

#[test]
fn an_events_file_that_cannot_be_written_is_named() {
    let desk = Desk::new();
    let file = desk.path("absent/events.jsonl");
    refused(desk.command("run").arg("--headless").arg("--events").arg(&file), 4, &["absent/events.jsonl"]);
    desk.nothing_was_sent();
}

#[test]
fn a_ledger_that_is_not_there_is_not_made() {
    let desk = Desk::new();
    let ledger = desk.path("absent.sqlite");
    refused(&mut report(&ledger, "demo"), 4, &["absent.sqlite", "no such ledger"]);
    assert!(!ledger.exists(), "asking for a report writes nothing");
    refused(&mut report(&desk.path("update.zip"), "demo"), 4, &["update.zip"]);
}

#[test]
fn a_batch_that_is_not_there_is_named_beside_those_that_are() {
    let desk = Desk::new();
    let controller = desk.controller();
    controller.signal(Signal::INT);
    assert_eq!(controller.wait().code, Some(130));
    refused(&mut report(&desk.path("fotarig.sqlite"), "worng"), 2, &["worng", "it has wrong"]);
}

#[test]
fn a_port_that_another_program_has_is_not_taken_for_an_empty_slot() {
    let desk = Desk::new();
    for port in &desk.ports {
        port.take();
    }
    let ended = Process::start(desk.command("run").args(["--headless", "--speed", "40"])).wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("E-IDENTIFY-PORT"), "{ended}");
    let told = fotarig_tests::report(&desk.path("fotarig.sqlite"), "wrong");
    assert_eq!(told.count(Verdict::Failed), 2, "{told:#?}");
    desk.nothing_was_sent();
}
