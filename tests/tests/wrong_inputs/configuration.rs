//! What is wrong in the two files.

use std::process::Command;

use fotarig_tests::{Process, fotarig};

use crate::desk::{Desk, refused};

/// A change that makes a file wrong, and what the message must say about it.
struct Wrong {
    file: &'static str,
    old: &'static str,
    new: &'static str,
    place: &'static str,
    cause: &'static [&'static str],
}

const WRONG: [Wrong; 12] = [
    Wrong {
        file: "batch.toml",
        old: "update.zip",
        new: "absent.zip",
        place: "batch.toml:8",
        cause: &["absent.zip", "No such file"],
    },
    Wrong {
        file: "batch.toml",
        old: "2937",
        new: "3937",
        place: "batch.toml:8",
        cause: &["sha256", "2937013f", "3937013f"],
    },
    Wrong {
        file: "batch.toml",
        old: "size = 6",
        new: "size = 7",
        place: "batch.toml:8",
        cause: &["expected 7 bytes, found 6"],
    },
    Wrong {
        file: "batch.toml",
        old: "revision =",
        new: "revison =",
        place: "batch.toml:6:1",
        cause: &["revison", "`revision`"],
    },
    Wrong {
        file: "batch.toml",
        old: "\"bg96\"",
        new: "\"bg69\"",
        place: "batch.toml:9:10",
        cause: &["unknown family `bg69`", "bg96"],
    },
    Wrong {
        file: "batch.toml",
        old: "file = \"update.zip\"",
        new: "url = \"http://host:80/a\\\"b.zip\"",
        place: "batch.toml:13:7",
        cause: &["the address of a package"],
    },
    Wrong {
        file: "rack.toml",
        old: "\"127.0.0.1:0\" }",
        new: "\"127.0.0.1:0\", public = \"a\\\"b:80\" }",
        place: "rack.toml:5",
        cause: &["host:port", "a\"b:80"],
    },
    Wrong {
        file: "rack.toml",
        old: "iot.example",
        new: "iot\\\"example",
        place: "rack.toml:8:7",
        cause: &["printable ASCII"],
    },
    Wrong {
        file: "rack.toml",
        old: "label = \"A2\"",
        new: "label = \"A1\"",
        place: "rack.toml:15:9",
        cause: &["two slots", "line 11"],
    },
    Wrong {
        file: "rack.toml",
        old: "[network]",
        new: "[netwrok]",
        place: "rack.toml:7",
        cause: &["netwrok", "network"],
    },
    Wrong { file: "rack.toml", old: "[rack]", new: "[rack", place: "rack.toml:1", cause: &[] },
    Wrong {
        file: "batch.toml",
        old: "size = 6",
        new: "size = \"six\"",
        place: "batch.toml:14:8",
        cause: &["six"],
    },
];

#[test]
fn the_files_are_right_before_they_are_made_wrong() {
    let desk = Desk::new();
    let ended = Process::start(&mut desk.command("check")).wait();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended}");
    desk.nothing_was_sent();
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_place_and_touches_no_module() {
    for Wrong { file, old, new, place, cause } in WRONG {
        let desk = Desk::new();
        desk.edit(file, old, new);
        let parts: Vec<&str> = std::iter::once(place).chain(cause.iter().copied()).collect();
        let checked = refused(&mut desk.command("check"), 2, &parts);
        let run = refused(desk.command("run").arg("--headless"), 2, &parts);
        assert_eq!(checked.err, run.err, "check and run say the same");
        assert_eq!((checked.out.as_str(), run.out.as_str()), ("", ""), "nothing is promised on stdout");
        desk.nothing_was_sent();
        assert!(!desk.path("fotarig.sqlite").exists(), "no ledger is begun for what cannot be run");
    }
}

#[test]
fn two_slots_on_one_tty_are_refused() {
    let desk = Desk::new();
    let [first, second] = desk.ports.each_ref().map(|port| port.path().display().to_string());
    desk.edit("rack.toml", &second, &first);
    refused(
        desk.command("run").arg("--headless"),
        2,
        &["rack.toml:16:7", "two slots on one port", &first, "line 12"],
    );
    desk.nothing_was_sent();
}

#[test]
fn two_slots_on_one_tty_by_two_names_are_refused() {
    let desk = Desk::new();
    let second = desk.ports[1].path().display().to_string();
    let alias = desk.path("by-path");
    desk.ports[0].also_known_as(&alias);
    desk.edit("rack.toml", &second, &alias.display().to_string());
    refused(desk.command("run").args(["--headless", "--speed", "40"]), 2, &["rack.toml:", "two slots"]);
    desk.nothing_was_sent();
}

#[test]
fn a_tty_that_is_a_file_is_refused() {
    let desk = Desk::new();
    let second = desk.ports[1].path().display().to_string();
    desk.edit("rack.toml", &second, &desk.path("update.zip").display().to_string());
    refused(
        desk.command("run").arg("--headless"),
        2,
        &["rack.toml:14", "A2", "update.zip", "a regular file"],
    );
    desk.nothing_was_sent();
    assert_eq!(std::fs::read(desk.path("update.zip")).unwrap(), b"update", "and it is as it was");
}

#[test]
fn a_password_in_the_clear_is_refused_and_not_repeated() {
    let desk = Desk::new();
    desk.edit("rack.toml", "apn = \"iot.example\"", "apn = \"iot.example\"\npassword = \"hunter2\"");
    let ended = refused(&mut desk.command("check"), 2, &["rack.toml:9", "credential"]);
    assert!(!ended.err.contains("hunter2"), "{ended}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let desk = Desk::new();
    std::fs::remove_file(desk.path("rack.toml")).unwrap();
    refused(desk.command("run").arg("--headless"), 2, &["rack.toml", "No such file"]);
    desk.nothing_was_sent();
}

#[test]
fn an_option_that_does_not_exist_is_refused_with_help() {
    let ended = Process::start(Command::new(fotarig()).args(["run", "--rak", "x"])).wait();
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.err.contains("--rack") && ended.err.lines().count() >= 2, "{ended}");
}
