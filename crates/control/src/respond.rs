//! How the dispatcher responds to what executors report.

use events::{AttemptOutcome, Event, Fault, Module, Phase, SlotState, Verdict, What};
use procedure::{Conclusion, Emission, End, Identity};

use crate::decide::{Decision, decide, module};
use crate::dispatcher::Controller;
use crate::executor::{Order, Report, Try, port_fault};
use crate::operator::label_fault;
use crate::outcome::{Next, after, final_verdict, outcome};
use crate::outside::NoPort;
use crate::setup::OpenTrigger;
use crate::slot::{Attempt, Stage, Unit, new_id};

/// How often each delivery may turn out not to fit before the unit is refused, whatever else was tried.
const UNFIT_ROUNDS: usize = 3;

impl Controller {
    /// Responds to a report.
    pub(crate) async fn report(&mut self, index: usize, report: Report) {
        if self.slots[index].done() {
            return;
        }
        // What is said on the way changes nobody's stage, and is nearly all that is reported.
        let on_the_way = matches!(report, Report::Emitted(_) | Report::Checkpoint(..));
        self.respond(index, report).await;
        if !on_the_way {
            self.follow_the_absent().await;
        }
    }

    async fn respond(&mut self, index: usize, report: Report) {
        match report {
            Report::Looked(found) => self.looked(index, found).await,
            Report::KeptSilent(whole) => self.kept_silent(index, whole).await,
            Report::Identified(Ok(identity)) => self.identified(index, &identity).await,
            Report::Identified(Err(fault)) => self.not_identified(index, fault).await,
            Report::Cancelled => self.interrupted(index).await,
            Report::Unfit(why) => self.unfit(index, why).await,
            Report::Planned(steps) => self.planned(index, steps),
            Report::Ended(conclusion) => {
                let unresolved = matches!(conclusion.end, End::Unresolved(_));
                let imei = self.slots[index].imei().cloned().filter(|_| unresolved);
                self.ended(index, *conclusion).await;
                if let Some(imei) = imei {
                    self.seek(index, &imei).await;
                }
            }
            Report::Emitted(emission) => self.emitted(index, emission),
            Report::Lost => {
                let slot = self.slots[index].label.clone();
                self.stream.tell(Event::PortLost { slot });
            }
            Report::Back(away_ms) => {
                let slot = self.slots[index].label.clone();
                self.stream.tell(Event::PortBack { slot, away_ms });
            }
            Report::Checkpoint(checkpoint, reply) => self.checkpoint(index, checkpoint, reply),
            Report::Panicked(text) => self.panicked(index, text).await,
        }
    }

    async fn looked(&mut self, index: usize, found: Result<(), NoPort>) {
        let label = self.slots[index].label.clone();
        let first = !std::mem::replace(&mut self.slots[index].looked, true);
        let here = |open: &&OpenTrigger| open.slot == label && !self.slots[index].vacated;
        // Of several, whoever was triggered last is here: ids are in the order of time.
        let triggered =
            self.held.values().filter(here).max_by(|one, other| one.attempt.cmp(&other.attempt)).cloned();
        if let (Err(NoPort::Absent), None) = (&found, &triggered) {
            self.summary.empty += usize::from(first);
            self.slots[index].stage = Stage::Done;
            self.slot_state(index, SlotState::Empty);
            return;
        }
        // What is past its trigger is seen through, also in a run that is stopping.
        if self.stopping.is_some() && triggered.is_none() {
            return self.finish(index, SlotState::Done).await;
        }
        self.slots[index].seen_ms = self.clock.now_ms();
        match (found, triggered) {
            (Ok(()), Some(open)) => {
                self.slot_state(index, SlotState::Busy);
                self.follow(index, open).await;
            }
            (Err(_), Some(open)) => self.slots[index].stage = Stage::Awaiting(Box::new(open)),
            (Ok(()), None) => {
                self.slot_state(index, SlotState::Busy);
                self.order(index, Order::Identify).await;
            }
            (Err(error), None) => self.not_identified(index, port_fault(&error)).await,
        }
    }

    async fn not_identified(&mut self, index: usize, fault: Fault) {
        let slot = &mut self.slots[index];
        slot.identified += 1;
        let tries = slot.identified;
        let stopping = self.stopping.is_some();
        match after(&fault, tries, self.setup.policy.attempts, stopping) {
            Next::Again | Next::AgainOtherwise | Next::WhenMended => self.order(index, Order::Identify).await,
            Next::End(verdict) => {
                self.unit(index, None);
                self.end_unit(index, verdict, Some(fault), None).await;
            }
        }
    }

    async fn identified(&mut self, index: usize, identity: &Identity) {
        self.slots[index].identified = 0;
        let module = match module(identity) {
            Ok(module) => module,
            Err(fault) => {
                self.unit(index, None);
                return self.end_unit(index, final_verdict(&fault), Some(fault), None).await;
            }
        };
        let expected = self.slots[index].expected.clone();
        if let Some(expected) = expected.filter(|expected| *expected != module.imei) {
            let fault = label_fault(&module.imei, &expected);
            self.unit(index, Some(module));
            return self.end_unit(index, Verdict::Refused, Some(fault), None).await;
        }
        let before = self.slots[index].unit.as_ref().and_then(|unit| unit.module.clone());
        if let Some(before) = before {
            if before.imei != module.imei {
                let message = format!("IMEI {} is there instead of {}", module.imei, before.imei);
                let fault = Fault::new(Phase::Identify, What::Swapped, message);
                return self.end_unit(index, Verdict::Failed, Some(fault), None).await;
            }
        } else if let Some(open) = self.held.get(&module.imei).cloned() {
            return self.meet_again(index, open, module).await;
        }
        self.decide(index, module).await;
    }

    async fn decide(&mut self, index: usize, module: Module) {
        if self.slots[index].unit.is_none() && self.stranded_again(index, &module) {
            return self.finish(index, SlotState::Done).await;
        }
        if let Some(other) = self.twin(index, &module.imei) {
            return self.hold_twins(index, other, module).await;
        }
        let host = self.host.clone();
        let place = &self.slots[index].setup;
        let decision = decide(&self.setup, place, &module, |delivery| host.serves(delivery));
        let first = self.slots[index].unit.is_none();
        if first && self.passed.contains(&module.imei) && matches!(decision, Decision::Already { .. }) {
            self.summary.passed_earlier += 1;
            let slot = self.slots[index].label.clone();
            self.stream.tell(Event::PassedEarlier { slot, module });
            return self.finish(index, SlotState::Done).await;
        }
        let revision = module.revision.clone();
        if first && let Some(why) = self.tested_enough(&module, &decision) {
            self.unit(index, Some(module));
            let fault = Fault::new(Phase::Identify, What::Retest, why);
            return self.end_unit(index, Verdict::Refused, Some(fault), Some(revision)).await;
        }
        self.unit(index, Some(module.clone()));
        match decision {
            Decision::Refuse(fault) => {
                self.end_unit(index, Verdict::Refused, Some(fault), Some(revision)).await;
            }
            Decision::Already { .. } => self.end_unit(index, Verdict::Already, None, Some(revision)).await,
            Decision::Flash { target, route, deliveries } => {
                self.route(index, target, &route);
                let Some(package) = route.into_iter().next() else { return };
                self.queue_attempt(index, module, package, &deliveries).await;
            }
        }
    }

    /// The unit of the slot; a new one is announced.
    pub(crate) fn unit(&mut self, index: usize, module: Option<Module>) {
        let slot = &mut self.slots[index];
        let seen_ms = slot.seen_ms;
        if slot.unit.is_none() {
            let unit = slot.unit.insert(Unit::new(module.clone(), seen_ms)).id.clone();
            let slot = slot.label.clone();
            self.stream.tell(Event::UnitStarted { unit, slot, module });
        }
    }

    fn route(&mut self, index: usize, target: String, route: &[events::Package]) {
        let slot = &mut self.slots[index];
        let (Some(unit), label) = (&mut slot.unit, slot.label.clone()) else { return };
        if unit.target != target {
            unit.target.clone_from(&target);
            let route = route.iter().map(events::Package::hop).collect();
            self.stream.tell(Event::Routed { unit: unit.id.clone(), slot: label, target, route });
        }
    }

    async fn queue_attempt(
        &mut self,
        index: usize,
        module: Module,
        package: events::Package,
        deliveries: &[events::Delivery],
    ) {
        if self.stopping.is_some() || self.slots[index].ending.is_some() {
            return self.interrupted(index).await;
        }
        if let Some(why) = &self.slots[index].quarantined {
            let fault =
                Fault::new(Phase::Identify, What::Interrupted, format!("the slot is in quarantine: {why}"));
            self.slots[index].ending = Some((Verdict::Aborted, fault));
            return self.interrupted(index).await;
        }
        let Some(unit) = &mut self.slots[index].unit else { return };
        if unit.from != package.from {
            unit.from.clone_from(&package.from);
            (unit.tries, unit.delivery) = (0, 0);
        }
        let none_fits = unit.tries == 0 && unit.unfit.len() >= deliveries.len();
        if none_fits || unit.unfit.len() >= deliveries.len() * UNFIT_ROUNDS {
            let fault = Fault::new(Phase::Preflight, What::Delivery, unit.unfit.join("; "));
            return self.end_unit(index, Verdict::Refused, Some(fault), None).await;
        }
        let Some(delivery) = unit.delivery(deliveries) else { return };
        let what = Try { module, package, delivery };
        unit.attempt = Some(Attempt { id: new_id(), what: what.clone(), announced: false, resolution: None });
        self.slots[index].stage = Stage::Queued(Box::new(what));
        self.queue.push_back(index);
        self.queue_changed = true;
    }

    async fn unfit(&mut self, index: usize, why: String) {
        let Some(unit) = &mut self.slots[index].unit else { return };
        let delivery = unit.attempt.take().map(|attempt| attempt.what.delivery.name()).unwrap_or_default();
        unit.unfit.push(format!("{delivery}: {why}"));
        unit.delivery += 1;
        self.identify_again(index).await;
    }

    async fn identify_again(&mut self, index: usize) {
        self.slots[index].stage = Stage::Identifying;
        self.order(index, Order::Identify).await;
    }

    fn planned(&mut self, index: usize, steps: Vec<events::StepTitle>) {
        self.end_phase(index);
        let slot = &mut self.slots[index];
        let (Some(unit), label) = (&mut slot.unit, slot.label.clone()) else { return };
        unit.number += 1;
        unit.tries += 1;
        let Some(attempt) = &mut unit.attempt else { return };
        attempt.announced = true;
        self.stream.tell(Event::AttemptStarted {
            attempt: attempt.id.clone(),
            unit: unit.id.clone(),
            slot: label,
            number: unit.number,
            hop: attempt.what.package.hop(),
            delivery: attempt.what.delivery,
            steps,
        });
    }

    fn emitted(&mut self, index: usize, emission: Emission) {
        let slot = self.slots[index].label.clone();
        let attempt = self.slots[index].attempt_id();
        match emission {
            Emission::Step(index) => self.stream.tell(Event::Step { slot, index }),
            Emission::Phase { phase, past_no_return } => self.phase(index, phase, past_no_return),
            Emission::Progress { phase, done, total } => {
                self.slots[index].fetched |= phase == Phase::Deliver && done >= total;
                self.stream.tell(Event::Progress { slot, phase, done, total });
            }
            Emission::Transcript(direction, text) => {
                self.stream.tell(Event::Transcript { slot, attempt, direction, text });
            }
            Emission::Answered(duration_ms) => {
                let module = self.slots[index].unit.as_ref().and_then(|unit| unit.module.as_ref());
                let family = module.map(|module| module.family);
                self.stream.tell(Event::Answered { slot, family, duration_ms });
            }
            Emission::Note(level, text) => self.stream.tell(Event::Note { slot: Some(slot), level, text }),
            Emission::Resolved(resolution) => self.resolved(index, resolution),
        }
    }

    fn phase(&mut self, index: usize, phase: Phase, past_no_return: bool) {
        self.end_phase(index);
        let now_ms = self.clock.now_ms();
        let slot = &mut self.slots[index];
        slot.phase = Some((phase, now_ms));
        slot.last_phase = phase;
        let (unit, attempt, slot) = (slot.unit_id(), slot.attempt_id(), slot.label.clone());
        self.stream.tell(Event::PhaseStarted { slot, unit, attempt, phase, past_no_return });
    }

    pub(crate) fn end_phase(&mut self, index: usize) {
        let now_ms = self.clock.now_ms();
        let slot = &mut self.slots[index];
        let Some((phase, since_ms)) = slot.phase.take() else { return };
        let (unit, attempt, slot) = (slot.unit_id(), slot.attempt_id(), slot.label.clone());
        let duration_ms = now_ms.saturating_sub(since_ms);
        self.stream.tell(Event::PhaseEnded { slot, unit, attempt, phase, duration_ms });
    }

    async fn ended(&mut self, index: usize, conclusion: Conclusion) {
        self.end_phase(index);
        // Its machine ends only when the module counts no bytes any more.
        self.slots[index].in_data_mode = false;
        let Some(unit) = &self.slots[index].unit else { return };
        let Some(attempt) = unit.attempt.clone() else { return };
        let told = self.unknown.contains(&unit.id);
        let swapped = matches!(&conclusion.end, End::Unresolved(fault) if fault.code.what == What::Swapped);
        if swapped && told {
            return self.vacated(index).await;
        }
        let wanted = self.setup.targets.iter().find(|target| target.model == attempt.what.module.model);
        let goes_on = unit.foreign || wanted.is_some_and(|wanted| wanted.revision == unit.target);
        let last = attempt.what.package.to == unit.target && goes_on;
        self.queue_changed = true;
        let stopping = self.stopping.is_some() || self.slots[index].ending.is_some();
        let outcome = outcome(&conclusion.end, last, stopping);
        let fault = match &conclusion.end {
            End::Failed { fault, .. } | End::Unresolved(fault) => Some(fault.clone()),
            End::Cancelled => Some(self.interruption(index)),
            End::Completed | End::Reached => None,
        };
        if !matches!(conclusion.end, End::Unresolved(_)) {
            // Nothing is out any more; a trigger whose record failed was never sent.
            self.slots[index].past_no_return = false;
            self.held.remove(&attempt.what.module.imei);
        }
        self.end_attempt(index, outcome, fault.clone());
        let revision = conclusion.identity.map(|identity| identity.revision);
        if let (End::Reached, Some(unit)) = (&conclusion.end, &mut self.slots[index].unit) {
            unit.reached = Some(attempt.what.package.to.clone());
        }
        if self.slots[index].unit.as_ref().is_some_and(|unit| unit.foreign) {
            return self.end_foreign(index, &conclusion.end, last, (fault, revision)).await;
        }
        match (conclusion.end, fault) {
            (End::Reached, _) if last => self.end_unit(index, Verdict::Passed, None, revision).await,
            (End::Reached | End::Completed, _) | (_, None) => self.identify_again(index).await,
            (End::Unresolved(_), fault) => {
                self.end_unit(index, Verdict::Unknown, fault, revision).await;
                if swapped {
                    self.vacated(index).await;
                }
            }
            (End::Cancelled, _) => self.interrupted(index).await,
            (End::Failed { .. }, Some(fault)) => self.failed(index, fault, revision).await,
        }
    }

    async fn failed(&mut self, index: usize, fault: Fault, revision: Option<String>) {
        if self.slots[index].ending.is_some() {
            return self.interrupted(index).await;
        }
        let Some(unit) = &mut self.slots[index].unit else { return };
        match after(&fault, unit.tries, self.setup.policy.attempts, self.stopping.is_some()) {
            Next::Again => self.identify_again(index).await,
            Next::AgainOtherwise => {
                unit.delivery += 1;
                self.identify_again(index).await;
            }
            Next::WhenMended => {
                unit.tries = unit.tries.saturating_sub(1);
                self.ask_record();
                self.identify_again(index).await;
            }
            Next::End(verdict) => self.end_unit(index, verdict, Some(fault), revision).await,
        }
    }

    /// The attempt's end on record is the end of its data mode, too: where the module may still count bytes, there is
    /// none, and the next run leaves it in silence first.
    pub(crate) fn end_attempt(&mut self, index: usize, outcome: AttemptOutcome, fault: Option<Fault>) {
        let slot = &mut self.slots[index];
        let in_data_mode = slot.in_data_mode;
        let (Some(unit), label) = (&mut slot.unit, slot.label.clone()) else { return };
        let Some(attempt) = unit.attempt.take().filter(|attempt| attempt.announced) else { return };
        if in_data_mode {
            return;
        }
        unit.stumbled |= !matches!(outcome, AttemptOutcome::Passed | AttemptOutcome::Advanced);
        let (attempt, unit) = (attempt.id, unit.id.clone());
        self.stream.tell(Event::AttemptEnded { attempt, unit, slot: label, outcome, fault });
    }
}
