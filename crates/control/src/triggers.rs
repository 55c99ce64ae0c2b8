//! Triggers: their checkpoints, who is held by one, who is followed up.

use events::{Checkpoint, Event, Fault, Imei, Module, Phase, Resolution, SlotState, Verdict, What};
use tokio::sync::oneshot;

use crate::decide::Decision;
use crate::dispatcher::Controller;
use crate::executor::{Order, Try};
use crate::setup::OpenTrigger;
use crate::slot::{Attempt, Slot, Stage, Unit};

impl Controller {
    /// Once every slot knows what is in it, triggered modules that turned up nowhere are waited for in their slots.
    pub(crate) async fn follow_the_absent(&mut self) {
        if self.slots.iter().any(|slot| matches!(slot.stage, Stage::Identifying)) {
            return;
        }
        for index in 0..self.slots.len() {
            let Stage::Awaiting(open) = &self.slots[index].stage else { continue };
            let open = (**open).clone();
            if self.held.contains_key(&open.imei) && !self.worked_on_elsewhere(index, &open.imei) {
                self.slot_state(index, SlotState::Busy);
                self.follow(index, open).await;
            } else {
                self.summary.empty += 1;
                self.finish(index, SlotState::Empty).await;
            }
        }
    }

    /// Takes up a trigger from before: listen first, then resolve.
    pub(crate) async fn follow(&mut self, index: usize, open: OpenTrigger) {
        let package = events::Package {
            family: open.family,
            model: open.model.clone(),
            from: open.from.clone(),
            to: open.to.clone(),
            size: 0,
            sha256: String::new(),
        };
        let module = Module {
            family: open.family,
            model: open.model,
            imei: open.imei,
            revision: open.from.clone(),
            full_revision: None,
        };
        let what = Try { module: module.clone(), package, delivery: open.delivery };
        let mut unit = Unit::new(Some(module), self.clock.now_ms());
        unit.id = open.unit;
        unit.target = open.target;
        unit.from = open.from;
        unit.reached = open.reached;
        unit.foreign = open.foreign;
        (unit.number, unit.tries) = (1, 1);
        unit.attempt =
            Some(Attempt { id: open.attempt, what: what.clone(), announced: true, resolution: None });
        let slot = &mut self.slots[index];
        slot.unit = Some(unit);
        slot.stage = Stage::Following;
        slot.past_no_return = true;
        self.order(index, Order::FollowUp(Box::new(what))).await;
    }

    /// The IMEI has an unresolved trigger: it is followed up, unless another slot is at it.
    pub(crate) async fn meet_again(&mut self, index: usize, open: OpenTrigger, module: Module) {
        if self.worked_on_elsewhere(index, &module.imei) {
            let fault = Fault::new(Phase::Identify, What::Held, format!("triggered in slot {}", open.slot));
            self.unit(index, Some(module));
            if let Some(unit) = &mut self.slots[index].unit {
                unit.held_elsewhere = true;
            }
            return self.end_unit(index, Verdict::Refused, Some(fault), None).await;
        }
        self.follow(index, open).await;
    }

    /// The trigger of `imei` stays open where it was followed up: where its module was met meanwhile, it is followed up
    /// once more. Unless it may still be where it was: then the other one only bears its IMEI.
    pub(crate) async fn seek(&mut self, followed: usize, imei: &Imei) {
        let followed = &self.slots[followed];
        if !followed.vacated && (followed.there || !followed.setup.usb) {
            return;
        }
        let held_elsewhere = |slot: &Slot| slot.unit.as_ref().is_some_and(|unit| unit.held_elsewhere);
        let met = self
            .slots
            .iter()
            .position(|slot| slot.done() && slot.imei() == Some(imei) && held_elsewhere(slot));
        if let (Some(index), None) = (met, &self.stopping) {
            self.rearm(index).await;
        }
    }

    /// Whether a trigger that was sent in the slot is open, and what comes into it is to be asked once more. One that
    /// comes and goes by itself is not asked for ever.
    pub(crate) fn expects_triggered(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        let triggered = !slot.vacated && self.held.values().any(|open| open.slot == slot.label);
        triggered && slot.stranded.1 <= self.setup.policy.attempts
    }

    /// The other slot in which a module with the same IMEI is, now: worked on, or done and still plugged in, as far as a
    /// port tells. A bridge's does not: its module may have been moved.
    pub(crate) fn twin(&self, index: usize, imei: &Imei) -> Option<usize> {
        (0..self.slots.len()).find(|other| {
            let slot = &self.slots[*other];
            *other != index && slot.imei() == Some(imei) && (!slot.done() || (slot.there && slot.setup.usb))
        })
    }

    /// Two modules with one IMEI: nobody can say which is which, so both are held, the other one as soon as it has no
    /// trigger open.
    pub(crate) async fn hold_twins(&mut self, index: usize, other: usize, module: Module) {
        let twin =
            |slot: &str| Fault::new(Phase::Identify, What::Twin, format!("the same IMEI is in slot {slot}"));
        let (here, there) = (twin(&self.slots[other].label), twin(&self.slots[index].label));
        self.unit(index, Some(module));
        if self.slots[other].done() {
            self.slot_state(other, SlotState::Held { reason: there.to_string() });
        } else if !self.slots[other].past_no_return {
            self.stop_with(other, Verdict::Refused, there).await;
        }
        self.end_unit(index, Verdict::Refused, Some(here), None).await;
    }

    /// Why the module is not tested once more, if it was often enough.
    pub(crate) fn tested_enough(&self, module: &Module, decision: &Decision) -> Option<String> {
        let Decision::Flash { target, .. } = decision else { return None };
        let runs = self.runs.get(&(module.imei.clone(), target.clone())).copied().unwrap_or_default();
        let limit = self.setup.policy.retest_limit.filter(|limit| runs >= *limit)?;
        Some(format!("{runs} runs towards {target}; the batch allows {limit}"))
    }

    pub(crate) fn worked_on_elsewhere(&self, index: usize, imei: &Imei) -> bool {
        self.slots.iter().enumerate().any(|(other, slot)| {
            let module = slot.unit.as_ref().and_then(|unit| unit.module.as_ref());
            other != index && !slot.done() && module.is_some_and(|module| module.imei == *imei)
        })
    }

    pub(crate) fn resolved(&mut self, index: usize, resolution: Resolution) {
        let slot = &mut self.slots[index];
        slot.past_no_return = false;
        let (Some(unit), label) = (&mut slot.unit, slot.label.clone()) else { return };
        let (Some(attempt), Some(module)) = (&mut unit.attempt, &unit.module) else { return };
        attempt.resolution = Some(resolution);
        if resolution == Resolution::Target {
            unit.reached = Some(attempt.what.package.to.clone());
        }
        let imei = module.imei.clone();
        self.held.remove(&imei);
        let (attempt, unit) = (attempt.id.clone(), unit.id.clone());
        self.stream.tell(Event::Resolved { attempt, unit, slot: label, imei, resolution });
    }

    /// Puts a checkpoint on disk; the executor waits for the answer. From a trigger's on, the IMEI is held.
    pub(crate) fn checkpoint(
        &mut self,
        index: usize,
        checkpoint: Checkpoint,
        reply: oneshot::Sender<Result<(), String>>,
    ) {
        let Some(open) = self.open_trigger(index) else {
            // Nobody waits any more when the answer cannot be given.
            let _gone = reply.send(Err("there is no attempt to record it for".to_owned()));
            return;
        };
        match checkpoint {
            Checkpoint::Trigger => {
                self.slots[index].past_no_return = true;
                self.slots[index].vacated = false;
                self.held.insert(open.imei.clone(), open.clone());
            }
            Checkpoint::DataMode { .. } => self.slots[index].in_data_mode = true,
            Checkpoint::DataModeOver => self.slots[index].in_data_mode = false,
        }
        let event = checkpointed(open, checkpoint);
        // An executor that is gone waits for no answer.
        self.stream.tell_durably(event, Box::new(move |result| drop(reply.send(result))));
    }

    pub(crate) fn open_trigger(&self, index: usize) -> Option<OpenTrigger> {
        let slot = &self.slots[index];
        let unit = slot.unit.as_ref()?;
        let attempt = unit.attempt.as_ref()?;
        Some(OpenTrigger {
            unit: unit.id.clone(),
            attempt: attempt.id.clone(),
            slot: slot.label.clone(),
            family: attempt.what.module.family,
            model: attempt.what.module.model.clone(),
            imei: attempt.what.module.imei.clone(),
            from: attempt.what.package.from.clone(),
            to: attempt.what.package.to.clone(),
            target: unit.target.clone(),
            delivery: attempt.what.delivery,
            reached: unit.reached.clone(),
            foreign: unit.foreign,
        })
    }
}

/// A checkpoint of the attempt that `open` describes.
pub(crate) fn checkpointed(open: OpenTrigger, checkpoint: Checkpoint) -> Event {
    let OpenTrigger { unit, attempt, slot, family, model, imei, from, to, target, delivery, .. } = open;
    Event::Checkpointed { slot, unit, attempt, family, model, imei, from, to, target, delivery, checkpoint }
}
