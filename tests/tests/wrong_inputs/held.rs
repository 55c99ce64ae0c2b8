//! A second controller: it is told who has the slots or the ledger, and disturbs nothing.

use std::fs;

use fotarig_tests::{Process, SilentPort};

use crate::desk::{Desk, refused};

#[test]
fn a_second_controller_on_the_same_slots_is_told_who_has_them() {
    let desk = Desk::new();
    let first = desk.controller();
    let other = SilentPort::new();
    let second = desk.ports[1].path().display().to_string();
    desk.edit("rack.toml", &second, &other.path().display().to_string());
    let mut command = desk.command("run");
    let place = desk.ports[0].path().display().to_string();
    let holder = first.pid().to_string();
    refused(command.args(["--headless"]), 4, &[&place, &holder]);
    assert_eq!(other.received(), b"", "nor does it touch a slot that is free");
    assert!(first.ended_within(std::time::Duration::ZERO).is_none(), "the first one goes on");
}

#[test]
fn a_second_controller_by_another_name_of_the_tty_cannot_open_it_and_sends_nothing() {
    let desk = Desk::new();
    let _first = desk.controller();
    let names = ["one", "two"].map(|name| desk.path(name));
    for (port, name) in desk.ports.iter().zip(&names) {
        port.also_known_as(name);
        desk.edit("rack.toml", &port.path().display().to_string(), &name.display().to_string());
    }
    desk.edit("rack.toml", "[rack]", "[ledger]\npath = \"other.sqlite\"\n\n[rack]");
    let ended = Process::start(desk.command("run").args(["--headless", "--speed", "40"])).wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("E-IDENTIFY-PORT") && ended.out.contains("another program has it"), "{ended}");
}

#[test]
fn a_second_controller_on_the_same_ledger_is_told_who_has_it() {
    let desk = Desk::new();
    let first = desk.controller();
    let others = [SilentPort::new(), SilentPort::new()];
    for (old, new) in desk.ports.iter().zip(&others) {
        desk.edit("rack.toml", &old.path().display().to_string(), &new.path().display().to_string());
    }
    let holder = first.pid().to_string();
    refused(desk.command("run").arg("--headless"), 4, &["fotarig.sqlite", &holder]);
    assert!(others.iter().all(|port| port.received().is_empty()), "nothing is sent without a record");
}

#[test]
fn a_second_controller_that_is_refused_leaves_the_events_of_the_first_alone() {
    let desk = Desk::new();
    let first = desk.controller();
    let file = desk.path("events.jsonl");
    // It is written through a buffer: as long as that is not full, there is nothing to see.
    fs::write(&file, "kept\n").unwrap();
    refused(desk.command("run").arg("--headless").arg("--events").arg(&file), 4, &[&first.pid().to_string()]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("kept\n"), "the first one's file is emptied");
}
