//! One module's stay in a slot.

use events::{
    AttemptOutcome, Delivery, Event, Family, Fault, Hop, Module, Phase, Resolution, StepTitle, Verdict,
};

use crate::text::clean;

/// Steps kept of one attempt.
const STEPS: usize = 256;
/// Phases kept of one stay.
const PHASES: usize = 64;
/// Packages kept of one route.
const HOPS: usize = 32;

/// What is known of the module in a slot, and of what is done to it.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) id: Option<String>,
    pub(crate) module: Option<Module>,
    pub(crate) began_ms: Option<u64>,
    pub(crate) target: Option<String>,
    pub(crate) route: Vec<Hop>,
    pub(crate) attempt: Option<Attempt>,
    /// Faults of attempts that ended, by the number of the attempt; the last few.
    pub(crate) faults: Vec<(u32, Fault)>,
    pub(crate) phase: Option<PhaseNow>,
    /// Phases that are over, in order.
    pub(crate) phases: Vec<PhaseDone>,
    pub(crate) past_no_return: bool,
    /// Phase, done and total of the last progress; a total of 0 means not known.
    pub(crate) progress: Option<(Phase, u64, u64)>,
    pub(crate) away_since_ms: Option<u64>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) resolution: Option<Resolution>,
}

/// One try of one package.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) hop: Hop,
    pub(crate) delivery: Delivery,
    pub(crate) steps: Vec<Step>,
    /// The step that is under way.
    pub(crate) at: Option<usize>,
    pub(crate) outcome: Option<AttemptOutcome>,
}

/// An announced step.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) phase: Phase,
    pub(crate) title: String,
    pub(crate) began_ms: Option<u64>,
    pub(crate) ended_ms: Option<u64>,
}

/// The phase that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseNow {
    pub(crate) phase: Phase,
    pub(crate) since_ms: u64,
}

/// A phase that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseDone {
    pub(crate) phase: Phase,
    pub(crate) duration_ms: u64,
}

/// A unit's verdict as it stands.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) fault: Option<Fault>,
    pub(crate) revision: Option<String>,
    pub(crate) duration_ms: u64,
    /// It is a later resolution of this verdict.
    pub(crate) first: Option<Verdict>,
}

impl Unit {
    /// Its family, once it is identified.
    pub(crate) fn family(&self) -> Option<Family> {
        self.module.as_ref().map(|module| module.family)
    }

    /// The fault that matters: of its verdict, else of its last attempt that failed.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        let of_verdict = self.outcome.as_ref().map(|outcome| outcome.fault.as_ref());
        of_verdict.unwrap_or_else(|| self.faults.last().map(|(_, fault)| fault))
    }

    /// Packages of the route that are done with.
    pub(crate) fn hops_done(&self) -> usize {
        let Some(attempt) = &self.attempt else { return 0 };
        let place = self.route.iter().position(|hop| hop == &attempt.hop).unwrap_or(0);
        let over = matches!(attempt.outcome, Some(AttemptOutcome::Passed | AttemptOutcome::Advanced));
        place + usize::from(over)
    }

    /// Takes an event of this stay, of `run_ms`.
    pub(crate) fn apply(&mut self, event: &Event, run_ms: u64) {
        if let Event::Routed { target, route, .. } = event {
            self.target = Some(clean(target));
            self.route = route.iter().take(HOPS).map(shown_hop).collect();
        } else if let Event::AttemptStarted { .. } = event {
            self.attempt_started(event);
        } else if let Event::Step { index, .. } = event {
            if let Some(attempt) = &mut self.attempt {
                attempt.step(*index, run_ms);
            }
        } else if let Event::AttemptEnded { .. } | Event::UnitEnded { .. } = event {
            self.ended(event, run_ms);
        } else if let Event::Progress { phase, done, total, .. } = event {
            self.progress = Some((*phase, *done, *total));
        } else if let Event::PortLost { .. } = event {
            self.away_since_ms = Some(run_ms);
        } else if let Event::PortBack { .. } = event {
            self.away_since_ms = None;
        } else if let Event::Resolved { resolution, .. } = event {
            self.past_no_return = false;
            self.resolution = Some(*resolution);
        } else {
            self.phase(event, run_ms);
        }
    }

    fn phase(&mut self, event: &Event, run_ms: u64) {
        if let Event::PhaseStarted { phase, past_no_return, .. } = event {
            self.phase = Some(PhaseNow { phase: *phase, since_ms: run_ms });
            self.past_no_return = *past_no_return;
            self.progress = self.progress.filter(|(of, _, _)| of == phase);
        } else if let Event::PhaseEnded { phase, duration_ms, .. } = event {
            if self.phases.len() == PHASES {
                self.phases.remove(0);
            }
            self.phases.push(PhaseDone { phase: *phase, duration_ms: *duration_ms });
            if self.phase.is_some_and(|now| now.phase == *phase) {
                self.phase = None;
            }
        }
    }

    fn attempt_started(&mut self, event: &Event) {
        let Event::AttemptStarted { attempt, number, hop, delivery, steps, .. } = event else { return };
        let step = |step: &StepTitle| Step {
            phase: step.phase,
            title: clean(&step.title),
            began_ms: None,
            ended_ms: None,
        };
        self.attempt = Some(Attempt {
            id: attempt.clone(),
            number: *number,
            hop: shown_hop(hop),
            delivery: *delivery,
            steps: steps.iter().take(STEPS).map(step).collect(),
            at: None,
            outcome: None,
        });
        self.phases.clear();
        self.progress = None;
    }

    fn ended(&mut self, event: &Event, run_ms: u64) {
        self.phase = None;
        self.progress = None;
        if let Event::AttemptEnded { attempt, outcome, fault, .. } = event
            && let Some(own) = self.attempt.as_mut().filter(|own| own.id == *attempt)
        {
            own.outcome = Some(*outcome);
            own.leave(run_ms);
            if let Some(fault) = fault {
                let over = self.faults.len().saturating_sub(7);
                self.faults.drain(..over);
                self.faults.push((own.number, shown_fault(fault)));
            }
        }
        let Event::UnitEnded { verdict, fault, revision, duration_ms, .. } = event else { return };
        let first = self.outcome.as_ref().map(|before| before.first.unwrap_or(before.verdict));
        self.past_no_return = *verdict == Verdict::Unknown && self.past_no_return;
        self.away_since_ms = None;
        self.outcome = Some(Outcome {
            verdict: *verdict,
            fault: fault.as_ref().map(shown_fault),
            revision: revision.as_deref().map(clean),
            duration_ms: *duration_ms,
            first,
        });
    }
}

impl Attempt {
    /// The step at `index` begins; the one before it is over.
    fn step(&mut self, index: usize, run_ms: u64) {
        self.leave(run_ms);
        if let Some(step) = self.steps.get_mut(index) {
            step.began_ms = Some(run_ms);
            step.ended_ms = None;
            self.at = Some(index);
        }
    }

    fn leave(&mut self, run_ms: u64) {
        if let Some(step) = self.at.take().and_then(|at| self.steps.get_mut(at)) {
            step.ended_ms = Some(run_ms);
        }
    }
}

fn shown_hop(hop: &Hop) -> Hop {
    Hop { from: clean(&hop.from), to: clean(&hop.to), sha256: clean(&hop.sha256), size: hop.size }
}

fn shown_fault(fault: &Fault) -> Fault {
    Fault { code: fault.code, message: clean(&fault.message) }
}

/// `module` with texts that can be shown.
pub(crate) fn shown_module(module: &Module) -> Module {
    Module {
        family: module.family,
        model: clean(&module.model),
        imei: module.imei.clone(),
        revision: clean(&module.revision),
        full_revision: module.full_revision.as_deref().map(clean),
    }
}
