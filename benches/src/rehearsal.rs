//! A whole procedure, played once against a simulated module and then as often as one likes against nobody.

use std::collections::BTreeMap;

use at::Masker;
use families::{Job, Procedures, identify_plan, known_models};
use procedure::{Conclusion, End, Input, Machine, Plan};
use sim::Module;

use crate::cell::{Cell, PACKAGE_BYTES, module, package};
use crate::joined::Joined;

/// Deadline of a command, milliseconds.
const COMMAND_MS: u64 = 5_000;

/// What the machines of a procedure were given, in their order: identification, survey, and the plan itself.
pub type Given = [Vec<(u64, Input)>; 3];

/// A whole procedure: identification, survey, and the plan from its first step to the last of its cleanup.
pub struct Rehearsal {
    /// Which one.
    pub cell: Cell,
    /// How long it takes with a rig that costs nothing, milliseconds of module time.
    pub whole_ms: u64,
    job: Job,
    procedures: &'static dyn Procedures,
    given: Given,
    end: End,
}

fn identification() -> Plan {
    identify_plan(known_models(BTreeMap::new(), COMMAND_MS))
}

impl Rehearsal {
    /// Plays `cell` with its own package.
    pub fn of(cell: Cell) -> Self {
        Self::with(cell, &package(cell.family, PACKAGE_BYTES).1)
    }

    /// Plays `cell` with the package `file` against a module that behaves.
    ///
    /// # Panics
    /// When the family is not built in, or its module is not recognised: then there is nothing to measure.
    pub fn with(cell: Cell, file: &[u8]) -> Self {
        let mut spec = module(cell.family, 0);
        if cell.delivery == events::Delivery::Preloaded {
            spec.preloaded = Some(file.into());
        }
        let procedures = families::of(cell.family);
        let procedures = procedures.unwrap_or_else(|| panic!("{} is not built in", cell.family));
        let mut joined = Joined::new(Module::new(spec), file.to_vec());
        let (found, first) = joined.run(identification());
        let module = found.identity.and_then(|identity| identity.module());
        let module = module.unwrap_or_else(|| panic!("{cell:?}: the module is not recognised"));
        let (surveyed, second) = joined.run(procedures.survey(COMMAND_MS, cell.delivery));
        let job = Job { facts: surveyed.facts, ..cell.job(module, file) };
        let plan = procedures.plan(&job).unwrap_or_else(|unfit| panic!("{cell:?}: {unfit}"));
        let (concluded, third) = joined.run(plan);
        Self {
            cell,
            whole_ms: joined.now_ms,
            job,
            procedures,
            given: [first, second, third],
            end: concluded.end,
        }
    }

    /// Whether the module reached the target, and that was proved.
    pub fn passed(&self) -> bool {
        self.end == End::Reached
    }

    /// Inputs of the three machines, together.
    pub fn inputs(&self) -> usize {
        self.given.iter().map(Vec::len).sum()
    }

    /// What the machines are to be given: they take it for themselves.
    pub fn given(&self) -> Given {
        self.given.clone()
    }

    /// The machines alone: plans are built and run to their conclusions.
    ///
    /// # Panics
    /// When a machine comes to another end than in the rehearsal: then it is not the same work.
    pub fn replay(&self, given: Given) {
        let [first, second, third] = given;
        run(identification(), first);
        run(self.procedures.survey(COMMAND_MS, self.cell.delivery), second);
        let plan = self.procedures.plan(&self.job);
        let concluded = plan.ok().and_then(|plan| run(plan, third));
        assert_eq!(concluded.map(|concluded| concluded.end).as_ref(), Some(&self.end), "{:?}", self.cell);
    }
}

fn run(plan: Plan, given: Vec<(u64, Input)>) -> Option<Conclusion> {
    let mut machine = Machine::new(plan, Masker::default());
    let mut concluded = None;
    for (now_ms, input) in given {
        for output in machine.handle(now_ms, input) {
            if let procedure::Output::Done(conclusion) = output {
                concluded = Some(*conclusion);
            }
        }
    }
    concluded
}
