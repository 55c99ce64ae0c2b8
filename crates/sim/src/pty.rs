//! Modules on pseudo-terminals: what a real controller opens.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::behaviour::Behaviour;
use crate::module::Module;
use crate::place::{Link, Place};
use crate::runner::{Clock, Order, Runner};
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

/// Orders that a module has not carried out yet; it takes them at once.
const ORDERS: usize = 8;

/// Simulated modules, each in its place; they stop when it is dropped.
#[derive(Debug)]
pub struct Rack {
    clock: Clock,
    ports: Vec<(String, PathBuf)>,
    modules: Vec<OneModule>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

#[derive(Debug)]
struct OneModule {
    label: String,
    core: Arc<Mutex<Module>>,
    orders: mpsc::Sender<Order>,
}

impl Rack {
    /// Starts `modules`, each with its label, with symlinks `dir/<label>`. Module time runs `factor` times as
    /// fast as real time. Must be called inside a tokio runtime.
    pub fn start(dir: &Path, modules: Vec<(String, ModuleSpec)>, factor: f64) -> Result<Self, SimError> {
        let mut rack = Self::empty(factor)?;
        fs::create_dir_all(dir).map_err(|source| SimError::Directory { path: dir.to_owned(), source })?;
        for (label, spec) in modules {
            let link = dir.join(&label);
            let other_number = spec.behaviours.contains(&Behaviour::OtherNumber);
            rack.add(&label, spec, Some(Box::new(Link::new(link.clone(), other_number))))?;
            rack.ports.push((label, link));
        }
        Ok(rack)
    }

    /// A rack without modules.
    pub fn empty(factor: f64) -> Result<Self, SimError> {
        if !factor.is_finite() || factor <= 0.0 {
            return Err(SimError::Factor(factor));
        }
        let (tasks, stop) = (JoinSet::new(), CancellationToken::new());
        Ok(Self { clock: Clock::start(factor), ports: Vec::new(), modules: Vec::new(), tasks, stop })
    }

    /// Adds a module: in `place`, where it has been running for a while, or in a drawer. Must be called inside a tokio
    /// runtime.
    pub fn add(
        &mut self,
        label: &str,
        spec: ModuleSpec,
        place: Option<Box<dyn Place>>,
    ) -> Result<(), SimError> {
        check_label(label, &self.modules)?;
        let core = Arc::new(Mutex::new(Module::new(spec)));
        let refused = |source| SimError::Pty { label: label.to_owned(), source };
        let runner = Runner::new(label, Arc::clone(&core), place, self.clock).map_err(refused)?;
        let (orders, taken) = mpsc::channel(ORDERS);
        self.tasks.spawn(runner.run(taken, self.stop.clone()));
        self.modules.push(OneModule { label: label.to_owned(), core, orders });
        Ok(())
    }

    /// Each module's label and the symlink to its port.
    pub fn ports(&self) -> &[(String, PathBuf)] {
        &self.ports
    }

    /// What really happened to each module, in the order in which they were added.
    pub fn truths(&self) -> Vec<Truth> {
        let truth = |one: &OneModule| {
            let module = one.core.lock().unwrap_or_else(PoisonError::into_inner);
            Truth { label: one.label.clone(), ..module.truth() }
        };
        self.modules.iter().map(truth).collect()
    }

    /// Cuts the power of the module `label` for a moment; false when there is no such module.
    pub fn cut_power(&self, label: &str) -> bool {
        // When more is to come than it can take, its power is not what it waits for.
        self.module(label).is_some_and(|one| one.orders.try_send(Order::CutPower).is_ok())
    }

    /// Takes the module `label` out of its slot; resolves when it has left the bus, to false when there is no such
    /// module.
    pub async fn take_out(&self, label: &str) -> bool {
        self.order(label, Order::TakeOut).await
    }

    /// Puts the module `label`, which must have been taken out, into `place`; resolves when it has booted so far that it
    /// is on the bus, or when it never will be.
    pub async fn put_in(&self, label: &str, place: Box<dyn Place>) -> bool {
        self.order(label, |done| Order::PutIn(place, done)).await
    }

    /// Takes the module `label` out of its slot and away for good; what really happened to it, or `None` when there is no
    /// such module.
    pub async fn remove(&mut self, label: &str) -> Option<Truth> {
        self.take_out(label).await;
        let place = self.modules.iter().position(|one| one.label == label)?;
        // Nobody can give it orders any more: it ends.
        let one = self.modules.remove(place);
        while self.tasks.try_join_next().is_some() {}
        let truth = one.core.lock().unwrap_or_else(PoisonError::into_inner).truth();
        Some(Truth { label: one.label, ..truth })
    }

    /// Lets the module `label` leave the bus and come back at once, as when its hub is reset: it runs on.
    pub async fn reset_bus(&self, label: &str) -> bool {
        self.order(label, Order::ResetBus).await
    }

    async fn order(&self, label: &str, order: impl FnOnce(oneshot::Sender<()>) -> Order) -> bool {
        let Some(one) = self.module(label) else { return false };
        let (done, is_done) = oneshot::channel();
        one.orders.send(order(done)).await.is_ok() && is_done.await.is_ok()
    }

    fn module(&self, label: &str) -> Option<&OneModule> {
        self.modules.iter().find(|one| one.label == label)
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

fn check_label(label: &str, others: &[OneModule]) -> Result<(), SimError> {
    let usable = !label.is_empty() && !label.starts_with('.') && !label.contains(['/', '\0']);
    if usable && others.iter().all(|other| other.label != label) {
        return Ok(());
    }
    Err(SimError::Label(label.to_owned()))
}
