//! Who is who: which family and model a unit is, which step an attempt takes. Later events say it by UUID or by slot.

use std::collections::BTreeSet;

use events::{Event, Family, Fault, Verdict};

use crate::kept::Kept;
use crate::label::{Bounded, OTHER, UNIDENTIFIED};

/// The most different models; there are some dozens in the vendors' notes.
const MODELS: usize = 64;
/// The most different revisions.
const REVISIONS: usize = 128;
/// The most different steps from one revision of a model to another.
const STEPS: usize = 256;

/// What is known of a unit.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) family: Option<Family>,
    /// Its model as a label.
    pub(crate) model: Option<String>,
    /// What its last attempt failed with: the unit's verdict says it again.
    pub(crate) last_fault: Option<Fault>,
    pub(crate) verdict: Option<Verdict>,
    /// The run in which it was given.
    pub(crate) run: u64,
}

/// A package for a model, as labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) model: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// What is known of an attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) step: Step,
    /// Its outcome is among the counters.
    pub(crate) counted: bool,
}

/// The units and attempts of the recent past.
#[derive(Debug)]
pub(crate) struct Roster {
    models: Bounded,
    revisions: Bounded,
    steps: BTreeSet<Step>,
    units: Kept<Unit>,
    attempts: Kept<Attempt>,
    /// The unit that was in a slot last.
    in_slot: Kept<String>,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            models: Bounded::new(MODELS),
            revisions: Bounded::new(REVISIONS),
            steps: BTreeSet::new(),
            units: Kept::default(),
            attempts: Kept::default(),
            in_slot: Kept::default(),
        }
    }
}

impl Roster {
    /// Takes what the event says of who is who.
    pub(crate) fn apply(&mut self, event: &Event) {
        if let Event::UnitStarted { unit, slot, module } = event {
            let model = module.as_ref().map(|module| self.models.value(&module.model));
            let family = module.as_ref().map(|module| module.family);
            self.meet(unit, slot, family, model);
        } else if let Event::AttemptStarted { attempt, unit, hop, .. } = event {
            let step = self.step_of(unit, &hop.from, &hop.to);
            self.try_out(attempt, step);
        } else if let Event::Checkpointed { attempt, unit, slot, family, model, from, to, .. } = event {
            let model = self.models.value(model);
            self.meet(unit, slot, Some(*family), Some(model.clone()));
            let step = self.step(Some(model), from, to);
            self.try_out(attempt, step);
        }
    }

    /// A model as a label.
    pub(crate) fn model(&mut self, model: &str) -> String {
        self.models.value(model)
    }

    /// A step as labels, for the unit's model.
    pub(crate) fn step_of(&mut self, unit: &str, from: &str, to: &str) -> Step {
        let model = self.units.get(unit).and_then(|unit| unit.model.clone());
        self.step(model, from, to)
    }

    pub(crate) fn unit(&mut self, id: &str) -> &mut Unit {
        self.units.entry(id)
    }

    pub(crate) fn attempt(&mut self, id: &str) -> Option<&mut Attempt> {
        self.attempts.get_mut(id)
    }

    /// The attempt of which no event told the beginning.
    pub(crate) fn unheard_of(&mut self, attempt: &str, unit: &str) {
        let step = self.step_of(unit, UNIDENTIFIED, UNIDENTIFIED);
        self.try_out(attempt, step);
    }

    /// The family of a unit, or else of what was in the slot last, as a label.
    pub(crate) fn family(&self, unit: Option<&str>, slot: &str) -> &'static str {
        let unit = unit.or_else(|| self.in_slot.get(slot).map(String::as_str));
        let family = unit.and_then(|unit| self.units.get(unit)).and_then(|unit| unit.family);
        family.map_or(UNIDENTIFIED, Family::name)
    }

    fn meet(&mut self, id: &str, slot: &str, family: Option<Family>, model: Option<String>) {
        let unit = self.units.entry(id);
        unit.family = family.or(unit.family);
        unit.model = model.or(unit.model.take());
        id.clone_into(self.in_slot.entry(slot));
    }

    fn try_out(&mut self, id: &str, step: Step) {
        if self.attempts.get_mut(id).is_none() {
            self.attempts.insert(id, Attempt { step, counted: false });
        }
    }

    fn step(&mut self, model: Option<String>, from: &str, to: &str) -> Step {
        let model = model.unwrap_or_else(|| UNIDENTIFIED.to_owned());
        let step = Step { model, from: self.revisions.value(from), to: self.revisions.value(to) };
        if self.steps.contains(&step) {
            return step;
        }
        if self.steps.len() == STEPS {
            let other = || OTHER.to_owned();
            return Step { model: other(), from: other(), to: other() };
        }
        self.steps.insert(step.clone());
        step
    }
}
