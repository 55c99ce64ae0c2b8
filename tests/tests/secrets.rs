//! A password goes to the modules that need it, and to no file and no screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
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

/// An address of this machine that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn scrape(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    Ok(text)
}

/// Neither the list of processes nor, after a crash, a core file.
fn the_system_shows_nothing(pid: u32) {
    clean("ps", &std::fs::read(format!("/proc/{pid}/cmdline")).unwrap());
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core: Vec<&str> = limits.lines().filter(|line| line.starts_with("Max core file size")).collect();
    assert!(core.len() == 1 && !core[0].contains("unlimited"), "its memory goes to no core file: {core:?}");
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
    let address = free_address();
    command.args(["--metrics", &address.to_string()]);
    let controller = Process::start(command.arg("--events").arg(&file));
    controller.line("recording the trigger");
    ledger_is_clean(bench.folder());
    the_system_shows_nothing(controller.pid());
    let metrics = scrape(address).unwrap();
    assert!(metrics.contains("fotarig_slots"), "{metrics}");
    clean("the metrics", metrics.as_bytes());
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
    let tokens = ended.err.split("/p/").skip(1).filter(|rest| !rest.starts_with("***")).count();
    assert!(ended.err.contains("/p/***/") && tokens == 0, "the log tells no way to a package: {ended}");
    for format in ["table", "csv", "json", "html", "junit"] {
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

/// What stands between a user's name and the server in a URL, or after the command that hands over a password.
fn server_passwords(text: &str) -> Vec<&str> {
    let in_url = text.split("ftp://").skip(1).filter_map(|rest| rest.split_once('@')?.0.split_once(':'));
    let alone = text.strip_prefix("AT+FTPPW=");
    let last = text.strip_prefix("AT+CFOTA=0,0,").and_then(|rest| rest.rsplit_once(','));
    in_url.map(|(_, password)| password).chain(alone).chain(last.map(|(_, password)| password)).collect()
}

#[test]
fn a_server_s_password_is_masked_in_every_family_s_command() {
    let bench = Bench::start(&[
        "--slots",
        "8",
        "--seed",
        "6",
        "--faults",
        "none",
        "--families",
        "sim7028,sim7000,sim7080,ag35",
    ]);
    let rack = std::fs::read_to_string(bench.path("rack.toml")).unwrap();
    let by_ftp =
        |line: &str| if line.starts_with("delivery") { "delivery = [\"ftp\"]" } else { line }.to_owned();
    std::fs::write(bench.path("rack.toml"), rack.lines().map(by_ftp).collect::<Vec<_>>().join("\n")).unwrap();
    let file = bench.path("events.jsonl");
    let ended = Process::start(bench.run().arg("--events").arg(&file)).wait();
    let mut commands = BTreeSet::new();
    for stamped in events_of_file(&file) {
        let Event::Transcript { text, .. } = &stamped.event else { continue };
        for password in server_passwords(text) {
            assert_eq!(password.trim_matches('"'), "***", "{text}");
            commands.insert(text.split_once('=').unwrap().0.to_owned());
        }
    }
    let all = ["AT+CFOTA", "AT+FTPPW", "AT+QFOTADL"].map(str::to_owned);
    assert_eq!(commands, BTreeSet::from(all), "{ended}");
    bench.stop();
}
