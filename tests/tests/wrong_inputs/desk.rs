//! A small rack whose two ports tell whether anything was sent, and what is to be seen of an error.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fotarig_tests::{Ended, Process, SilentPort, fotarig};
use tempfile::TempDir;

const BATCH: &str = r#"[batch]
name = "wrong"

[[target]]
model = "BG96"
revision = "BG96MAR02A09M1G"

[[package]]
family = "bg96"
model = "BG96"
from = "BG96MAR02A07M1G"
to = "BG96MAR02A09M1G"
file = "update.zip"
size = 6
sha256 = "2937013f2181810606b2a799b05bda2849f3e369a20982a4138f0e0a55984ce4"
"#;

/// Files that are right, until a test changes them.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) ports: [SilentPort; 2],
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk =
            Self { folder: tempfile::tempdir().unwrap(), ports: [SilentPort::new(), SilentPort::new()] };
        let [first, second] = desk.ports.each_ref().map(|port| port.path().display().to_string());
        let rack = format!(
            "[rack]\nname = \"desk\"\n\n[hosting]\nhttp = {{ listen = \"127.0.0.1:0\" }}\n\n[network]\n\
             apn = \"iot.example\"\n\n[[slot]]\nlabel = \"A1\"\ntty = \"{first}\"\n\n[[slot]]\nlabel = \"A2\"\n\
             tty = \"{second}\"\n"
        );
        desk.write("rack.toml", &rack);
        desk.write("batch.toml", BATCH);
        desk.write("update.zip", "update");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Changes a file: `old`, which must be there, becomes `new`.
    pub(crate) fn edit(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{name} has no `{old}`:\n{text}");
        self.write(name, &text.replacen(old, new, 1));
    }

    /// `fotarig run` or `fotarig check` with the desk's files.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(fotarig());
        command
            .arg(name)
            .arg("--rack")
            .arg(self.path("rack.toml"))
            .arg("--batch")
            .arg(self.path("batch.toml"));
        command
    }

    /// A controller that is at work with the desk's modules, and will be for long: they do not answer.
    pub(crate) fn controller(&self) -> Process {
        let mut command = self.command("run");
        let controller = Process::start(
            command.args(["--headless", "--speed", "0.1"]).arg("--events").arg(self.path("events.jsonl")),
        );
        controller.line("identify");
        controller
    }

    pub(crate) fn nothing_was_sent(&self) {
        for port in &self.ports {
            let received = port.received();
            assert!(
                received.is_empty(),
                "{} got {:?}",
                port.path().display(),
                String::from_utf8_lossy(&received)
            );
        }
    }
}

/// Runs `command`: it must end with `code` and a message that has all of `parts`, and a next step below it.
pub(crate) fn refused(command: &mut Command, code: i32, parts: &[&str]) -> Ended {
    let ended = Process::start(command).wait();
    assert_eq!(ended.code, Some(code), "{ended}");
    assert!(!ended.err.contains("panicked"), "{ended}");
    for part in parts {
        assert!(ended.err.contains(part), "`{part}` is not in the message\n{ended}");
    }
    let mut lines = ended.err.lines().skip_while(|line| !line.starts_with("fotarig: "));
    assert!(lines.next().is_some(), "a message that says whose it is\n{ended}");
    let step = lines.next().unwrap_or_default();
    assert!(step.starts_with("  ") && step.trim().len() > 10, "a next step below the message\n{ended}");
    ended
}
