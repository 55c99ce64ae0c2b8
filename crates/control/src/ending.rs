//! How units and runs end: verdicts, stops, what an earlier run left behind.

use events::{AttemptOutcome, Event, Fault, Level, Phase, Resolution, SlotState, Verdict, What};

use procedure::End;

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
        let verdict = self.truthful(index, verdict);
        let held = fault.as_ref().filter(|fault| fault.code.what == What::Twin).map(ToString::to_string);
        self.verdict(index, verdict, fault, revision);
        let state = held.map_or(SlotState::Done, |reason| SlotState::Held { reason });
        self.finish(index, state).await;
        self.draw_conclusions(index, verdict).await;
    }

    /// What another batch left past its trigger has come to its end: that batch's record says so. Then the module is this
    /// batch's.
    pub(crate) async fn end_foreign(
        &mut self,
        index: usize,
        end: &End,
        last: bool,
        (fault, revision): (Option<Fault>, Option<String>),
    ) {
        let (verdict, fault) = match end {
            End::Reached if last => (Verdict::Passed, None),
            End::Unresolved(_) => (Verdict::Unknown, fault),
            End::Cancelled => (Verdict::Aborted, fault),
            End::Reached | End::Completed | End::Failed { .. } => {
                (Verdict::Failed, fault.or_else(|| Some(self.interruption(index))))
            }
        };
        self.end_unit(index, verdict, fault, revision).await;
        if verdict != Verdict::Unknown && self.stopping.is_none() && self.slots[index].quarantined.is_none() {
            self.rearm(index).await;
        }
    }

    /// `refused` and `aborted` say that nothing was flashed: a module that was left between two packages has failed to
    /// get there.
    fn truthful(&self, index: usize, verdict: Verdict) -> Verdict {
        let between = self.slots[index].unit.as_ref().is_some_and(|unit| unit.reached.is_some());
        match verdict {
            Verdict::Refused | Verdict::Aborted if between => Verdict::Failed,
            Verdict::Passed
            | Verdict::Already
            | Verdict::Refused
            | Verdict::Failed
            | Verdict::Aborted
            | Verdict::Unknown => verdict,
        }
    }

    /// What the batch's policy says of one more verdict.
    async fn draw_conclusions(&mut self, index: usize, verdict: Verdict) {
        let setup = self.setup.clone();
        let slot = &mut self.slots[index];
        let imei = slot.imei().cloned();
        let suspected = slot.suspicion.finished(&setup.policy, imei.as_ref(), verdict);
        if suspected && slot.quarantined.is_none() {
            // It is done: nothing refuses this.
            let _put = self.quarantine(index, "after failures of different modules".to_owned()).await;
        }
        self.count_stranded(index, verdict).await;
        let kind = self.slots[index].unit.as_ref().and_then(|unit| unit.kind.clone());
        let broken = self.conduct.finished(&setup.policy, kind.as_ref(), verdict);
        if self.stopping.is_some() {
            return;
        }
        let done: usize = self.summary.verdicts.values().sum();
        if let Some((rule, reason)) = broken {
            self.summary.halted = Some(rule);
            self.stream.tell(Event::Halted { rule, reason: reason.clone() });
            self.stop(format!("halted by {}: {reason}", rule.key())).await;
        } else if setup.policy.units.is_some_and(|units| done >= units) {
            self.summary.enough = true;
            self.stop("as many modules as wanted are done".to_owned()).await;
        }
    }

    fn verdict(&mut self, index: usize, verdict: Verdict, fault: Option<Fault>, revision: Option<String>) {
        self.end_phase(index);
        let now_ms = self.clock.now_ms();
        let slot = &self.slots[index];
        let Some(unit) = &slot.unit else { return };
        if let (Verdict::Passed, Some(module), false) = (verdict, &unit.module, unit.foreign) {
            self.passed.insert(module.imei.clone());
        }
        // What another batch passed is no unit of this one; what it left unknown is this run's to tell.
        if !unit.foreign || !verdict.good() {
            self.summary.count_unit(&mut self.unknown, &unit.id, verdict);
        }
        let duration_ms = now_ms.saturating_sub(unit.started_ms);
        let first_pass = verdict == Verdict::Passed && !unit.stumbled;
        let (unit, slot) = (unit.id.clone(), slot.label.clone());
        self.stream.tell(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms, first_pass });
    }

    /// Nothing more is done with the slot in this run.
    pub(crate) async fn finish(&mut self, index: usize, state: SlotState) {
        self.slots[index].stage = Stage::Done;
        self.slots[index].ending = None;
        self.queue_changed = true;
        let state = match &self.slots[index].quarantined {
            Some(reason) => SlotState::Quarantined { reason: reason.clone() },
            None => state,
        };
        self.slot_state(index, state);
        self.order(index, Order::Close).await;
    }

    /// The fault of a unit that was stopped with no trigger open.
    pub(crate) fn interruption(&self, index: usize) -> Fault {
        let slot = &self.slots[index];
        let unit = slot.unit.as_ref();
        let resolution = unit.and_then(|unit| unit.attempt.as_ref()?.resolution);
        let message = match (unit.and_then(|unit| unit.reached.as_ref()), resolution) {
            (Some(revision), _) => format!("stopped between two packages: it runs {revision}"),
            (None, Some(_)) => "stopped after the trigger had been resolved to the old revision".to_owned(),
            (None, None) => "stopped before the trigger: nothing was flashed".to_owned(),
        };
        let message = match &self.stopping {
            Some(why) => format!("{message} ({why})"),
            None => message,
        };
        Fault::new(slot.last_phase, What::Interrupted, message)
    }

    /// The slot's work was stopped with no trigger open.
    pub(crate) async fn interrupted(&mut self, index: usize) {
        let Some(unit) = &self.slots[index].unit else {
            return self.finish(index, SlotState::Done).await;
        };
        let reached = unit.reached.clone();
        let (verdict, fault) = match self.slots[index].ending.take() {
            Some((Verdict::Aborted, fault)) => (stopped_verdict(reached.as_deref()), fault),
            Some(ending) => ending,
            None => (stopped_verdict(reached.as_deref()), self.interruption(index)),
        };
        self.end_unit(index, verdict, Some(fault), reached).await;
    }

    /// A defect has ended the slot's executor.
    pub(crate) async fn panicked(&mut self, index: usize, text: String) {
        let fault = Fault::new(self.slots[index].last_phase, What::Panic, text);
        let past = self.slots[index].past_no_return;
        let (outcome, verdict) = if past {
            (AttemptOutcome::Unknown, Verdict::Unknown)
        } else {
            (AttemptOutcome::Failed, Verdict::Failed)
        };
        let slot = Some(self.slots[index].label.clone());
        self.stream.tell(Event::Note { slot, level: Level::Error, text: fault.to_string() });
        self.end_phase(index);
        self.unit(index, None);
        self.end_attempt(index, outcome, Some(fault.clone()));
        self.end_unit(index, verdict, Some(fault), None).await;
    }

    /// Starts nothing new; what is past its trigger is seen through.
    pub(crate) async fn stop(&mut self, why: String) {
        self.stopping.get_or_insert(why);
        self.queue.clear();
        for index in 0..self.slots.len() {
            self.slots[index].tokens.cancel.cancel();
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
            if self.slots[index].unit.is_none() {
                self.leave_untouched(index);
                continue;
            }
            let slot = &self.slots[index];
            let reached = slot.unit.as_ref().and_then(|unit| unit.reached.clone());
            let (outcome, verdict, fault) = if slot.past_no_return {
                self.summary.detached += 1;
                let message = "detached past the trigger: the next run follows it up";
                let fault = Fault::new(slot.last_phase, What::Interrupted, message);
                (AttemptOutcome::Unknown, Verdict::Unknown, Some(fault))
            } else {
                self.detached(index)
            };
            self.end_phase(index);
            self.end_attempt(index, outcome, fault.clone());
            self.verdict(index, verdict, fault, reached);
        }
    }

    /// How attempt and unit end that are left with no trigger open, whatever is still to be put back.
    fn detached(&self, index: usize) -> (AttemptOutcome, Verdict, Option<Fault>) {
        let unit = self.slots[index].unit.as_ref();
        let reached = unit.and_then(|unit| unit.reached.as_deref());
        let fault = Some(self.interruption(index));
        match unit.and_then(|unit| unit.attempt.as_ref()?.resolution) {
            Some(Resolution::Target) if reached == unit.map(|unit| unit.target.as_str()) => {
                (AttemptOutcome::Passed, Verdict::Passed, None)
            }
            Some(Resolution::Target) => (AttemptOutcome::Advanced, stopped_verdict(reached), fault),
            Some(_) => (AttemptOutcome::Failed, stopped_verdict(reached), fault),
            None => (AttemptOutcome::Aborted, stopped_verdict(reached), fault),
        }
    }

    /// Nothing has been asked in the slot: what an earlier run left in it stays as it is.
    fn leave_untouched(&mut self, index: usize) {
        let label = self.slots[index].label.clone();
        self.bury_silent(index, false);
        let here = self.held.values().filter(|open| open.slot == label);
        let left: Vec<_> =
            here.filter(|open| !self.worked_on_elsewhere(index, &open.imei)).cloned().collect();
        for open in left {
            self.summary.detached += 1;
            *self.summary.verdicts.entry(Verdict::Unknown).or_default() += 1;
            let message = "detached past the trigger: the next run follows it up";
            self.stream.tell(Event::UnitEnded {
                unit: open.unit,
                slot: label.clone(),
                verdict: Verdict::Unknown,
                fault: Some(Fault::new(Phase::Update, What::Interrupted, message)),
                revision: None,
                duration_ms: 0,
                first_pass: false,
            });
        }
    }

    /// Units of this batch that an earlier run left without a verdict and without an open trigger.
    pub(crate) fn bury_orphans(&mut self, wanted: impl Fn(&Orphan) -> bool) {
        let setup = self.setup.clone();
        for orphan in setup.history.orphans.iter().filter(|orphan| wanted(orphan)) {
            self.bury(orphan, true);
        }
    }

    /// Says of `orphan` what is on record, and no more. An attempt that has no end keeps its data mode on record.
    pub(crate) fn bury(&mut self, orphan: &Orphan, end_attempt: bool) {
        let arrived = orphan.reached.is_some() && orphan.reached == orphan.target;
        let fault = (!arrived).then(|| cut_off(orphan));
        let (unit, slot) = (orphan.unit.clone(), orphan.slot.clone());
        if let (Some(open), true) = (&orphan.open, end_attempt) {
            let outcome = match open.resolution {
                Some(Resolution::Target) if arrived => AttemptOutcome::Passed,
                Some(Resolution::Target) => AttemptOutcome::Advanced,
                Some(Resolution::Released) => AttemptOutcome::Unknown,
                Some(_) => AttemptOutcome::Failed,
                None => AttemptOutcome::Aborted,
            };
            let (attempt, fault) = (open.attempt.clone(), fault.clone());
            let (unit, slot) = (unit.clone(), slot.clone());
            self.stream.tell(Event::AttemptEnded { attempt, unit, slot, outcome, fault });
        }
        let released = orphan.open.as_ref().is_some_and(|open| open.resolution == Some(Resolution::Released));
        let verdict = match (arrived, released) {
            (true, _) => Verdict::Passed,
            (false, true) => Verdict::Unknown,
            (false, false) => stopped_verdict(orphan.reached.as_deref()),
        };
        if let (true, Some(imei)) = (arrived, &orphan.imei) {
            self.passed.insert(imei.clone());
        }
        let revision = orphan.reached.clone();
        let first_pass = false;
        self.stream.tell(Event::UnitEnded {
            unit,
            slot,
            verdict,
            fault,
            revision,
            duration_ms: 0,
            first_pass,
        });
    }
}

/// Why the unit that an earlier run left has no better verdict.
fn cut_off(orphan: &Orphan) -> Fault {
    let resolution = orphan.open.as_ref().and_then(|open| open.resolution);
    let message = match (&orphan.reached, resolution) {
        (Some(revision), _) => format!("the controller ended between two packages: it ran {revision}"),
        (None, Some(Resolution::Released)) => {
            "a person released it unresolved: nobody knows what it runs".to_owned()
        }
        (None, Some(_)) => {
            "the controller ended after the trigger had been resolved to the old revision".to_owned()
        }
        (None, None) => "the controller ended before the trigger: nothing was flashed".to_owned(),
    };
    Fault::new(Phase::Identify, What::Interrupted, message)
}

/// `aborted` says that nothing was flashed; a module that was left between two packages has failed to get there.
fn stopped_verdict(reached: Option<&str>) -> Verdict {
    if reached.is_some() { Verdict::Failed } else { Verdict::Aborted }
}
