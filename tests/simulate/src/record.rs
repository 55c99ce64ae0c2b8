//! The record in memory: what is durable survives a crash, what waits to be written may be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use control::{OnRecord, Reply};
use events::{Checkpoint, Event, Imei, Stamped, Verdict};

use crate::world::World;

/// How long a write takes, milliseconds.
const WRITE_MS: (u64, u64) = (1, 25);
/// When a write that failed is tried again, milliseconds.
const AGAIN_MS: u64 = 1_000;
/// Why it does.
pub(crate) const DISK_FULL: &str = "the disk is full";

/// What those are told who wait for an event to be on disk.
pub(crate) type Answers = Vec<(Reply, Result<(), String>)>;

/// An event that waits to be written.
struct Waiting {
    event: Arc<Stamped>,
    reply: Option<Reply>,
}

/// The record.
#[derive(Default)]
pub(crate) struct Record {
    /// What is on disk.
    pub(crate) durable: Vec<Arc<Stamped>>,
    waiting: Vec<Waiting>,
    /// When what waits is written.
    pub(crate) write_ms: Option<u64>,
    /// The last write failed.
    failing: bool,
    /// The disk is full until then.
    pub(crate) full_until_ms: u64,
    /// A write takes this long on top until then: milliseconds, and when it ends.
    pub(crate) slow: (u64, u64),
}

impl Record {
    fn push(&mut self, now_ms: u64, event: Arc<Stamped>, reply: Option<Reply>, takes_ms: u64) {
        self.waiting.push(Waiting { event, reply });
        let slow_ms = if now_ms < self.slow.1 { self.slow.0 } else { 0 };
        self.write_ms.get_or_insert(now_ms + takes_ms + slow_ms);
    }

    /// Writes what waits, or fails to. Gives the events that are on disk now, and the answers to those who wait.
    pub(crate) fn write(&mut self, now_ms: u64) -> (Vec<Arc<Stamped>>, Answers) {
        self.write_ms = None;
        let mut answers = Vec::new();
        if now_ms < self.full_until_ms {
            self.write_ms = Some(now_ms + AGAIN_MS);
            self.failing = true;
            // Who waits is told; what nobody waits for is tried again.
            for waiting in std::mem::take(&mut self.waiting) {
                match waiting.reply {
                    Some(reply) => answers.push((reply, Err(DISK_FULL.to_owned()))),
                    None => self.waiting.push(waiting),
                }
            }
            return (Vec::new(), answers);
        }
        self.failing = false;
        let mut written = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            written.push(waiting.event.clone());
            self.durable.push(waiting.event);
            answers.extend(waiting.reply.map(|reply| (reply, Ok(()))));
        }
        (written, answers)
    }

    /// The controller is gone: of what waited, the first `kept` were written.
    pub(crate) fn crash(&mut self, kept: usize) {
        self.write_ms = None;
        let waiting = std::mem::take(&mut self.waiting);
        self.durable.extend(waiting.into_iter().take(kept).map(|waiting| waiting.event));
    }

    /// How many events wait.
    pub(crate) fn waits(&self) -> usize {
        self.waiting.len()
    }

    /// What it tells a run of the batch that every event in it belongs to.
    pub(crate) fn on_record(&self) -> OnRecord {
        OnRecord {
            batch: self.durable.iter().map(|event| (**event).clone()).collect(),
            open_triggers: self.open(
                |checkpoint| *checkpoint == Checkpoint::Trigger,
                |event, attempt| matches!(event, Event::Resolved { attempt: other, .. } if other == attempt),
            ),
            open_data_modes: self
                .open(|checkpoint| matches!(checkpoint, Checkpoint::DataMode { .. }), ends_data_mode),
            runs: self.runs(),
        }
    }

    /// The checkpoints that are `wanted` and that no later event `ends`.
    fn open(&self, wanted: fn(&Checkpoint) -> bool, ends: fn(&Event, &str) -> bool) -> Vec<Stamped> {
        let mut open: Vec<&Arc<Stamped>> = Vec::new();
        for stamped in &self.durable {
            open.retain(|earlier| {
                !attempt_of(&earlier.event).is_some_and(|attempt| ends(&stamped.event, attempt))
            });
            if let Event::Checkpointed { checkpoint, .. } = &stamped.event
                && wanted(checkpoint)
            {
                open.push(stamped);
            }
        }
        open.into_iter().map(|stamped| (**stamped).clone()).collect()
    }

    /// Units that had an attempt and a trigger on record, or ended `passed`, `failed` or `unknown` (`ledger::Reader::runs`).
    fn runs(&self) -> BTreeMap<(Imei, String), u64> {
        let mut imeis = BTreeMap::new();
        let mut targets = BTreeMap::new();
        let (mut tried, mut tells) = (BTreeSet::new(), BTreeSet::new());
        for stamped in &self.durable {
            if let Event::UnitStarted { unit, module: Some(module), .. } = &stamped.event {
                imeis.insert(unit.as_str(), module.imei.clone());
            } else if let Event::Routed { unit, target, .. } = &stamped.event {
                targets.insert(unit.as_str(), target.clone());
            } else if let Event::AttemptStarted { unit, .. } = &stamped.event {
                tried.insert(unit.as_str());
            } else if let Event::Checkpointed { unit, checkpoint: Checkpoint::Trigger, .. }
            | Event::UnitEnded {
                unit,
                verdict: Verdict::Passed | Verdict::Failed | Verdict::Unknown,
                ..
            } = &stamped.event
            {
                tells.insert(unit.as_str());
            }
        }
        let mut runs = BTreeMap::new();
        for unit in tried.intersection(&tells).copied() {
            if let (Some(imei), Some(target)) = (imeis.get(unit), targets.get(unit)) {
                *runs.entry((imei.clone(), target.clone())).or_default() += 1;
            }
        }
        runs
    }
}

fn attempt_of(event: &Event) -> Option<&str> {
    if let Event::Checkpointed { attempt, .. } = event { Some(attempt) } else { None }
}

fn ends_data_mode(event: &Event, of: &str) -> bool {
    if let Event::AttemptEnded { attempt, .. }
    | Event::Checkpointed { attempt, checkpoint: Checkpoint::DataModeOver, .. } = event
    {
        attempt == of
    } else {
        false
    }
}

/// The controller's ledger.
pub(crate) struct Ledger(pub(crate) Arc<World>);

impl Ledger {
    fn keep(&self, event: Arc<Stamped>, reply: Option<Reply>) {
        let now_ms = self.0.now_ms();
        let mut rack = self.0.lock();
        if rack.crashed {
            return;
        }
        rack.told(&event);
        // Nobody asks the record of earlier runs for what was said.
        if !matches!(event.event, Event::Transcript { .. }) {
            let takes_ms = rack.chance.between(WRITE_MS.0, WRITE_MS.1);
            rack.record.push(now_ms, event, reply, takes_ms);
        }
        drop(rack);
        self.0.changed();
    }
}

impl control::Ledger for Ledger {
    fn append(&self, event: Arc<Stamped>) {
        self.keep(event, None);
    }

    fn append_durable(&self, event: Arc<Stamped>, reply: Reply) {
        self.keep(event, Some(reply));
    }

    fn failing(&self) -> Option<String> {
        self.0.lock().record.failing.then(|| DISK_FULL.to_owned())
    }
}
