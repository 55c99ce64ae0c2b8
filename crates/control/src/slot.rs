//! What the dispatcher knows of one slot.

use events::{Delivery, Module, Phase};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::executor::{Order, Try};
use crate::setup::OpenTrigger;

/// What a slot is doing.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Its executor is finding out whether something is plugged in, or who it is.
    Identifying,
    /// It is empty, but its module was triggered: it may be away, or in another slot.
    Awaiting(Box<OpenTrigger>),
    /// It waits to be admitted.
    Queued(Box<Try>),
    /// An attempt is under way.
    Attempting,
    /// A trigger from before is being followed up.
    Following,
    /// Nothing more is done with it in this run.
    Done,
}

/// One slot.
pub(crate) struct Slot {
    pub(crate) label: String,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) cancel: CancellationToken,
    pub(crate) stage: Stage,
    pub(crate) unit: Option<Unit>,
    /// The phase under way and when it began.
    pub(crate) phase: Option<(Phase, u64)>,
    /// The phase that was entered last.
    pub(crate) last_phase: Phase,
    /// When something was found to be plugged in.
    pub(crate) seen_ms: u64,
    /// Whether a trigger is out and unresolved.
    pub(crate) past_no_return: bool,
    /// Tries of the identification.
    pub(crate) identified: u32,
}

/// One module's stay in the slot.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) id: String,
    pub(crate) module: Option<Module>,
    pub(crate) target: String,
    pub(crate) started_ms: u64,
    pub(crate) attempt: Option<Attempt>,
    /// Attempts so far, all packages together.
    pub(crate) number: u32,
    /// Attempts so far of the package that is next.
    pub(crate) tries: u32,
    /// The revision from which that package leads.
    pub(crate) from: String,
    /// Which of the batch's deliveries is next.
    pub(crate) delivery: usize,
    /// The revision that the last package led to, if one did.
    pub(crate) reached: Option<String>,
    /// Why deliveries cannot work here.
    pub(crate) unfit: Vec<String>,
    /// Whether an attempt of it did not reach its revision.
    pub(crate) stumbled: bool,
}

/// One try of one package.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) what: Try,
    /// Whether [`events::Event::AttemptStarted`] is out.
    pub(crate) announced: bool,
}

impl Unit {
    pub(crate) fn new(module: Option<Module>, now_ms: u64) -> Self {
        Self {
            id: new_id(),
            module,
            target: String::new(),
            started_ms: now_ms,
            attempt: None,
            number: 0,
            tries: 0,
            from: String::new(),
            delivery: 0,
            reached: None,
            unfit: Vec::new(),
            stumbled: false,
        }
    }

    /// The delivery that is next among `deliveries`; after the last one, the first again.
    pub(crate) fn delivery(&self, deliveries: &[Delivery]) -> Option<Delivery> {
        deliveries.iter().cycle().nth(self.delivery).copied()
    }
}

impl Slot {
    pub(crate) fn new(label: String, orders: mpsc::Sender<Order>, cancel: CancellationToken) -> Self {
        Self {
            label,
            orders,
            cancel,
            stage: Stage::Identifying,
            unit: None,
            phase: None,
            last_phase: Phase::Identify,
            seen_ms: 0,
            past_no_return: false,
            identified: 0,
        }
    }

    pub(crate) fn done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// The id of the attempt under way, once it is announced.
    pub(crate) fn attempt_id(&self) -> Option<String> {
        let attempt = self.unit.as_ref()?.attempt.as_ref()?;
        attempt.announced.then(|| attempt.id.clone())
    }

    pub(crate) fn unit_id(&self) -> Option<String> {
        self.unit.as_ref().map(|unit| unit.id.clone())
    }
}

/// A new key: UUIDv7.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
