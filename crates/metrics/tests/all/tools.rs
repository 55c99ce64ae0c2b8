//! The tools of Prometheus' own package.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What somebody without them is told.
const INSTALL: &str = "sudo apt-get install -y prometheus";

/// The folder of the dashboards and rules.
pub(crate) fn dashboards() -> PathBuf {
    root().join("dashboards")
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The command `name`; panics with what installs it when it is not there.
pub(crate) fn tool(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    assert!(there, "{name} is not installed: {INSTALL}");
    Command::new(name)
}

/// Runs `promtool` with these arguments and this input; what it printed, and whether it was content.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = tool("promtool");
    command.args(arguments).current_dir(dashboards());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}
