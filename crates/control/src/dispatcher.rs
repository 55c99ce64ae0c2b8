//! The dispatcher: everything that happens comes into one order here. Select, decide, respond.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use events::{Event, Imei, Level, SlotState, Stamped, Verdict};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::executor::{Executor, Order, Report};
use crate::outside::{Bus, Host, Ledger};
use crate::setup::{OpenTrigger, Setup};
use crate::slot::{Slot, Stage};
use crate::stream::Stream;

/// Reports that may wait for the dispatcher.
const REPORTS: usize = 1024;

/// What an operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start nothing new, see through what is past its trigger, then end.
    Stop,
    /// End now: what is past its trigger is recorded as `unknown`.
    Detach,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Units by verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Modules that passed earlier in the batch and were left alone.
    pub passed_earlier: usize,
    /// Slots in which nothing was plugged in.
    pub empty: usize,
    /// Whether it was stopped before it was done.
    pub stopped: bool,
    /// Whether as many modules are done as were wanted.
    pub enough: bool,
    /// Whether modules past their trigger were left behind.
    pub detached: usize,
}

impl Summary {
    /// How many units have `verdict`.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    /// Whether every module is at its target.
    pub fn all_good(&self) -> bool {
        let spared = |verdict: Verdict| self.enough && verdict == Verdict::Aborted;
        self.verdicts.iter().all(|(verdict, count)| verdict.good() || spared(*verdict) || *count == 0)
    }
}

/// The controller of one rack, not yet running.
pub struct Controller {
    pub(crate) setup: Arc<Setup>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) clock: Clock,
    pub(crate) stream: Stream,
    pub(crate) slots: Vec<Slot>,
    pub(crate) queue: VecDeque<usize>,
    pub(crate) next_start_ms: u64,
    /// Unresolved triggers, by IMEI: no other trigger goes to any of them.
    pub(crate) held: BTreeMap<Imei, OpenTrigger>,
    pub(crate) passed: BTreeSet<Imei>,
    pub(crate) summary: Summary,
    pub(crate) stopping: bool,
    reports: mpsc::Receiver<(usize, Report)>,
    commands: mpsc::Receiver<Command>,
    executors: Vec<tokio::task::JoinHandle<()>>,
}

/// Sets up a run. It begins when [`Controller::run`] is awaited; read along by [`Controller::subscribe`] before.
pub fn start(
    setup: Setup,
    bus: &Arc<dyn Bus>,
    host: &Arc<dyn Host>,
    ledger: Arc<dyn Ledger>,
    clock: Clock,
) -> (Controller, mpsc::Sender<Command>) {
    let setup = Arc::new(setup);
    let (to_dispatcher, reports) = mpsc::channel(REPORTS);
    let (operator, commands) = mpsc::channel(8);
    let executor = |slot: usize, cancel: &CancellationToken| Executor {
        slot,
        setup: setup.clone(),
        bus: bus.clone(),
        host: host.clone(),
        clock,
        reports: to_dispatcher.clone(),
        cancel: cancel.clone(),
    };
    let (mut slots, mut executors) = (Vec::new(), Vec::new());
    for (index, place) in setup.slots.iter().enumerate() {
        let (orders, to_obey) = mpsc::channel(4);
        let cancel = CancellationToken::new();
        executors.push(tokio::spawn(executor(index, &cancel).run(to_obey)));
        slots.push(Slot::new(place.label.clone(), orders, cancel));
    }
    let controller = Controller {
        host: host.clone(),
        clock,
        stream: Stream::new(clock, ledger),
        slots,
        queue: VecDeque::new(),
        next_start_ms: 0,
        held: setup.history.open_triggers.iter().map(|open| (open.imei.clone(), open.clone())).collect(),
        passed: setup.history.passed.clone(),
        summary: Summary::default(),
        stopping: false,
        reports,
        commands,
        executors,
        setup,
    };
    (controller, operator)
}

impl Controller {
    /// Reads along from the first event on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Stamped>> {
        self.stream.readers().subscribe()
    }

    /// Runs until every module that was plugged in at the start is done, or it is told to end.
    pub async fn run(mut self) -> Summary {
        self.announce();
        let silent: BTreeSet<String> =
            self.setup.history.open_data_modes.iter().map(|open| open.attempt.slot.clone()).collect();
        // While a module may still count bytes, its attempt stays open on record: the next run must know of it, too.
        self.bury_orphans(|orphan| !silent.contains(&orphan.slot));
        self.begin().await;
        let mut detached = false;
        while !detached && !self.slots.iter().all(Slot::done) {
            let clock = self.clock;
            let start_ms = self.next_start_ms;
            let may_start = !self.queue.is_empty() && self.free_places() > 0;
            tokio::select! {
                Some((slot, report)) = self.reports.recv() => self.report(slot, report).await,
                Some(command) = self.commands.recv() => detached = self.command(command).await,
                () = clock.sleep_until(start_ms), if may_start => self.admit().await,
            }
        }
        for executor in &self.executors {
            executor.abort();
        }
        let stopped = self.summary.stopped.then(|| "stopped by the operator".to_owned());
        self.stream.tell(Event::RunEnded { run: self.setup.run.clone(), stopped });
        self.summary
    }

    fn announce(&mut self) {
        let setup = self.setup.clone();
        self.stream.tell(Event::RunStarted {
            run: setup.run.clone(),
            batch: setup.batch.clone(),
            rack: setup.rack.clone(),
            lot: setup.lot.clone(),
            operator: setup.operator.clone(),
            targets: setup.targets.clone(),
            slots: setup.slots.iter().map(|slot| slot.label.clone()).collect(),
            version: setup.version.clone(),
        });
        for open in &setup.history.open_triggers {
            let text = format!(
                "IMEI {} was triggered towards {} in slot {} and is not resolved: it will be followed up",
                open.imei, open.to, open.slot
            );
            self.stream.tell(Event::Note { slot: None, level: Level::Warning, text });
        }
    }

    /// First orders. A slot whose module may still count raw bytes is left in silence first.
    async fn begin(&mut self) {
        let setup = self.setup.clone();
        for index in 0..self.slots.len() {
            let label = self.slots[index].label.clone();
            let open = setup.history.open_data_modes.iter().find(|open| open.attempt.slot == label);
            let order = match open {
                Some(open) => {
                    let seconds = open.timeout_ms / 1000;
                    let text =
                        format!("its module may still count raw bytes: nothing is sent for {seconds} s");
                    self.stream.tell(Event::Note { slot: Some(label), level: Level::Warning, text });
                    Order::KeepSilent(open.timeout_ms)
                }
                None => Order::Look,
            };
            self.order(index, order).await;
        }
    }

    /// Gives an order. An executor that is gone reports its panic itself.
    pub(crate) async fn order(&mut self, index: usize, order: Order) {
        let _gone = self.slots[index].orders.send(order).await;
    }

    /// Modules that may be started now: within the rack's limit, and no more than are still wanted.
    pub(crate) fn free_places(&self) -> usize {
        let busy = |slot: &&Slot| matches!(slot.stage, Stage::Attempting | Stage::Following);
        let busy = self.slots.iter().filter(busy).count();
        let done: usize = self.summary.verdicts.values().sum();
        let wanted = self.setup.policy.units.map_or(usize::MAX, |units| units.saturating_sub(done));
        self.setup.limits.in_flight.min(wanted).saturating_sub(busy)
    }

    /// Starts the attempt that has waited longest.
    async fn admit(&mut self) {
        let Some(index) = self.queue.pop_front() else { return };
        let stage = std::mem::replace(&mut self.slots[index].stage, Stage::Attempting);
        let Stage::Queued(attempt) = stage else {
            self.slots[index].stage = stage;
            return;
        };
        self.next_start_ms = self.clock.now_ms() + self.setup.limits.stagger_ms;
        self.slot_state(index, SlotState::Busy);
        self.order(index, Order::Attempt(attempt)).await;
    }

    pub(crate) fn slot_state(&mut self, index: usize, state: SlotState) {
        let slot = self.slots[index].label.clone();
        self.stream.tell(Event::Slot { slot, state });
    }

    /// Carries out what the operator wants; `true` when the run is to end now.
    async fn command(&mut self, command: Command) -> bool {
        self.summary.stopped = true;
        match command {
            Command::Stop => {
                self.stop().await;
                false
            }
            Command::Detach => {
                self.detach();
                true
            }
        }
    }
}
