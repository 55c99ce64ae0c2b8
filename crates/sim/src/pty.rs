//! Modules on pseudo-terminals: what a real controller opens.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::module::Module;
use crate::port::Port;
use crate::runner::{Clock, Runner};
use crate::spec::ModuleSpec;
use crate::truth::Truth;

/// Why a rack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A label is empty, has a slash in it, or is used twice.
    #[error("label `{0}` is not usable as a file name, or is used twice")]
    Label(String),
    /// The clock factor is not a positive number.
    #[error("clock factor {0} is not a positive number")]
    Factor(f64),
    /// The directory of the symlinks cannot be made.
    #[error("directory {path} cannot be made")]
    Directory {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A pseudo-terminal cannot be opened.
    #[error("no pseudo-terminal for `{label}`")]
    Pty {
        /// For which module.
        label: String,
        /// Why.
        source: io::Error,
    },
}

/// Simulated modules, each behind a symlink to its pseudo-terminal; they stop when it is dropped.
#[derive(Debug)]
pub struct Rack {
    ports: Vec<(String, PathBuf)>,
    modules: Vec<Arc<Mutex<Module>>>,
    power: Vec<mpsc::Sender<()>>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Rack {
    /// Starts `modules`, each with its label, with symlinks `dir/<label>`. Module time runs `factor` times as
    /// fast as real time. Must be called inside a tokio runtime.
    pub fn start(dir: &Path, modules: Vec<(String, ModuleSpec)>, factor: f64) -> Result<Self, SimError> {
        if !factor.is_finite() || factor <= 0.0 {
            return Err(SimError::Factor(factor));
        }
        check_labels(&modules)?;
        fs::create_dir_all(dir).map_err(|source| SimError::Directory { path: dir.to_owned(), source })?;
        let clock = Clock::start(factor);
        let mut rack = Self {
            ports: Vec::new(),
            modules: Vec::new(),
            power: Vec::new(),
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        for (label, spec) in modules {
            rack.add(dir, label, spec, clock)?;
        }
        Ok(rack)
    }

    fn add(&mut self, dir: &Path, label: String, spec: ModuleSpec, clock: Clock) -> Result<(), SimError> {
        let link = dir.join(&label);
        let port = Port::open(&link).map_err(|source| SimError::Pty { label: label.clone(), source })?;
        let module = Arc::new(Mutex::new(Module::new(spec)));
        let (power, cuts) = mpsc::channel(1);
        let runner = Runner::new(Arc::clone(&module), link.clone(), port, clock);
        self.tasks.spawn(runner.run(cuts, self.stop.clone()));
        self.ports.push((label, link));
        self.modules.push(module);
        self.power.push(power);
        Ok(())
    }

    /// Each module's label and the symlink to its port.
    pub fn ports(&self) -> &[(String, PathBuf)] {
        &self.ports
    }

    /// What really happened to each module, in the order of [`Rack::ports`].
    pub fn truths(&self) -> Vec<Truth> {
        self.ports
            .iter()
            .zip(&self.modules)
            .map(|((label, _), module)| {
                let module = module.lock().unwrap_or_else(PoisonError::into_inner);
                Truth { label: label.clone(), ..module.truth() }
            })
            .collect()
    }

    /// Cuts the power of the module `label` for a moment; false when there is no such module.
    pub fn cut_power(&self, label: &str) -> bool {
        let place = self.ports.iter().position(|(its, _)| its == label);
        // A cut that is still to come is as good as this one.
        place.and_then(|place| self.power.get(place)).is_some_and(|power| power.try_send(()).is_ok())
    }

    /// Stops every module and waits until their ports are gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn check_labels(modules: &[(String, ModuleSpec)]) -> Result<(), SimError> {
    let mut seen = BTreeSet::new();
    for (label, _) in modules {
        let usable = !label.is_empty() && !label.starts_with('.') && !label.contains(['/', '\0']);
        if !usable || !seen.insert(label) {
            return Err(SimError::Label(label.clone()));
        }
    }
    Ok(())
}
