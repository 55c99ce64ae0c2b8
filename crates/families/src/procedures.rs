//! What every family offers, and the list of the families.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Delivery, Family, Phase};
use procedure::{Action, FollowUp, Identify, Plan, Recognise, Step};

use crate::ag35::Ag35;
use crate::bg96::Bg96;
use crate::job::{Deadlines, Job, Settings, Unfit};
use crate::sim7000::Sim7000;
use crate::sim7028::Sim7028;
use crate::sim7080::Sim7080;

/// The procedures of one family.
pub trait Procedures: Sync {
    /// Which.
    fn family(&self) -> Family;

    /// Its models, and how each tells its revision.
    fn recognise(&self) -> Recognise;

    /// The ways of delivery it can do, in the order of the matrix in `families.md`.
    fn deliveries(&self) -> &'static [Delivery];

    /// Its deadlines, unless the rack's file says otherwise.
    fn deadlines(&self) -> Deadlines;

    /// What is asked before a plan is built. Any answer will do; the lines are kept.
    fn survey(&self, command_ms: u64, delivery: Delivery) -> Plan;

    /// The whole procedure for `job`, or why this delivery cannot work for it.
    fn plan(&self, job: &Job) -> Result<Plan, Unfit>;

    /// Follows a triggered module to its resolution.
    fn follow_up(&self, job: &Job) -> FollowUp;
}

/// Every family that is built in.
pub static ALL: [&dyn Procedures; 5] = [&Sim7028, &Sim7000, &Sim7080, &Ag35, &Bg96];

/// The procedures of `family`; `None` where they are not built in.
pub fn of(family: Family) -> Option<&'static dyn Procedures> {
    ALL.into_iter().find(|procedures| procedures.family() == family)
}

/// The settings of `family` where the rack's file says nothing.
pub fn default_settings(family: Family) -> Settings {
    let deadlines = of(family).map_or_else(|| Sim7000.deadlines(), Procedures::deadlines);
    Settings { deadlines, channel: 0, serial_rate: SERIAL_RATE, serial_block: SERIAL_BLOCK }
}

/// Bytes a second that are safe at 115200 baud (SIM7028 note, 3.2.2).
const SERIAL_RATE: u32 = 8192;
/// Bytes in one write.
const SERIAL_BLOCK: u32 = 1024;

/// How to ask any module who it is.
pub fn known_models(aliases: BTreeMap<String, String>, command_ms: u64) -> Identify {
    Identify { known: ALL.into_iter().map(Procedures::recognise).collect(), aliases, command_ms }
}

/// A plan that only asks who is there.
pub fn identify_plan(identify: Identify) -> Plan {
    let source = "families.md, Comparing";
    Plan { steps: vec![Step::new(Phase::Identify, source, identify)], ..Plan::default() }
}

/// A plan for a module whose trigger is out already, as after a restart: listen first, then resolve.
pub fn follow_up_plan(procedures: &dyn Procedures, job: &Job) -> Plan {
    let source = "families.md, When is a trigger resolved?";
    Plan { steps: vec![Step::new(Phase::Update, source, procedures.follow_up(job))], ..Plan::default() }
}

/// The step before the trigger, the trigger, and what follows from it.
pub(crate) fn checkpoint(source: &'static str) -> Step {
    Step::new(Phase::Trigger, source, Action::Checkpoint)
}

/// `job`'s identification narrowed to its own family.
pub(crate) fn identify_again(job: &Job, recognise: Recognise) -> Arc<Identify> {
    let known = vec![recognise];
    Arc::new(Identify {
        known,
        aliases: job.identify.aliases.clone(),
        command_ms: job.settings.deadlines.command_ms,
    })
}
