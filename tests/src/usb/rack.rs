//! A USB rack as a test sees it: a process with a world of its own, into which programs are sent.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde::de::DeserializeOwned;
use sim::Truth;
use tempfile::TempDir;

use crate::binary::{fotarig, profile_folder};
use crate::job::Job;
use crate::process::Process;
use crate::usb::files;
use crate::usb::namespace::{Way, command_in};
use crate::usb::scenario::{Scenario, Unit};

/// A rack of simulated modules on USB that runs until [`Rack::stop`], or until it is dropped.
///
/// Ports are port paths, `1-1.1.1`; modules are the names of the scenario. Each command comes back when it has been
/// carried out: a module that was plugged in is on the bus then, or will never be.
pub struct Rack {
    folder: TempDir,
    speed: f64,
    process: Process,
    pid: u32,
    setup_ms: u64,
    commands: Mutex<File>,
}

impl Rack {
    /// Starts the rack of `scenario`, with `rack.toml`, `batch.toml` and packages for it in a folder of its own; `None`,
    /// and a word on stderr why, where namespaces are impossible.
    pub fn start(scenario: &Scenario) -> Option<Self> {
        if let Err(why) = Way::find() {
            eprintln!("skipped: no namespaces on this machine ({why})");
            return None;
        }
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let commands = write_files(scenario, folder.path());
        let commands = commands.unwrap_or_else(|error| panic!("{}: {error}", folder.path().display()));
        let mut command = Command::new(profile_folder().join("usb-rack"));
        command.arg(folder.path().join("scenario.json"));
        command.arg("--truth").arg(folder.path().join("truth.json"));
        command.arg("--control").arg(folder.path().join("control"));
        let process = Process::start(&mut command);
        let ready = process.line("ready ");
        let mut words = ready.split_whitespace().skip(1).map(str::parse);
        let (Some(Ok(pid)), Some(Ok(setup_ms))) = (words.next(), words.next()) else {
            panic!("the rack says `{ready}`");
        };
        let pid = u32::try_from(pid).unwrap_or_else(|_| panic!("the rack says `{ready}`"));
        Some(Self { folder, speed: scenario.speed, process, pid, setup_ms, commands: Mutex::new(commands) })
    }

    /// Its folder: `rack.toml`, `batch.toml`, `packages/`.
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

    /// How long it took to build the world and to plug everything in, in ms.
    pub const fn setup_ms(&self) -> u64 {
        self.setup_ms
    }

    /// The process in which its modules live.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// `program`, to be run in the rack's world: its process is the program itself, for signals too.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        command_in(self.pid, program.as_ref())
    }

    /// The command that runs the rack's batch in the rack's world, as its files say.
    pub fn run(&self) -> Command {
        let mut command = self.command(fotarig());
        command.args(["run", "--headless", "--speed", &self.speed.to_string()]);
        command.arg("--rack").arg(self.path("rack.toml")).arg("--batch").arg(self.path("batch.toml"));
        command
    }

    /// The ttys of what is plugged in: by port, by interface.
    pub fn ttys(&self) -> BTreeMap<String, BTreeMap<u8, String>> {
        self.ask("ttys")
    }

    /// What really happened to each module so far.
    pub fn truths(&self) -> Vec<Truth> {
        self.ask("truths")
    }

    /// The module at `port` goes into a drawer.
    pub fn unplug(&self, port: &str) {
        self.tell(&format!("unplug {port}"));
    }

    /// A module out of a drawer is put in at `port`.
    pub fn plug(&self, port: &str, name: &str) {
        self.tell(&format!("plug {port} {name}"));
    }

    /// The module at `port` is taken away for good; [`Rack::stop`] still tells what happened to it.
    pub fn take_away(&self, port: &str) {
        self.tell(&format!("take-away {port}"));
    }

    /// A module that was not here before comes to its port, or into a drawer.
    pub fn bring(&self, unit: &Unit) {
        let unit = serde_json::to_string(unit).unwrap_or_else(|error| panic!("{unit:?}: {error}"));
        self.tell(&format!("bring {unit}"));
    }

    /// The module at `port` is taken out and put in again: it reboots.
    pub fn replug(&self, port: &str) {
        self.tell(&format!("replug {port}"));
    }

    /// All modules are taken out, then all are put in again.
    pub fn replug_all(&self) {
        self.tell("replug-all");
    }

    /// The module at `port` leaves the bus and comes back, and runs on.
    pub fn reset(&self, port: &str) {
        self.tell(&format!("reset {port}"));
    }

    /// The same for all modules.
    pub fn reset_all(&self) {
        self.tell("reset-all");
    }

    /// Cuts the power of the module at `port` for a moment; does not wait until it is back.
    pub fn cut_power(&self, port: &str) {
        self.tell(&format!("cut-power {port}"));
    }

    /// When something comes at `port` next, its tty for AT comes only with [`Rack::release`].
    pub fn hold(&self, port: &str) {
        self.tell(&format!("hold {port}"));
    }

    /// The tty that was held comes.
    pub fn release(&self, port: &str) {
        self.tell(&format!("release {port}"));
    }

    /// From now on events are missed by everyone, or heard again.
    pub fn lose_events(&self, lost: bool) {
        self.tell(if lost { "events lost" } else { "events heard" });
    }

    /// Ends it: what really happened to each module.
    pub fn stop(self) -> Vec<Truth> {
        let file = self.path("truth.json");
        drop(self.commands);
        let ended = self.process.wait();
        assert_eq!(ended.code, Some(0), "the rack: {ended}");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in the truth {text}"))
    }

    fn ask<T: DeserializeOwned>(&self, command: &str) -> T {
        let answer = self.tell(command);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{command}: {error} in {answer}"))
    }

    /// One command and its answer.
    fn tell(&self, command: &str) -> String {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writeln!(commands, "{command}");
        written.unwrap_or_else(|error| panic!("the rack: {error}"));
        let line = self.process.next_line().unwrap_or_else(|| panic!("{command}: the rack has ended"));
        match line.trim_end().split_once(' ').unwrap_or((line.trim_end(), "")) {
            ("ok", answer) => answer.to_owned(),
            _ => panic!("{command}: {line}"),
        }
    }
}

/// Writes everything into the rack's folder, and gives the end of the FIFO into which commands go.
fn write_files(scenario: &Scenario, folder: &Path) -> std::io::Result<File> {
    files::write(scenario, folder)?;
    fs::write(folder.join("scenario.json"), serde_json::to_vec_pretty(scenario)?)?;
    let control = folder.join("control");
    mknodat(CWD, &control, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    // Open for both, so that neither side waits for the other.
    OpenOptions::new().read(true).write(true).open(control)
}
