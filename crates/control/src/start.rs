//! Setting up a run: the dispatcher, and an executor for each slot before its first event.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::changes::changes;
use crate::clock::Clock;
use crate::dispatcher::{Controller, Summary};
use crate::executor::{Executor, Report};
use crate::operator::Wish;
use crate::outside::{Bus, Host, Ledger};
use crate::policy::Conduct;
use crate::setup::{Setup, SlotSetup};
use crate::slot::{Counters, Slot};
use crate::stream::Stream;
use crate::vitals::Pulse;

/// Reports that may wait for the dispatcher.
const REPORTS: usize = 1024;
/// Wishes that may wait for the dispatcher.
const WISHES: usize = 64;
/// Orders that may wait for an executor.
const ORDERS: usize = 4;

/// The executors, and what a new one needs.
pub(crate) struct Crew {
    setup: Arc<Setup>,
    bus: Arc<dyn Bus>,
    host: Arc<dyn Host>,
    clock: Clock,
    reports: mpsc::Sender<(usize, Report)>,
    executors: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Without executors yet, and what they will report.
    fn of(
        setup: &Arc<Setup>,
        bus: &Arc<dyn Bus>,
        host: &Arc<dyn Host>,
        clock: Clock,
    ) -> (Self, mpsc::Receiver<(usize, Report)>) {
        let (reports, to_dispatcher) = mpsc::channel(REPORTS);
        let (setup, bus, host) = (setup.clone(), bus.clone(), host.clone());
        (Self { setup, bus, host, clock, reports, executors: Vec::new() }, to_dispatcher)
    }

    /// A slot with an executor of its own.
    pub(crate) fn engage(&mut self, setup: SlotSetup) -> Slot {
        let (orders, to_obey) = mpsc::channel(ORDERS);
        let traffic = Arc::new(Counters::default());
        let executor = Executor {
            slot: self.executors.len(),
            place: setup.clone(),
            setup: self.setup.clone(),
            bus: self.bus.clone(),
            host: self.host.clone(),
            clock: self.clock,
            reports: self.reports.clone(),
            traffic: traffic.clone(),
        };
        self.executors.push(tokio::spawn(executor.run(to_obey)));
        Slot::new(setup, orders, traffic)
    }

    /// What is plugged in.
    pub(crate) fn bus(&self) -> &dyn Bus {
        &*self.bus
    }

    /// Ends every executor.
    pub(crate) fn dismiss(&self) {
        for executor in &self.executors {
            executor.abort();
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.dismiss();
    }
}

/// Sets up a run. It begins when [`Controller::run`] is awaited; read along by [`Controller::readers`] before.
pub fn start(
    setup: Setup,
    bus: &Arc<dyn Bus>,
    host: &Arc<dyn Host>,
    ledger: Arc<dyn Ledger>,
    clock: Clock,
) -> (Controller, mpsc::Sender<Wish>) {
    let setup = Arc::new(setup);
    let (operator, wishes) = mpsc::channel(WISHES);
    let (mut crew, reports) = Crew::of(&setup, bus, host, clock);
    let slots = setup.slots.iter().map(|place| crew.engage(place.clone())).collect();
    let history = &setup.history;
    let (policies, policy) = watch::channel(setup.policy.clone());
    let controller = Controller {
        host: host.clone(),
        clock,
        stream: Stream::new(clock, ledger),
        slots,
        queue: VecDeque::new(),
        next_start_ms: 0,
        held: history.open_triggers.iter().map(|open| (open.imei.clone(), open.clone())).collect(),
        passed: history.passed.clone(),
        runs: history.runs.clone(),
        conduct: Conduct::new(&history.canaries, &history.cut_off),
        summary: Summary::default(),
        unknown: BTreeSet::new(),
        stopping: None,
        paused: false,
        standstill_until_ms: None,
        left: false,
        strangers: BTreeMap::new(),
        expected: None,
        queue_changed: false,
        pulse: Pulse::new(setup.vitals_every),
        reports,
        wishes,
        presence: changes(bus.presence()),
        policy: changes(policy),
        policies,
        crew,
        setup,
    };
    (controller, operator)
}
