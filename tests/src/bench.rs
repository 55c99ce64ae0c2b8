//! A rack of simulated modules in a process of its own, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use sim::Truth;
use tempfile::TempDir;

use crate::binary::fotarig;
use crate::job::Job;
use crate::process::Process;

/// How many times faster than real time the modules of these tests live: an update of minutes takes seconds, and the
/// shortest deadline is still a hundred times what a command takes on a quiet machine.
pub const SPEED: &str = "40";
/// A seed for tests that do not care which modules they get.
pub const SEEDED: &str = "--seed=2";

/// Simulated modules that run until [`Bench::stop`].
pub struct Bench {
    folder: TempDir,
    simulation: Process,
    speed: &'static str,
}

impl Bench {
    /// Starts `fotarig sim` with `arguments` at [`SPEED`], and waits until its ports are there.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at(SPEED, arguments)
    }

    /// The same, `speed` times faster than real time: slower where a test has to meet a short moment.
    pub fn start_at(speed: &'static str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let mut command = Command::new(fotarig());
        command.args(["sim", "--speed", speed]).args(arguments);
        command.arg("--dir").arg(folder.path()).arg("--truth").arg(folder.path().join("truth.json"));
        let simulation = Process::start(&mut command);
        simulation.line("until Ctrl-C");
        Self { folder, simulation, speed }
    }

    /// Its folder: `rack.toml`, `batch.toml`, `packages/`, `ports/`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What its batch asks for.
    pub fn job(&self) -> Job {
        Job::read(&self.path("batch.toml"))
    }

    /// The ledger that `rack.toml` implies.
    pub fn ledger(&self) -> PathBuf {
        self.path("fotarig.sqlite")
    }

    /// Changes a file in its folder: the first `old` becomes `new`, which must be there.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let path = self.path(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(old), "{} has no `{old}`:\n{text}", path.display());
        let written = fs::write(&path, text.replacen(old, new, 1));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// The command that runs the rack's batch, as its files say.
    pub fn run(&self) -> Command {
        let mut command = Command::new(fotarig());
        command.args(["run", "--headless", "--speed", self.speed]);
        command.arg("--rack").arg(self.path("rack.toml")).arg("--batch").arg(self.path("batch.toml"));
        command
    }

    /// A controller that runs the batch.
    pub fn controller(&self) -> Process {
        Process::start(&mut self.run())
    }

    /// Ends the simulation: what really happened to each module.
    pub fn stop(self) -> Vec<Truth> {
        let truth = self.path("truth.json");
        self.simulation.signal(Signal::TERM);
        let ended = self.simulation.wait();
        assert_eq!(ended.code, Some(0), "the simulation: {ended}");
        let text = fs::read_to_string(&truth).unwrap_or_else(|error| panic!("{}: {error}", truth.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in the truth {text}"))
    }
}

/// The number in the environment variable `name`, by which a run is made longer or replayed; `default` without it.
pub fn flag(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name}={text}: write a number"))
}
