//! The public event stream: everything that a reader (ledger, report, dashboard, metrics, log) learns of a run.

use serde::{Deserialize, Serialize};

use crate::{
    Action, AttemptOutcome, Delivery, Family, Fault, Hop, Imei, Module, Phase, Rule, SlotPlace, Target,
    Verdict, Vitals,
};

/// An event with its place in the run's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// Place in the run's total order, from 1 without gaps.
    pub seq: u64,
    /// Wall clock, milliseconds since 1970 (it may jump; order is `seq`'s).
    pub unix_ms: u64,
    /// Monotonic milliseconds since the run began, in module time (the clock factor applied).
    pub run_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a slot is doing, apart from its module's phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SlotState {
    /// No module.
    Empty,
    /// Being worked on.
    Busy,
    /// Ready, but not yet admitted.
    Waiting {
        /// What it waits for.
        reason: String,
    },
    /// Its module's verdict stands.
    Done,
    /// Its module is not touched until a person has looked at it.
    Held {
        /// Why.
        reason: String,
    },
    /// The slot itself is suspected: nothing is started in it until it is released.
    Quarantined {
        /// Why.
        reason: String,
    },
    /// A module is in a port that the rack's file does not name: it is shown and never touched.
    Unlabelled,
}

/// Which way a line of the conversation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the rig to the module.
    Sent,
    /// From the module to the rig.
    Received,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Something does not work.
    Error,
}

/// What has to be on disk before the next byte goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "checkpoint")]
pub enum Checkpoint {
    /// From here on the module counts raw bytes until it has them all or its own time-out has passed.
    DataMode {
        /// That time-out, in milliseconds.
        timeout_ms: u64,
    },
    /// The module counts bytes no more.
    DataModeOver,
    /// From here on the update may start.
    Trigger,
}

/// How a trigger was resolved (`families.md`, "When is a trigger resolved?").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Rule 1: identified again, it runs exactly the target revision.
    Target,
    /// Rule 2: the trigger itself was answered with an error.
    NotStarted,
    /// Rule 3: a terminal failure was reported, and the settled revision is the old one.
    FailedBack,
    /// Rule 4: no sign of life for the quiet time, and the settled revision is the old one.
    QuietBack,
    /// A person released the IMEI.
    Released,
}

/// A step of a plan, announced before the first one runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTitle {
    /// The phase it belongs to.
    pub phase: Phase,
    /// What it does, in a few words or as the command itself, secrets masked.
    pub title: String,
}

/// One thing that happened. `slot` is always the label; `unit` is one module's stay in a slot, `attempt` one try of
/// one package: both UUIDv7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[expect(missing_docs, reason = "the fields are the words of product.md; each variant says what happened")]
pub enum Event {
    /// A run of a batch began.
    RunStarted {
        run: String,
        batch: String,
        rack: String,
        lot: Option<String>,
        operator: Option<String>,
        targets: Vec<Target>,
        slots: Vec<String>,
        version: String,
    },
    /// The places of the rack, in the order in which they are shown.
    Layout {
        /// Cells in a row, where the rack's file says so.
        columns: Option<u16>,
        places: Vec<SlotPlace>,
    },
    /// So many units are to have a verdict at the end of this run: modules that are there and have not passed in an earlier
    /// one, and what that has left. Told again when it changes.
    Expected { units: u64 },
    /// A slot's state changed.
    Slot {
        slot: String,
        #[serde(flatten)]
        state: SlotState,
    },
    /// Something was plugged in: what the bus shows of it, before anybody asked it.
    Plugged {
        slot: String,
        /// Grows each time the slot's port is seen anew.
        generation: u64,
        /// Vendor and product, as `2c7c:0296`; `None` for a fixed tty.
        usb: Option<String>,
        ttys: Vec<String>,
    },
    /// What was plugged in is gone, outside of any attempt.
    Unplugged { slot: String },
    /// A module was found in a slot. `module` is `None` when it could not be identified; its verdict follows then.
    UnitStarted { unit: String, slot: String, module: Option<Module> },
    /// The way to the target.
    Routed { unit: String, slot: String, target: String, route: Vec<Hop> },
    /// One try of one package began.
    AttemptStarted {
        attempt: String,
        unit: String,
        slot: String,
        number: u32,
        hop: Hop,
        delivery: Delivery,
        steps: Vec<StepTitle>,
    },
    /// A step of the announced list began.
    Step { slot: String, index: usize },
    /// A phase began.
    PhaseStarted {
        slot: String,
        unit: Option<String>,
        attempt: Option<String>,
        phase: Phase,
        past_no_return: bool,
    },
    /// A phase ended.
    PhaseEnded { slot: String, unit: Option<String>, attempt: Option<String>, phase: Phase, duration_ms: u64 },
    /// How far the phase is; `total` 0 means not known.
    Progress { slot: String, phase: Phase, done: u64, total: u64 },
    /// A line of the conversation, secrets masked.
    Transcript { slot: String, attempt: Option<String>, direction: Direction, text: String },
    /// A command was answered after so long.
    Answered { slot: String, family: Option<Family>, duration_ms: u64 },
    /// The slot's port left.
    PortLost { slot: String },
    /// The slot's port came back.
    PortBack { slot: String, away_ms: u64 },
    /// A checkpoint is on disk, or is being put there before the next byte goes out.
    Checkpointed {
        slot: String,
        unit: String,
        attempt: String,
        family: Family,
        model: String,
        imei: Imei,
        from: String,
        to: String,
        target: String,
        delivery: Delivery,
        #[serde(flatten)]
        checkpoint: Checkpoint,
    },
    /// A trigger was resolved.
    Resolved { attempt: String, unit: String, slot: String, imei: Imei, resolution: Resolution },
    /// One try of one package ended.
    AttemptEnded {
        attempt: String,
        unit: String,
        slot: String,
        outcome: AttemptOutcome,
        fault: Option<Fault>,
    },
    /// A unit's verdict. A second one for the same unit is a later resolution; the first is never rewritten.
    UnitEnded {
        unit: String,
        slot: String,
        verdict: Verdict,
        fault: Option<Fault>,
        revision: Option<String>,
        duration_ms: u64,
        /// It passed, and no attempt of it failed.
        #[serde(default)]
        first_pass: bool,
    },
    /// The module in the slot passed earlier in this batch: it is left alone.
    PassedEarlier { slot: String, module: Module },
    /// Somebody acted; `refused` says why nothing came of it.
    Acted {
        /// Who: `user@terminal`, `ctl`, `signal`.
        by: String,
        #[serde(flatten)]
        action: Action,
        refused: Option<String>,
    },
    /// Nothing new is started (`true`), or it is again (`false`).
    Paused { paused: bool },
    /// The batch's policy stopped it: nothing new is started, what is past its trigger is seen through.
    Halted { rule: Rule, reason: String },
    /// How the controller itself is, about once a second.
    Vitals(Vitals),
    /// Units that are over and no longer told one by one: the head of a snapshot of a long run.
    Earlier { units: std::collections::BTreeMap<Verdict, u64>, first_pass: u64 },
    /// Something worth telling that is none of the above.
    Note { slot: Option<String>, level: Level, text: String },
    /// The run ended. `stopped` says who or what ended it early.
    RunEnded { run: String, stopped: Option<String> },
}

impl Event {
    /// The name under which it is stored and filtered: the `event` field of its JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::Layout { .. } => "layout",
            Self::Expected { .. } => "expected",
            Self::Slot { .. } => "slot",
            Self::Plugged { .. } => "plugged",
            Self::Unplugged { .. } => "unplugged",
            Self::UnitStarted { .. } => "unit_started",
            Self::Routed { .. } => "routed",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::Step { .. } => "step",
            Self::PhaseStarted { .. } => "phase_started",
            Self::PhaseEnded { .. } => "phase_ended",
            Self::Progress { .. } => "progress",
            Self::Transcript { .. } => "transcript",
            Self::Answered { .. } => "answered",
            Self::PortLost { .. } => "port_lost",
            Self::PortBack { .. } => "port_back",
            Self::Checkpointed { .. } => "checkpointed",
            Self::Resolved { .. } => "resolved",
            Self::AttemptEnded { .. } => "attempt_ended",
            Self::UnitEnded { .. } => "unit_ended",
            Self::PassedEarlier { .. } => "passed_earlier",
            Self::Acted { .. } => "acted",
            Self::Paused { .. } => "paused",
            Self::Halted { .. } => "halted",
            Self::Vitals(_) => "vitals",
            Self::Earlier { .. } => "earlier",
            Self::Note { .. } => "note",
            Self::RunEnded { .. } => "run_ended",
        }
    }

    /// Whether the ledger keeps it. The others are for those who watch.
    pub const fn recorded(&self) -> bool {
        !matches!(
            self,
            Self::Layout { .. }
                | Self::Expected { .. }
                | Self::Progress { .. }
                | Self::Slot { .. }
                | Self::Step { .. }
                | Self::Answered { .. }
                | Self::Vitals(_)
                | Self::Earlier { .. }
        )
    }
}
