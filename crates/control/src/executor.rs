//! The executor of a slot: it owns the slot's port, does what the dispatcher orders, and reports. It decides nothing.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use at::Masker;
use bytes::Bytes;
use events::{Checkpoint, Delivery, Fault, Module, Package, Phase, StepTitle, What};
use families::{Job, Link, follow_up_plan, identify_plan, known_models};
use futures_util::FutureExt;
use procedure::{Conclusion, Emission, End, Facts, Identify, Identity, Machine, Plan};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::changes::changes;
use crate::clock::Clock;
use crate::drive::{Aid, Drive, Listener};
use crate::line::Line;
use crate::outside::{Bus, Host, NoPort};
use crate::setup::{Setup, SlotSetup};
use crate::slot::Counters;

/// How long a port that should be there may take to open, milliseconds: a module that has reset itself is away for as
/// long as it boots.
const OPEN_MS: u64 = 90_000;
/// How long an identification holds for a module that may be exchanged unseen, milliseconds.
const STALE_MS: u64 = 10_000;

/// What stops an order that is being carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// The unit is to end; past its trigger this changes nothing.
    pub(crate) cancel: CancellationToken,
    /// The module's download from the package host is to be stopped.
    pub(crate) revoke: CancellationToken,
}

/// What the dispatcher wants done.
#[derive(Debug)]
pub(crate) enum Order {
    /// Say whether something is plugged in.
    Look,
    /// Ask who is there.
    Identify,
    /// Say nothing for so long, in milliseconds: the module may still count raw bytes. Past its trigger the silence is
    /// kept whatever people want.
    KeepSilent { ms: u64, past_trigger: bool },
    /// One try of one package.
    Attempt(Box<Try>),
    /// Follow a trigger that is out already.
    FollowUp(Box<Try>),
    /// Let go of the port.
    Close,
}

/// One package on one module by one delivery.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub(crate) module: Module,
    pub(crate) package: Package,
    pub(crate) delivery: Delivery,
}

/// What an executor tells the dispatcher.
#[derive(Debug)]
pub(crate) enum Report {
    /// Whether something is plugged in and can be opened.
    Looked(Result<(), NoPort>),
    Identified(Result<Identity, Fault>),
    Cancelled,
    /// Whether nothing was said for as long as was ordered.
    KeptSilent(bool),
    /// The delivery cannot work for this module here.
    Unfit(String),
    /// The plan stands; its steps follow.
    Planned(Vec<StepTitle>),
    Ended(Box<Conclusion>),
    Emitted(Emission),
    Lost,
    Back(u64),
    Checkpoint(Checkpoint, oneshot::Sender<Result<(), String>>),
    Panicked(String),
}

/// What an executor needs; one per slot.
pub(crate) struct Executor {
    pub(crate) slot: usize,
    pub(crate) place: SlotSetup,
    pub(crate) setup: Arc<Setup>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) clock: Clock,
    pub(crate) reports: mpsc::Sender<(usize, Report)>,
    pub(crate) traffic: Arc<Counters>,
}

/// Tells the dispatcher; the queue is bounded, so a slow dispatcher slows its executors.
struct Teller {
    slot: usize,
    reports: mpsc::Sender<(usize, Report)>,
}

impl Teller {
    async fn tell(&self, report: Report) {
        // A dispatcher that is gone needs no reports.
        let _gone = self.reports.send((self.slot, report)).await;
    }
}

impl Listener for Teller {
    async fn emit(&mut self, emission: Emission) {
        self.tell(Report::Emitted(emission)).await;
    }

    async fn lost(&mut self) {
        self.tell(Report::Lost).await;
    }

    async fn back(&mut self, away_ms: u64) {
        self.tell(Report::Back(away_ms)).await;
    }

    async fn record(&mut self, checkpoint: Checkpoint) -> oneshot::Receiver<Result<(), String>> {
        let (reply, answer) = oneshot::channel();
        self.tell(Report::Checkpoint(checkpoint, reply)).await;
        answer
    }
}

impl Executor {
    /// Does what it is ordered until there are no more orders. A panic ends this slot and no other.
    pub(crate) async fn run(self, orders: mpsc::Receiver<(Order, Tokens)>) {
        let (slot, reports) = (self.slot, self.reports.clone());
        if let Err(panic) = AssertUnwindSafe(self.obey(orders)).catch_unwind().await {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let report = Report::Panicked(text.unwrap_or_else(|| "no message".to_owned()));
            Teller { slot, reports }.tell(report).await;
        }
    }

    async fn obey(self, mut orders: mpsc::Receiver<(Order, Tokens)>) {
        let mut line = Line::new(self.bus.clone(), &self.place, self.clock, self.traffic.clone());
        let mut teller = Teller { slot: self.slot, reports: self.reports.clone() };
        let mut identified_ms = 0;
        while let Some((order, tokens)) = orders.recv().await {
            let report = match order {
                Order::Look => Report::Looked(line.try_open().await),
                Order::Identify => {
                    let report = self.identify(&mut line, &mut teller, &tokens).await;
                    identified_ms = self.clock.now_ms();
                    report
                }
                Order::KeepSilent { ms, past_trigger } => {
                    Report::KeptSilent(self.keep_silent(ms, past_trigger, &tokens).await)
                }
                Order::Attempt(attempt) => {
                    let waited_ms = self.clock.now_ms().saturating_sub(identified_ms);
                    match self.exchanged(&mut line, &mut teller, &attempt, waited_ms, &tokens).await {
                        Some(report) => report,
                        None => self.attempt(&mut line, &mut teller, *attempt, &tokens).await,
                    }
                }
                Order::FollowUp(attempt) => self.follow_up(&mut line, &mut teller, *attempt, &tokens).await,
                Order::Close => {
                    line.close();
                    continue;
                }
            };
            teller.tell(report).await;
        }
    }

    /// Waits without opening the port: an open port could be asked something. Tells whether the time has passed.
    async fn keep_silent(&self, ms: u64, past_trigger: bool, tokens: &Tokens) -> bool {
        tokio::select! {
            biased;
            () = self.clock.sleep(ms) => true,
            () = tokens.cancel.cancelled(), if !past_trigger => false,
        }
    }

    /// Asks at each of the slot's line rates until somebody answers, first at the one that worked last.
    async fn identify(&self, line: &mut Line, teller: &mut Teller, tokens: &Tokens) -> Report {
        let mut report = self.identify_once(line, teller, tokens).await;
        let first = line.baud();
        for baud in self.place.baud.iter().filter(|baud| **baud != first) {
            let unheard = matches!(&report, Report::Identified(Err(fault))
                if matches!(fault.code.what, What::Silent | What::Flood));
            if !unheard {
                break;
            }
            line.set_baud(*baud);
            report = self.identify_once(line, teller, tokens).await;
        }
        report
    }

    async fn identify_once(&self, line: &mut Line, teller: &mut Teller, tokens: &Tokens) -> Report {
        if let Err(error) = line.open_within(OPEN_MS).await {
            return Report::Identified(Err(port_fault(&error)));
        }
        let aid = Aid::new(tokens.clone());
        let conclusion = self.drive(line, teller, identify_plan(self.identification()), aid).await;
        match (conclusion.end, conclusion.identity) {
            (End::Completed, Some(identity)) => Report::Identified(Ok(identity)),
            (End::Failed { fault, .. } | End::Unresolved(fault), _) => {
                line.close();
                Report::Identified(Err(fault))
            }
            (End::Cancelled, _) => Report::Cancelled,
            (End::Completed | End::Reached, _) => {
                Report::Identified(Err(Fault::new(Phase::Identify, What::Silent, "nothing was found out")))
            }
        }
    }

    /// Behind a bridge the port stays when a module is exchanged: one that has waited is asked again who it is. What it
    /// answered, when it is not the one that the attempt is for.
    async fn exchanged(
        &self,
        line: &mut Line,
        teller: &mut Teller,
        attempt: &Try,
        waited_ms: u64,
        tokens: &Tokens,
    ) -> Option<Report> {
        if self.place.usb || waited_ms < STALE_MS {
            return None;
        }
        let report = self.identify_once(line, teller, tokens).await;
        let wanted = &attempt.module;
        let same = matches!(&report, Report::Identified(Ok(identity))
            if identity.imei.as_ref() == Some(&wanted.imei) && identity.revision == wanted.revision);
        (!same).then_some(report)
    }

    /// Any family may be there, so the longest of their command deadlines holds.
    fn identification(&self) -> Identify {
        let families = self.setup.families.values();
        let aliases = families.clone().flat_map(|family| family.aliases.clone()).collect();
        let command_ms = families.map(|family| family.settings.deadlines.command_ms).max().unwrap_or(5_000);
        known_models(aliases, command_ms)
    }

    async fn drive(&self, line: &mut Line, teller: &mut Teller, plan: Plan, aid: Aid) -> Conclusion {
        let masker = Masker::new(self.place.network.password.clone());
        Drive::new(line, teller, aid).run(Machine::new(plan, masker)).await
    }

    async fn attempt(&self, line: &mut Line, teller: &mut Teller, attempt: Try, tokens: &Tokens) -> Report {
        let family = attempt.module.family;
        let (Some(procedures), Some(settings)) = (families::of(family), self.setup.families.get(&family))
        else {
            return Report::Unfit(format!("family {family} is not built in"));
        };
        let survey = procedures.survey(settings.settings.deadlines.command_ms, attempt.delivery);
        let surveyed = self.drive(line, teller, survey, Aid::new(tokens.clone())).await;
        if surveyed.end != End::Completed {
            teller.tell(Report::Planned(Vec::new())).await;
            return Report::Ended(Box::new(surveyed));
        }
        let Some(file) = self.host.file(&attempt.package.sha256) else {
            return Report::Unfit("the package is not on the package host".to_owned());
        };
        let mut aid = Aid { file, ..Aid::new(tokens.clone()) };
        let granted = match self.grant(&attempt, &mut aid) {
            Ok(granted) => granted,
            Err(why) => return Report::Unfit(why),
        };
        let job = Job { file: aid.file.clone(), ..self.job(&attempt, granted, surveyed.facts, line.baud()) };
        match procedures.plan(&job) {
            Ok(plan) => {
                teller.tell(Report::Planned(plan.titles())).await;
                Report::Ended(Box::new(self.drive(line, teller, plan, aid).await))
            }
            Err(unfit) => Report::Unfit(unfit.to_string()),
        }
    }

    fn grant(&self, attempt: &Try, aid: &mut Aid) -> Result<Option<Link>, String> {
        if !attempt.delivery.over_the_air() {
            return Ok(None);
        }
        let grant = self.host.grant(&attempt.package.sha256, attempt.delivery)?;
        aid.served = changes(grant.served);
        aid.revoke = Some(grant.keep);
        Ok(Some(grant.link))
    }

    async fn follow_up(&self, line: &mut Line, teller: &mut Teller, attempt: Try, tokens: &Tokens) -> Report {
        let Some(procedures) = families::of(attempt.module.family) else {
            return Report::Unfit(format!("family {} is not built in", attempt.module.family));
        };
        // It may be away for now: the follow-up waits for it.
        let _away = line.try_open().await;
        let plan = follow_up_plan(procedures, &self.job(&attempt, None, Facts::new(), line.baud()));
        Report::Ended(Box::new(self.drive(line, teller, plan, Aid::new(tokens.clone())).await))
    }

    fn job(&self, attempt: &Try, link: Option<Link>, facts: Facts, baud: u32) -> Job {
        let family = attempt.module.family;
        let settings = self.setup.families.get(&family).map(|family| family.settings);
        Job {
            module: attempt.module.clone(),
            package: attempt.package.clone(),
            delivery: attempt.delivery,
            file: Bytes::new(),
            link,
            preloaded: self.setup.preloaded.get(&attempt.package.sha256).cloned(),
            root: self.host.root(),
            network: self.place.network.clone(),
            settings: settings.unwrap_or_else(|| families::default_settings(family)),
            facts,
            usb: self.place.usb,
            baud,
            identify: Arc::new(self.identification()),
        }
    }
}

/// Why a port that should be there was not opened.
pub(crate) fn port_fault(error: &NoPort) -> Fault {
    let what = match error {
        NoPort::Absent | NoPort::Unready(_) => What::Lost,
        NoPort::Emergency(_) => What::Edl,
        NoPort::Refused(_) => What::Port,
    };
    Fault::new(Phase::Identify, what, error.to_string())
}
