//! A rack whose modules are played in a process of their own, a controller that runs it, and what that told of itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use events::Stamped;
use fotarig_tests::{Process, events_of_file, fotarig};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::Failure;
use crate::folder::{self, Work};

/// Modules that answer at once, on their PTYs.
pub(crate) struct Played {
    folder: TempDir,
    modules: Process,
    speed: f64,
}

impl Played {
    /// `slots` modules that do `work`, `speed` times faster than real time.
    pub(crate) fn start(work: Work, slots: usize, speed: f64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        folder::write(folder.path(), work, slots)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["play", "--work", &work.name(), "--slots", &slots.to_string()]);
        command.args(["--speed", &speed.to_string(), "--dir"]).arg(folder.path());
        let modules = Process::start(&mut command);
        modules.line("ready");
        Ok(Self { folder, modules, speed })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until every module's download has begun.
    pub(crate) fn wait_for_work(&self) {
        self.modules.line("at work");
    }

    /// The real program at work on them, with `more` arguments.
    pub(crate) fn controller(&self, more: &[&str]) -> Controller {
        Controller::start(self.folder(), self.speed, more)
    }
}

/// A controller under way.
pub(crate) struct Controller {
    pub(crate) process: Process,
    events: PathBuf,
}

impl Controller {
    /// Runs the rack in `folder`.
    pub(crate) fn start(folder: &Path, speed: f64, more: &[&str]) -> Self {
        let events = folder.join("events.jsonl");
        let mut command = Command::new(fotarig());
        command.args(["run", "--headless", "--speed", &speed.to_string()]).args(more);
        command.arg("--rack").arg(folder.join("rack.toml")).arg("--batch").arg(folder.join("batch.toml"));
        command.arg("--events").arg(&events);
        Self { process: Process::start(&mut command), events }
    }

    /// Waits for its end; all that it told.
    pub(crate) fn finish(self) -> Result<Vec<Stamped>, Failure> {
        let ended = self.process.wait();
        match ended.code {
            Some(0) => told(&self.events),
            _ => Err(format!("fotarig run: {ended}").into()),
        }
    }

    /// Makes it leave at once; all that it told.
    pub(crate) fn leave(self) -> Result<Vec<Stamped>, Failure> {
        // The first asks it to stop, the second to leave.
        self.process.signal(Signal::TERM);
        self.process.complaint("stopping");
        self.process.signal(Signal::TERM);
        self.process.wait();
        told(&self.events)
    }
}

/// All that a controller told; nothing may be missing.
fn told(file: &Path) -> Result<Vec<Stamped>, Failure> {
    let told = events_of_file(file);
    let gap = told.windows(2).find(|pair| pair[1].seq != pair[0].seq + 1);
    match gap {
        Some(pair) => {
            Err(format!("between events {} and {} some are missing", pair[0].seq, pair[1].seq).into())
        }
        None => Ok(told),
    }
}
