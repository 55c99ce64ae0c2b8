//! What a run left behind: the ledger as the program reports it, and the file of events.

use std::fs;
use std::path::Path;
use std::process::Command;

use events::{Report, Stamped};

use crate::binary::fotarig;
use crate::process::Process;

/// The report of `batch` from `ledger`, as the program prints it for programs.
pub fn report(ledger: &Path, batch: &str) -> Report {
    let mut command = Command::new(fotarig());
    command.args(["report", batch, "--format", "json", "--ledger"]).arg(ledger);
    let ended = Process::start(&mut command).wait();
    assert_eq!(ended.code, Some(0), "the report: {ended}");
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error} in the report {}", ended.out))
}

/// The events in a file that `--events` named.
pub fn events_of_file(path: &Path) -> Vec<Stamped> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let event = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    text.lines().map(event).collect()
}
