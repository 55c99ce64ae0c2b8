//! The rig: locks, ledger, package host and controller of one run.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bus::SlotLock;
use control::{Clock, Controller, Policy, Readers, Setup, Summary, Wish};
use ledger::Ledger;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::hosting::Hosting;
use crate::packages::Packages;
use crate::places::Places;
use crate::ports::Ports;
use crate::record::{Record, history};

/// How long the last events may take to reach the disk.
const LAST_WRITE: Duration = Duration::from_secs(30);

/// Why a rig cannot be put together, or could not keep its record.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// Another controller has a slot.
    #[error(transparent)]
    Lock(#[from] bus::LockError),
    /// The USB bus cannot be watched.
    #[error(transparent)]
    Bus(#[from] bus::BusError),
    /// The package host.
    #[error(transparent)]
    Host(#[from] host::HostError),
    /// The address that modules are to dial.
    #[error("this machine has no address towards the network")]
    Address(#[source] io::Error),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// What happened could not be kept.
    #[error("the record is not complete: {0}")]
    Record(String),
}

/// What a rig is made of.
pub struct Parts {
    /// What is to be done; its history is filled in from the ledger.
    pub setup: Setup,
    /// Where the slots are.
    pub places: Places,
    /// Verified packages.
    pub shelf: host::Shelf,
    /// Where to serve them.
    pub hosting: Hosting,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// The folder of the slots' locks.
    pub locks: PathBuf,
    /// Module time.
    pub clock: Clock,
}

/// One run, ready to begin.
pub struct Rig {
    controller: Controller,
    wishes: mpsc::Sender<Wish>,
    ledger: Arc<Ledger>,
    packages: Arc<Packages>,
    _locks: Vec<SlotLock>,
}

impl Rig {
    /// Takes the locks, opens the ledger, starts the package host, sets up the controller. Nothing is sent yet.
    ///
    /// # Errors
    /// When another controller has a slot or the ledger, when a port is taken, when the ledger cannot be used.
    pub async fn assemble(parts: Parts) -> Result<Self, RigError> {
        let Parts { mut setup, places, shelf, hosting, ledger, locks, clock } = parts;
        let bus = Ports::watch(places, locks.clone()).await?;
        let take = |place: &String| SlotLock::take(&locks, place);
        let held = bus.to_lock().iter().map(take).collect::<Result<_, _>>()?;
        let ledger = Arc::new(Ledger::open(&ledger)?);
        setup.history = history(&ledger, &setup.batch)?;
        let packages = Arc::new(hosting.start(shelf).await?);
        let record = Record::new(
            ledger.clone(),
            setup.run.clone(),
            setup.batch.clone(),
            &setup.history.open_triggers,
        )?;
        let bus: Arc<dyn control::Bus> = Arc::new(bus);
        let host: Arc<dyn control::Host> = packages.clone();
        let (controller, wishes) = control::start(setup, &bus, &host, Arc::new(record), clock);
        Ok(Self { controller, wishes, ledger, packages, _locks: held })
    }

    /// Where to read along, from the first event on or from a snapshot.
    pub fn readers(&self) -> Readers {
        self.controller.readers()
    }

    /// Takes what people ask for.
    pub fn wishes(&self) -> mpsc::Sender<Wish> {
        self.wishes.clone()
    }

    /// Where another policy is put in mid-run.
    pub fn policies(&self) -> watch::Sender<Policy> {
        self.controller.policies()
    }

    /// Runs to the end and brings the last events to the disk.
    ///
    /// # Errors
    /// When events could not be kept; the summary is true all the same and comes with the error.
    pub async fn run(self) -> (Summary, Result<(), RigError>) {
        let Self { controller, ledger, packages, _locks, .. } = self;
        // Beside the executors that report to it: on another thread each report would have to wake that first.
        let summary = AbortOnDropHandle::new(tokio::spawn(controller.run())).await;
        let summary = summary.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
        if let Some(server) = packages.server() {
            server.stop().await;
        }
        let written = tokio::task::spawn_blocking(move || ledger.flush(LAST_WRITE)).await;
        let written = written.unwrap_or_else(|panic| Err(panic.to_string()));
        (summary, written.map_err(RigError::Record))
    }
}
