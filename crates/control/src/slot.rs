//! What the dispatcher knows of one slot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::{Delivery, Fault, Imei, Module, Phase, Resolution, Traffic, Verdict};
use tokio::sync::mpsc;

use crate::executor::{Order, Tokens, Try};
use crate::policy::{Kind, Suspicion};
use crate::setup::{OpenTrigger, SlotSetup};

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
    /// Nothing more is done with what is in it.
    Done,
}

/// One slot.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
pub(crate) struct Slot {
    pub(crate) label: String,
    pub(crate) setup: SlotSetup,
    pub(crate) orders: mpsc::Sender<(Order, Tokens)>,
    pub(crate) tokens: Tokens,
    pub(crate) traffic: Arc<Counters>,
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
    /// Whether the package host has handed out all of the package.
    pub(crate) fetched: bool,
    /// Tries of the identification.
    pub(crate) identified: u32,
    /// Whether it is known if something was plugged in at the start.
    pub(crate) looked: bool,
    /// Something is plugged in, as far as the bus shows.
    pub(crate) there: bool,
    /// The last generation that the bus has shown.
    pub(crate) generation: u64,
    /// The port path of its hub.
    pub(crate) hub: Option<String>,
    /// What it was last said to wait for.
    pub(crate) waits_for: Option<String>,
    /// How its unit is to end once it has been stopped.
    pub(crate) ending: Option<(Verdict, Fault)>,
    /// A data mode is on record, and its end is not.
    pub(crate) in_data_mode: bool,
    /// Its module may count raw bytes until then: nothing is sent to it.
    pub(crate) silent_until_ms: Option<u64>,
    /// Whether the units that an earlier run left in it have their verdicts.
    pub(crate) buried: bool,
    /// Why nothing is started in it.
    pub(crate) quarantined: Option<String>,
    pub(crate) suspicion: Suspicion,
    /// The IMEI that was scanned from its module's label.
    pub(crate) expected: Option<Imei>,
    /// Another module was seen here since a trigger was sent here: the triggered one is somewhere else.
    pub(crate) vacated: bool,
    /// The module that ended here last without passing, and how often in a row: one that comes and goes by itself must
    /// not be tested for ever.
    pub(crate) stranded: (Option<Imei>, u32),
}

/// Bytes through a slot's port.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counters {
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Traffic {
        Traffic { received: self.received.load(Ordering::Relaxed), sent: self.sent.load(Ordering::Relaxed) }
    }
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
    /// Whether it is another batch's, which left its trigger open.
    pub(crate) foreign: bool,
    /// Whether it was refused because another slot follows up its trigger.
    pub(crate) held_elsewhere: bool,
    /// What it counts as among the canaries, once it was started.
    pub(crate) kind: Option<Kind>,
}

/// One try of one package.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) what: Try,
    /// Whether [`events::Event::AttemptStarted`] is out.
    pub(crate) announced: bool,
    /// What its trigger was resolved to.
    pub(crate) resolution: Option<Resolution>,
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
            foreign: false,
            held_elsewhere: false,
            kind: None,
        }
    }

    /// The delivery that is next among `deliveries`; after the last one, the first again.
    pub(crate) fn delivery(&self, deliveries: &[Delivery]) -> Option<Delivery> {
        deliveries.iter().cycle().nth(self.delivery).copied()
    }

    pub(crate) fn imei(&self) -> Option<&Imei> {
        self.module.as_ref().map(|module| &module.imei)
    }
}

impl Slot {
    pub(crate) fn new(
        setup: SlotSetup,
        orders: mpsc::Sender<(Order, Tokens)>,
        traffic: Arc<Counters>,
    ) -> Self {
        Self {
            label: setup.label.clone(),
            setup,
            orders,
            tokens: Tokens::default(),
            traffic,
            stage: Stage::Identifying,
            unit: None,
            phase: None,
            last_phase: Phase::Identify,
            seen_ms: 0,
            past_no_return: false,
            fetched: false,
            identified: 0,
            looked: false,
            there: false,
            generation: 0,
            hub: None,
            waits_for: None,
            ending: None,
            in_data_mode: false,
            silent_until_ms: None,
            buried: false,
            quarantined: None,
            suspicion: Suspicion::default(),
            vacated: false,
            expected: None,
            stranded: (None, 0),
        }
    }

    pub(crate) fn done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// The module that is, or was last, worked on here.
    pub(crate) fn imei(&self) -> Option<&Imei> {
        self.unit.as_ref().and_then(Unit::imei)
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
