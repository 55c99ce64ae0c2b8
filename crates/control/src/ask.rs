//! Asking who is there, without a run: nothing is flashed, nothing is recorded.

use std::sync::Arc;

use at::Masker;
use events::{Checkpoint, Fault, Phase, What};
use families::{identify_plan, known_models};
use procedure::{Emission, End, Identity, Machine};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::drive::{Aid, Drive, Listener};
use crate::executor::{Tokens, port_fault};
use crate::line::Line;
use crate::outside::Bus;
use crate::setup::SlotSetup;
use crate::slot::Counters;

/// How long one answer may take, milliseconds: the longest of the families' defaults.
const COMMAND_MS: u64 = 5_000;
/// How long the port may take to open, milliseconds.
const OPEN_MS: u64 = 2_000;

/// Nobody watches, and nothing is recorded.
struct Nobody;

impl Listener for Nobody {
    async fn emit(&mut self, _: Emission) {}

    async fn lost(&mut self) {}

    async fn back(&mut self, _: u64) {}

    async fn record(&mut self, _: Checkpoint) -> oneshot::Receiver<Result<(), String>> {
        let (_, never) = oneshot::channel();
        never
    }
}

/// Asks the module in `place` who it is, at each of the slot's line rates until it answers.
///
/// # Errors
/// The fault that an identification in a run would have.
pub async fn ask(bus: Arc<dyn Bus>, place: &SlotSetup, clock: Clock) -> Result<Identity, Fault> {
    let mut line = Line::new(bus, place, clock, Arc::new(Counters::default()));
    let mut fault = Fault::new(Phase::Identify, What::Silent, "it has no line rate to be asked at");
    for baud in &place.baud {
        line.set_baud(*baud);
        line.open_within(OPEN_MS).await.map_err(|error| port_fault(&error))?;
        let machine = Machine::new(
            identify_plan(known_models(std::collections::BTreeMap::new(), COMMAND_MS)),
            Masker::new(place.network.password.clone()),
        );
        let ended = Drive::new(&mut line, &mut Nobody, Aid::new(Tokens::default())).run(machine).await;
        match (ended.end, ended.identity) {
            (End::Completed, Some(identity)) => return Ok(identity),
            (End::Failed { fault: failed, .. } | End::Unresolved(failed), _) => fault = failed,
            (End::Completed | End::Reached | End::Cancelled, _) => {}
        }
        if !matches!(fault.code.what, What::Silent | What::Flood) {
            break;
        }
    }
    Err(fault)
}
