//! How units and runs end: verdicts, stops, what an earlier run left behind.

use events::{AttemptOutcome, Event, Fault, Phase, SlotState, Verdict, What};

use crate::dispatcher::Controller;
use crate::executor::Order;
use crate::setup::Orphan;
use crate::slot::Stage;

impl Controller {
    /// Gives the slot's unit its verdict; the slot is done.
    pub(crate) async fn end_unit(
        &mut self,
        index: usize,
        verdict: Verdict,
        fault: Option<Fault>,
        revision: Option<String>,
    ) {
        self.verdict(index, verdict, fault, revision);
        self.finish(index, SlotState::Done).await;
        let done: usize = self.summary.verdicts.values().sum();
        if self.setup.policy.units.is_some_and(|units| done >= units) && !self.stopping {
            self.stop().await;
        }
    }

    fn verdict(&mut self, index: usize, verdict: Verdict, fault: Option<Fault>, revision: Option<String>) {
        self.end_phase(index);
        let now_ms = self.clock.now_ms();
        let slot = &self.slots[index];
        let Some(unit) = &slot.unit else { return };
        if let (Verdict::Passed, Some(module)) = (verdict, &unit.module) {
            self.passed.insert(module.imei.clone());
        }
        *self.summary.verdicts.entry(verdict).or_default() += 1;
        let duration_ms = now_ms.saturating_sub(unit.started_ms);
        let (unit, slot) = (unit.id.clone(), slot.label.clone());
        self.stream.tell(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms });
    }

    /// Nothing more is done with the slot in this run.
    pub(crate) async fn finish(&mut self, index: usize, state: SlotState) {
        self.slots[index].stage = Stage::Done;
        self.slot_state(index, state);
        self.order(index, Order::Close).await;
    }

    pub(crate) fn interruption(&self, index: usize) -> Fault {
        let phase = self.slots[index].phase.map_or(Phase::Identify, |(phase, _)| phase);
        Fault::new(phase, What::Interrupted, "stopped before the trigger: nothing was flashed")
    }

    /// The slot's work was stopped before a trigger.
    pub(crate) async fn interrupted(&mut self, index: usize) {
        if self.slots[index].unit.is_none() {
            return self.finish(index, SlotState::Done).await;
        }
        let fault = self.interruption(index);
        self.end_unit(index, Verdict::Aborted, Some(fault), None).await;
    }

    /// Starts nothing new; what is past its trigger is seen through.
    pub(crate) async fn stop(&mut self) {
        self.stopping = true;
        self.queue.clear();
        for index in 0..self.slots.len() {
            self.slots[index].cancel.cancel();
            if matches!(self.slots[index].stage, Stage::Queued(_)) {
                Box::pin(self.interrupted(index)).await;
            }
        }
    }

    /// Leaves now. What is past its trigger is recorded as unknown, and followed up by the next run.
    pub(crate) fn detach(&mut self) {
        for index in 0..self.slots.len() {
            if self.slots[index].done() {
                continue;
            }
            let past = self.slots[index].past_no_return;
            let (outcome, verdict, message) = if past {
                self.summary.detached += 1;
                (
                    AttemptOutcome::Unknown,
                    Verdict::Unknown,
                    "detached past the trigger: the next run follows it up",
                )
            } else {
                (AttemptOutcome::Aborted, Verdict::Aborted, "stopped before the trigger: nothing was flashed")
            };
            let phase = self.slots[index].phase.map_or(Phase::Identify, |(phase, _)| phase);
            let fault = Fault::new(phase, What::Interrupted, message);
            self.end_phase(index);
            self.end_attempt(index, outcome, Some(fault.clone()));
            self.verdict(index, verdict, Some(fault), None);
        }
    }

    /// Units of this batch that an earlier run left without a verdict before their trigger: nothing was flashed.
    pub(crate) fn bury_orphans(&mut self, wanted: impl Fn(&Orphan) -> bool) {
        let setup = self.setup.clone();
        for orphan in setup.history.orphans.iter().filter(|orphan| wanted(orphan)) {
            let message = "the controller ended before the trigger: nothing was flashed";
            let fault = Some(Fault::new(Phase::Identify, What::Interrupted, message));
            let (unit, slot) = (orphan.unit.clone(), orphan.slot.clone());
            if let Some(attempt) = orphan.attempt.clone() {
                let (outcome, fault) = (AttemptOutcome::Aborted, fault.clone());
                let (unit, slot) = (unit.clone(), slot.clone());
                self.stream.tell(Event::AttemptEnded { attempt, unit, slot, outcome, fault });
            }
            let (verdict, revision) = (Verdict::Aborted, None);
            self.stream.tell(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms: 0 });
        }
    }
}
