//! A plan from its first step to its conclusion.

use at::{Final, Frame};
use events::{Checkpoint, Fault, Level, Phase, Resolution, What};

use crate::cx::{Cx, Halt, Happening};
use crate::exchange::{Plain, Watch, ask, poll};
use crate::follow::{Follow, follow};
use crate::identity::{Identify, Identity};
use crate::machine::{Conclusion, Emission, End, Facts};
use crate::plan::{Action, FollowUp, Plan, Step, Trigger};
use crate::settle::{Found, identify};
use crate::upload::{drain, upload};

/// A plan under way.
struct Run {
    cx: Cx,
    facts: Facts,
    identity: Option<Identity>,
}

/// Runs `plan` to its conclusion.
pub(crate) async fn run(cx: Cx, plan: Plan) -> Conclusion {
    let mut run = Run { cx, facts: Facts::new(), identity: None };
    let end = run.steps(&plan.steps).await;
    let safe = !matches!(end, End::Unresolved(_));
    if safe {
        run.resolved(&end);
        run.clean(plan.steps.len(), &plan.cleanup).await;
    }
    Conclusion { end, facts: run.facts, identity: run.identity }
}

impl Run {
    async fn steps(&mut self, steps: &[Step]) -> End {
        let last = steps.iter().find_map(|step| match &step.action {
            Action::FollowUp(last) => Some(&**last),
            Action::Ask(_)
            | Action::Poll(_)
            | Action::Upload(_)
            | Action::Checkpoint
            | Action::Trigger(_)
            | Action::Identify(_) => None,
        });
        for (index, step) in steps.iter().enumerate() {
            self.cx.emit(Emission::Step(index));
            if let Action::FollowUp(plan) = &step.action {
                self.cx.set_past_no_return(true);
                let followed = Follow::new(&self.cx, plan);
                return self.follow(followed).await;
            }
            self.cx.enter(step.phase);
            if let (Action::Trigger(trigger), Some(plan)) = (&step.action, last) {
                self.cx.emit(Emission::Step(index + 1));
                return self.trigger(trigger, plan).await;
            }
            if let Err(halt) = self.step(&step.action).await {
                drain(&self.cx).await;
                return self.halted(halt, last).await;
            }
        }
        End::Completed
    }

    async fn step(&mut self, action: &Action) -> Result<(), Halt> {
        match action {
            Action::Ask(step) => ask(&self.cx, step, &mut self.facts).await,
            Action::Poll(step) => poll(&self.cx, step).await,
            Action::Upload(step) => upload(&self.cx, step).await,
            Action::Checkpoint => self.checkpoint().await,
            Action::Identify(how) => self.identify(how).await,
            Action::Trigger(_) | Action::FollowUp(_) => Ok(()),
        }
    }

    async fn checkpoint(&mut self) -> Result<(), Halt> {
        self.cx.record(Checkpoint::Trigger).await.map_err(|error| self.cx.halt(What::Record, error))?;
        self.cx.set_past_no_return(true);
        Ok(())
    }

    async fn identify(&mut self, how: &Identify) -> Result<(), Halt> {
        match identify(&self.cx, how, &mut Plain).await? {
            Found::Settled(identity) => self.identity = Some(identity),
            Found::Unsettled(identity) => {
                let message = format!("the last answer was `{}`", identity.revision);
                self.identity = Some(identity);
                return Err(self.cx.halt(What::Revision, message));
            }
            Found::Silent => return Err(self.cx.halt(What::Silent, "no answer to AT")),
        }
        Ok(())
    }

    /// Sends the trigger, its checkpoint being on disk, and follows up.
    async fn trigger(&mut self, trigger: &Trigger, plan: &FollowUp) -> End {
        if !self.cx.port_up() {
            // While the checkpoint was being written; who comes back there may be another module.
            return self.not_started(self.cx.fault(What::Lost, "the port vanished before the trigger"));
        }
        let mut followed = Follow::new(&self.cx, plan);
        self.cx.send(&trigger.command);
        let at_ms = self.cx.now_ms() + trigger.timeout_ms;
        loop {
            let happening = self.cx.next(at_ms, "the answer to the trigger").await;
            // A lost port is no error here: the module may already be on its way.
            let lost = followed.see(&self.cx, &happening).is_err();
            if let Happening::Frame(Frame::Final(Final::Error(detail))) = &happening {
                let detail = detail.as_deref().unwrap_or("ERROR");
                let message = format!("{} was answered: {detail}", trigger.command);
                return self.not_started(Fault::new(Phase::Trigger, What::Rejected, message));
            }
            if lost || matches!(happening, Happening::Timeout | Happening::Frame(Frame::Final(Final::Ok))) {
                break;
            }
        }
        if self.cx.phase() == Phase::Trigger {
            self.cx.enter(plan.begins);
        }
        self.follow(followed).await
    }

    fn not_started(&self, fault: Fault) -> End {
        self.cx.set_past_no_return(false);
        End::Failed { fault, resolution: Some(Resolution::NotStarted) }
    }

    async fn follow(&mut self, followed: Follow<'_>) -> End {
        let (end, identity) = follow(&self.cx, followed).await;
        self.identity = identity;
        if !matches!(end, End::Unresolved(_)) {
            self.cx.set_past_no_return(false);
        }
        end
    }

    /// A step did not come to its end. Past the checkpoint that is followed to a resolution all the same.
    async fn halted(&mut self, halt: Halt, last: Option<&FollowUp>) -> End {
        if let (true, Some(plan)) = (self.cx.past_no_return(), last) {
            let mut followed = Follow::new(&self.cx, plan);
            match halt {
                Halt::Refused(fault) => return self.not_started(fault),
                Halt::Fault(fault) => {
                    let reported = fault.code.what == What::Checksum;
                    followed.suspect(fault, reported);
                }
                Halt::Lost => followed.suspect(self.cx.fault(What::Lost, "the port vanished"), false),
                Halt::Cancelled => {}
            }
            return self.follow(followed).await;
        }
        match halt {
            Halt::Fault(fault) | Halt::Refused(fault) => End::Failed { fault, resolution: None },
            Halt::Lost => {
                End::Failed { fault: self.cx.fault(What::Lost, "the port vanished"), resolution: None }
            }
            Halt::Cancelled => End::Cancelled,
        }
    }

    fn resolved(&self, end: &End) {
        let resolution = match end {
            End::Reached => Some(Resolution::Target),
            End::Failed { resolution, .. } => *resolution,
            End::Completed | End::Cancelled | End::Unresolved(_) => None,
        };
        if let Some(resolution) = resolution {
            self.cx.emit(Emission::Resolved(resolution));
        }
    }

    /// Puts everything back. What fails is noted and changes no outcome.
    async fn clean(&mut self, first: usize, steps: &[Step]) {
        self.cx.begin_cleaning();
        for (index, step) in steps.iter().enumerate() {
            if !self.cx.port_up() {
                self.cx.note(Level::Warning, "the port is away: nothing could be put back");
                return;
            }
            self.cx.emit(Emission::Step(first + index));
            self.cx.enter(step.phase);
            if let Err(Halt::Fault(fault)) = self.step(&step.action).await {
                self.cx.note(Level::Warning, format!("{fault}"));
            }
        }
    }
}
