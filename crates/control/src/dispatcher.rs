//! The dispatcher: everything that happens comes into one order here. Select, decide, respond.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use events::{Event, Imei, Level, Rule, SlotState, Verdict};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::executor::{Order, Report};
use crate::operator::Wish;
use crate::outside::{Host, Presence};
use crate::policy::Conduct;
use crate::setup::{OpenTrigger, Policy, Setup};
use crate::slot::{Slot, Stage};
use crate::start::Crew;
use crate::stream::{Readers, Stream};
use crate::vitals::Pulse;

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Units by verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Modules that passed earlier in the batch and were left alone.
    pub passed_earlier: usize,
    /// Slots in which nothing was plugged in at the start.
    pub empty: usize,
    /// Whether somebody stopped it before it was done.
    pub stopped: bool,
    /// The rule of the batch's policy that stopped it.
    pub halted: Option<Rule>,
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

    /// Counts a unit's verdict; one that was `unknown` before is moved to what it turned out to be.
    pub(crate) fn count_unit(&mut self, unknown: &mut BTreeSet<String>, unit: &str, verdict: Verdict) {
        if unknown.remove(unit) {
            *self.verdicts.entry(Verdict::Unknown).or_default() -= 1;
        }
        *self.verdicts.entry(verdict).or_default() += 1;
        if verdict == Verdict::Unknown {
            unknown.insert(unit.to_owned());
        }
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
    /// Runs ever, by IMEI and target.
    pub(crate) runs: BTreeMap<(Imei, String), u64>,
    pub(crate) conduct: Conduct,
    pub(crate) summary: Summary,
    /// Units that were counted as unknown in this run and may still be resolved.
    pub(crate) unknown: BTreeSet<String>,
    /// Nothing new is started, and why.
    pub(crate) stopping: Option<String>,
    pub(crate) paused: bool,
    /// The record cannot be written: when it is asked again.
    pub(crate) standstill_until_ms: Option<u64>,
    /// Left with modules past their trigger.
    pub(crate) left: bool,
    /// Ports that the rack's file does not name, with the generation that was told.
    pub(crate) strangers: BTreeMap<String, u64>,
    /// Modules that are to be done, and the number of units that was told for them last.
    pub(crate) expected: Option<(usize, u64)>,
    /// Who waits for what may have changed.
    pub(crate) queue_changed: bool,
    pub(crate) pulse: Pulse,
    pub(crate) reports: mpsc::Receiver<(usize, Report)>,
    pub(crate) wishes: mpsc::Receiver<Wish>,
    /// What is plugged in, whenever that changes.
    pub(crate) presence: BoxStream<'static, Arc<Presence>>,
    /// The policy, when it is read again in mid-run.
    pub(crate) policy: BoxStream<'static, Policy>,
    pub(crate) policies: watch::Sender<Policy>,
    pub(crate) crew: Crew,
}

impl Controller {
    /// Where to read along, from the first event on or from a snapshot.
    pub fn readers(&self) -> Readers {
        self.stream.readers()
    }

    /// Where another policy is put in mid-run. It holds for what is decided from then on.
    pub fn policies(&self) -> watch::Sender<Policy> {
        self.policies.clone()
    }

    /// Runs until every module that was plugged in at the start is done, or it is told to end.
    pub async fn run(mut self) -> Summary {
        self.announce();
        let silent: BTreeSet<String> =
            self.setup.history.open_data_modes.iter().map(|open| open.attempt.slot.clone()).collect();
        self.bury_orphans(|orphan| !silent.contains(&orphan.slot));
        let now = self.crew.bus().presence().borrow().clone();
        self.note_presence(&now).await;
        self.begin().await;
        while !self.over() {
            let clock = self.clock;
            let start_ms = self.next_start_ms;
            let may_start = self.startable().is_some();
            let ask_ms = self.standstill_until_ms;
            // In a fixed order, so that the same happenings give the same events: what is rare first.
            tokio::select! {
                biased;
                Some(wish) = self.wishes.recv() => self.wish(wish).await,
                Some(policy) = self.policy.next() => self.change_policy(policy),
                Some(now) = self.presence.next() => self.note_presence(&now).await,
                lag_us = self.pulse.beat() => self.vitals(lag_us),
                () = clock.sleep_until(ask_ms.unwrap_or_default()), if ask_ms.is_some() => self.ask_record(),
                () = clock.sleep_until(start_ms), if may_start => self.admit().await,
                Some((slot, report)) = self.reports.recv() => self.report(slot, report).await,
            }
            self.tell_waiting();
            self.tell_expected();
            self.stream.wait_for_readers().await;
        }
        self.crew.dismiss();
        let stopped = self.stopping.clone().filter(|_| !self.summary.enough);
        self.stream.tell(Event::RunEnded { run: self.setup.run.clone(), stopped });
        self.summary
    }

    fn over(&self) -> bool {
        let ends = !self.setup.policy.continuous || self.stopping.is_some();
        self.left || (ends && self.slots.iter().all(Slot::done))
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
        self.stream.tell(Event::Layout { columns: setup.columns, places: setup.places.clone() });
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
        for index in 0..self.setup.slots.len() {
            self.remember_data_mode(index);
            self.look(index).await;
        }
    }

    /// Gives an order. An executor that is gone reports its panic itself.
    pub(crate) async fn order(&mut self, index: usize, order: Order) {
        let slot = &self.slots[index];
        let _gone = slot.orders.send((order, slot.tokens.clone())).await;
    }

    pub(crate) fn slot_state(&mut self, index: usize, state: SlotState) {
        self.slots[index].waits_for = None;
        let slot = self.slots[index].label.clone();
        self.stream.tell(Event::Slot { slot, state });
    }

    /// How many units are to have a verdict at the end, once every slot is known to be empty or not; again where a
    /// module turns out to be done already.
    fn tell_expected(&mut self) {
        let limit = self.setup.policy.units;
        let to_do = self.slots.len().saturating_sub(self.summary.empty + self.summary.passed_earlier);
        // Asked after every event, so what costs nothing comes first.
        let told = self.expected.is_some_and(|(then, _)| then == to_do);
        let endless = self.setup.policy.continuous && limit.is_none();
        if told || endless || !self.slots.iter().all(|slot| slot.looked) {
            return;
        }
        let units = if self.setup.policy.continuous { limit } else { None };
        let units = units.unwrap_or_else(|| to_do.min(limit.unwrap_or(to_do)));
        // What earlier runs left without a verdict gets one, too.
        let units = units + self.setup.history.orphans.len();
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        let before = self.expected.replace((to_do, units));
        if before.is_none_or(|(_, told)| told != units) {
            self.stream.tell(Event::Expected { units });
        }
    }

    pub(crate) fn in_work(&self, index: usize) -> bool {
        matches!(self.slots[index].stage, Stage::Attempting | Stage::Following)
    }
}
