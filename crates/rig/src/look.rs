//! Looking at a rack without running a batch: what is plugged in, and who it says it is.

use std::path::PathBuf;
use std::sync::Arc;

use bus::SlotLock;
use control::{Clock, SlotSetup, ask};
use events::Fault;
use events::{Phase, What};
use procedure::Identity;

use crate::ports::Ports;

/// Asks the module at `place`, whose lock (a port path, or the path of a tty) is held meanwhile: a port on which a
/// controller works is not touched.
///
/// # Errors
/// The fault that an identification in a run would have; `E-IDENTIFY-PORT` when a controller has the port.
pub async fn identify(
    ports: &Arc<Ports>,
    locks: PathBuf,
    place: String,
    setup: SlotSetup,
) -> Result<Identity, Fault> {
    let _held = SlotLock::take(&locks, &place)
        .map_err(|error| Fault::new(Phase::Identify, What::Port, error.to_string()))?;
    let bus: Arc<dyn control::Bus> = ports.clone();
    ask(bus, &setup, Clock::new(1.0)).await
}
