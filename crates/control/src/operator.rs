//! What people ask for: each action is carried out or refused with the reason, and told with who asked.

use std::sync::Arc;

use events::{Action, Event, Fault, Imei, Level, Resolution, SlotState, Verdict, What};
use tokio::sync::oneshot;

use crate::dispatcher::Controller;
use crate::setup::Policy;
use crate::slot::Stage;

/// An action, who wants it, and where the answer goes.
#[derive(Debug)]
pub struct Wish {
    /// Who: `user@terminal`, `ctl`, `signal`.
    pub by: String,
    /// What.
    pub action: Action,
    /// Told `Ok`, or why it was refused.
    pub reply: Option<oneshot::Sender<Result<(), String>>>,
}

impl Wish {
    /// An action for which nobody waits.
    pub fn new(by: impl Into<String>, action: Action) -> Self {
        Self { by: by.into(), action, reply: None }
    }
}

type Answer = Result<(), String>;

fn refuse(why: impl Into<String>) -> Answer {
    Err(why.into())
}

impl Controller {
    pub(crate) async fn wish(&mut self, wish: Wish) {
        let Wish { by, action, reply } = wish;
        let answer = self.carry_out(&by, &action).await;
        self.stream.tell(Event::Acted { by, action, refused: answer.clone().err() });
        if let Some(reply) = reply {
            // Nobody waits for the answer any more: the event tells it.
            let _gone = reply.send(answer);
        }
    }

    async fn carry_out(&mut self, by: &str, action: &Action) -> Answer {
        match action {
            Action::Pause => self.pause(true),
            Action::Resume => self.pause(false),
            Action::Stop => {
                self.summary.stopped = true;
                self.stop(format!("stopped by {by}")).await;
                Ok(())
            }
            Action::Detach => {
                self.summary.stopped = true;
                self.stopping = Some(format!("detached by {by}"));
                self.left = true;
                self.detach();
                Ok(())
            }
            Action::Retry { slot } => self.retry(self.known(slot)?).await,
            Action::Abort { slot } => self.abort(self.known(slot)?, by).await,
            Action::Quarantine { slot } => {
                let index = self.known(slot)?;
                self.quarantine(index, format!("by {by}")).await
            }
            Action::Release { slot } => self.release(self.known(slot)?),
            Action::ReleaseImei { imei } => self.release_imei(imei),
            Action::Expect { slot, imei } => self.expect_label(self.known(slot)?, imei.clone()).await,
            Action::Start { .. } => refuse("a batch is under way; stop it first"),
        }
    }

    /// Takes over another policy; what was decided by the one before stays.
    pub(crate) fn change_policy(&mut self, policy: Policy) {
        Arc::make_mut(&mut self.setup).policy = policy;
        self.queue_changed = true;
        self.expected = None;
        let text = "the batch's policy was read again and holds from now on".to_owned();
        self.stream.tell(Event::Note { slot: None, level: Level::Info, text });
    }

    fn known(&self, slot: &str) -> Result<usize, String> {
        self.place_of(slot).ok_or_else(|| format!("there is no slot {slot}"))
    }

    fn pause(&mut self, paused: bool) -> Answer {
        if let Some(why) = &self.stopping {
            return refuse(why.clone());
        }
        if self.paused == paused {
            return refuse(if paused { "it is paused already" } else { "it is not paused" });
        }
        self.paused = paused;
        self.queue_changed = true;
        self.stream.tell(Event::Paused { paused });
        Ok(())
    }

    async fn retry(&mut self, index: usize) -> Answer {
        if let Some(why) = &self.stopping {
            return refuse(why.clone());
        }
        if let Some(why) = &self.slots[index].quarantined {
            return refuse(format!("the slot is in quarantine: {why}"));
        }
        if !self.slots[index].done() {
            return refuse("its module is being worked on");
        }
        if self.slots[index].orders.is_closed() {
            return refuse("a defect stopped this slot: it can be used again after the next start");
        }
        self.slots[index].stranded = (None, 0);
        self.rearm(index).await;
        Ok(())
    }

    async fn abort(&mut self, index: usize, by: &str) -> Answer {
        let slot = &self.slots[index];
        if slot.done() {
            return refuse("nothing is under way in it");
        }
        if matches!(slot.stage, Stage::Awaiting(_)) {
            return refuse("its module was triggered by an earlier run: it is waited for");
        }
        if !slot.past_no_return {
            self.give_up(index, Verdict::Aborted, format!("aborted by {by}")).await;
            return Ok(());
        }
        let attempt = slot.unit.as_ref().and_then(|unit| unit.attempt.as_ref());
        let from_our_host = attempt.is_some_and(|attempt| attempt.what.delivery.over_the_air());
        if slot.fetched || !from_our_host || !matches!(slot.stage, Stage::Attempting) {
            return refuse("it is past its trigger: it is seen through to its resolution");
        }
        let fault = Fault::new(slot.last_phase, What::Interrupted, format!("download stopped by {by}"));
        self.slots[index].ending = Some((Verdict::Aborted, fault));
        self.slots[index].tokens.revoke.cancel();
        Ok(())
    }

    /// Stops the slot's unit, which has no trigger open.
    pub(crate) async fn give_up(&mut self, index: usize, verdict: Verdict, why: String) {
        let slot = &self.slots[index];
        let fault = Fault::new(slot.last_phase, What::Interrupted, why);
        self.stop_with(index, verdict, fault).await;
    }

    /// Stops the slot's unit, which has no trigger open, with `fault`.
    pub(crate) async fn stop_with(&mut self, index: usize, verdict: Verdict, fault: Fault) {
        self.slots[index].ending = Some((verdict, fault));
        self.slots[index].tokens.cancel.cancel();
        if matches!(self.slots[index].stage, Stage::Queued(_)) {
            self.queue.retain(|queued| *queued != index);
            self.queue_changed = true;
            Box::pin(self.interrupted(index)).await;
        }
    }

    /// Nothing more is started in the slot; what is past its trigger is seen through.
    pub(crate) async fn quarantine(&mut self, index: usize, why: String) -> Answer {
        let slot = &mut self.slots[index];
        if let Some(why) = &slot.quarantined {
            return refuse(format!("it is in quarantine already: {why}"));
        }
        slot.quarantined = Some(why.clone());
        if slot.done() {
            self.slot_state(index, SlotState::Quarantined { reason: why });
        } else if matches!(slot.stage, Stage::Queued(_)) {
            self.give_up(index, Verdict::Aborted, format!("the slot was put in quarantine {why}")).await;
        }
        Ok(())
    }

    fn release(&mut self, index: usize) -> Answer {
        let slot = &mut self.slots[index];
        if slot.quarantined.take().is_none() {
            return refuse("it is not in quarantine");
        }
        slot.suspicion = crate::policy::Suspicion::default();
        if slot.done() {
            let state = if slot.there || slot.unit.is_some() { SlotState::Done } else { SlotState::Empty };
            self.slot_state(index, state);
        }
        Ok(())
    }

    fn release_imei(&mut self, imei: &Imei) -> Answer {
        let Some(open) = self.held.get(imei).cloned() else {
            return refuse(format!("IMEI {imei} is not held by a trigger"));
        };
        // Its unit has a verdict only when its slot is done with it.
        let at_it = |slot: &&crate::slot::Slot| {
            !slot.done() && (slot.imei() == Some(imei) || slot.label == open.slot)
        };
        if let Some(slot) = self.slots.iter().find(at_it) {
            return refuse(format!("slot {} is still at it", slot.label));
        }
        self.held.remove(imei);
        self.stream.tell(Event::Resolved {
            attempt: open.attempt,
            unit: open.unit,
            slot: open.slot,
            imei: open.imei,
            resolution: Resolution::Released,
        });
        Ok(())
    }

    async fn expect_label(&mut self, index: usize, imei: Imei) -> Answer {
        let slot = &mut self.slots[index];
        slot.expected = Some(imei.clone());
        let Some(found) = slot.imei().cloned().filter(|found| *found != imei) else { return Ok(()) };
        if slot.past_no_return {
            return refuse(format!("IMEI {found} is in it, past its trigger: it is seen through"));
        }
        if slot.done() {
            return refuse(format!("IMEI {found} was in it"));
        }
        let fault = label_fault(&found, &imei);
        self.stop_with(index, Verdict::Refused, fault).await;
        refuse(format!("IMEI {found} is in it: it is not flashed"))
    }
}

/// The module's own IMEI is not that of its label.
pub(crate) fn label_fault(found: &Imei, expected: &Imei) -> Fault {
    let message = format!("the module says {found}, its label {expected}");
    Fault::new(events::Phase::Identify, What::Label, message)
}
