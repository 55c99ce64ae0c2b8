//! A password goes to the modules that need it, and to no file and no screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use events::Event;
use fotarig_tests::{Bench, Process, events_of_file, fotarig};

const PASSWORD: &str = "Zk7-quite.distinctive-9vW";
const BEGINNING: &str = "Zk7-quite";

/// Fails when `bytes` hold the password, or its beginning.
fn clean(what: &str, bytes: &[u8]) {
    let found = bytes.windows(BEGINNING.len()).any(|window| window == BEGINNING.as_bytes());
    assert!(!found, "the password is in {what}");
}

/// Every file that begins with the ledger's name: the database, its log and its index.
fn ledger_is_clean(folder: &Path) {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("fotarig.sqlite") {
            clean(&name, &std::fs::read(entry.path()).unwrap());
            seen += 1;
        }
    }
    assert!(seen > 0, "the ledger is found");
}

#[test]
fn a_password_is_in_no_file_and_on_no_screen() {
    let bench =
        Bench::start(&["--slots", "4", "--seed", "6", "--faults", "none", "--families", "sim7000,bg96"]);
    let network =
        "apn = \"iot.example\"\nuser = \"rack-user\"\npassword = { env = \"FOTARIG_TEST_APN_PASSWORD\" }";
    bench.edit("rack.toml", "apn = \"iot.example\"", network);
    bench.edit("batch.toml", "[\"serial\", \"http\"]", "[\"http\"]");
    let file = bench.path("events.jsonl");
    let mut command = bench.run();
    command.env("FOTARIG_TEST_APN_PASSWORD", PASSWORD).env("FOTARIG_LOG", "trace");
    let controller = Process::start(command.arg("--events").arg(&file));
    controller.line("recording the trigger");
    ledger_is_clean(bench.folder());
    let ended = controller.wait();
    assert_eq!(ended.code, Some(0), "{ended}");

    let events = events_of_file(&file);
    for command in ["AT+QCFGEXT=\"fota_apn\",0,", "AT+CNCFG=1,"] {
        let sent = format!("{command}\"iot.example\",\"rack-user\",\"***\"");
        let is_it = |event: &Event| matches!(event, Event::Transcript { text, .. } if *text == sent);
        assert!(events.iter().any(|stamped| is_it(&stamped.event)), "{sent} is sent, masked on record");
    }
    clean("the events", &std::fs::read(&file).unwrap());
    ledger_is_clean(bench.folder());
    clean("stdout", ended.out.as_bytes());
    clean("stderr", ended.err.as_bytes());
    for format in ["table", "json"] {
        let mut command = std::process::Command::new(fotarig());
        command.args(["report", "demo", "--format", format, "--ledger"]).arg(bench.ledger());
        let shown = Process::start(&mut command).wait();
        assert_eq!(shown.code, Some(0), "{shown}");
        clean("the report", shown.out.as_bytes());
    }
    let mut command = std::process::Command::new(fotarig());
    command.args(["check", "--plan", "BG96", "--delivery", "http", "--rack"]).arg(bench.path("rack.toml"));
    command.arg("--batch").arg(bench.path("batch.toml")).env("FOTARIG_TEST_APN_PASSWORD", PASSWORD);
    let planned = Process::start(&mut command).wait();
    assert!(planned.code == Some(0) && planned.out.contains("QCFGEXT"), "{planned}");
    clean("the plan", planned.out.as_bytes());
    bench.stop();
}
