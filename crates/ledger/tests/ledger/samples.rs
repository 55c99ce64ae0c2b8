//! One of every event, and short ways to make those that the look-ups read.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use events::{
    AttemptOutcome, Checkpoint, Delivery, Direction, Event, Family, Fault, Hop, Imei, Level, Module, Phase,
    Resolution, SlotState, Stamped, StepTitle, Target, Verdict, What,
};
use ledger::Ledger;

/// No wait of these tests is longer; one that is has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const TARGET: &str = "BG96MAR02A09M1G";

/// A ledger in a folder of its own.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("fotarig.sqlite")
    }

    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(&self.path()).unwrap()
    }

    /// A ledger with these events in batch `b`, all on disk.
    pub(crate) fn with(&self, events: Vec<Event>) -> Ledger {
        let ledger = self.open();
        for (place, event) in events.into_iter().enumerate() {
            ledger.append("r", "b", stamped(place as u64 + 1, event));
        }
        ledger.flush(PATIENCE).unwrap();
        ledger
    }
}

pub(crate) fn stamped(seq: u64, event: Event) -> Stamped {
    Stamped { seq, unix_ms: 1_795_000_000_000 + seq, run_ms: seq * 10, event }
}

/// Appends a durable event and waits for its answer.
pub(crate) fn durable(ledger: &Ledger, stamped: Stamped) -> Result<(), String> {
    let (reply, answer) = mpsc::channel();
    ledger.append_durable("r", "b", stamped, move |result| reply.send(result).unwrap());
    answer.recv_timeout(PATIENCE).expect("an answer")
}

/// A connection as a person with sqlite3 has it.
pub(crate) fn by_hand(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

pub(crate) fn imei(number: u8) -> Imei {
    let stem = format!("4901542032375{number}");
    (0..10).find_map(|check| Imei::parse(&format!("{stem}{check}"))).unwrap()
}

pub(crate) fn module(number: u8) -> Module {
    Module {
        family: Family::Bg96,
        model: "BG96".into(),
        imei: imei(number),
        revision: "BG96MAR02A07M1G".into(),
        full_revision: Some("BG96MAR02A07M1G_01.007.01.007".into()),
    }
}

fn hop() -> Hop {
    Hop { from: "BG96MAR02A07M1G".into(), to: TARGET.into(), sha256: "ab".repeat(32), size: 3_892_224 }
}

pub(crate) fn note(text: &str) -> Event {
    Event::Note { slot: None, level: Level::Warning, text: text.into() }
}

pub(crate) fn run_started(batch: &str) -> Event {
    Event::RunStarted {
        run: "r".into(),
        batch: batch.into(),
        rack: "line3-rack2".into(),
        lot: Some("L-2231".into()),
        operator: None,
        targets: vec![Target { model: "BG96".into(), revision: TARGET.into() }],
        slots: vec!["A1".into(), "A2".into()],
        version: "0.1.0".into(),
    }
}

pub(crate) fn unit_started(unit: &str, number: u8) -> Event {
    Event::UnitStarted { unit: unit.into(), slot: "A1".into(), module: Some(module(number)) }
}

pub(crate) fn routed(unit: &str, target: &str) -> Event {
    Event::Routed { unit: unit.into(), slot: "A1".into(), target: target.into(), route: vec![hop()] }
}

pub(crate) fn attempt_started(attempt: &str, unit: &str) -> Event {
    Event::AttemptStarted {
        attempt: attempt.into(),
        unit: unit.into(),
        slot: "A1".into(),
        number: 1,
        hop: hop(),
        delivery: Delivery::Http,
        steps: vec![StepTitle { phase: Phase::Trigger, title: "AT+QFOTADL".into() }],
    }
}

pub(crate) fn checkpointed(attempt: &str, checkpoint: Checkpoint) -> Event {
    Event::Checkpointed {
        slot: "A1".into(),
        unit: "u".into(),
        attempt: attempt.into(),
        family: Family::Bg96,
        model: "BG96".into(),
        imei: imei(1),
        from: "BG96MAR02A07M1G".into(),
        to: TARGET.into(),
        target: TARGET.into(),
        delivery: Delivery::Http,
        checkpoint,
    }
}

pub(crate) fn resolved(attempt: &str) -> Event {
    let resolution = Resolution::QuietBack;
    Event::Resolved {
        attempt: attempt.into(),
        unit: "u".into(),
        slot: "A1".into(),
        imei: imei(1),
        resolution,
    }
}

pub(crate) fn attempt_ended(attempt: &str) -> Event {
    Event::AttemptEnded {
        attempt: attempt.into(),
        unit: "u".into(),
        slot: "A1".into(),
        outcome: AttemptOutcome::Unknown,
        fault: Some(Fault::new(Phase::Verify, What::Rev, "expected A09, found A07")),
    }
}

pub(crate) fn unit_ended(unit: &str, verdict: Verdict) -> Event {
    Event::UnitEnded {
        unit: unit.into(),
        slot: "A1".into(),
        verdict,
        fault: (!verdict.good()).then(|| Fault::new(Phase::Verify, What::Rev, "expected A09, found A07")),
        revision: Some(TARGET.into()),
        first_pass: true,
        duration_ms: 61_000,
    }
}

/// One of every event, and of those with parts that may be missing one with and one without.
pub(crate) fn every_event() -> Vec<Event> {
    let slot = || "A1".to_owned();
    let phase = Phase::Deliver;
    vec![
        run_started("b"),
        Event::Slot { slot: slot(), state: SlotState::Waiting { reason: "hub".into() } },
        unit_started("u", 1),
        Event::UnitStarted { unit: "v".into(), slot: "A2".into(), module: None },
        routed("u", TARGET),
        attempt_started("a", "u"),
        Event::Step { slot: slot(), index: 3 },
        Event::PhaseStarted { slot: slot(), unit: None, attempt: None, phase, past_no_return: false },
        Event::PhaseEnded {
            slot: slot(),
            unit: Some("u".into()),
            attempt: Some("a".into()),
            phase,
            duration_ms: 9,
        },
        Event::Progress { slot: slot(), phase, done: 1, total: 2 },
        Event::Transcript {
            slot: slot(),
            attempt: Some("a".into()),
            direction: Direction::Sent,
            text: "AT+QFOTADL=\"http://…\" 'quoted'; -- DROP".into(),
        },
        Event::PortLost { slot: slot() },
        Event::PortBack { slot: slot(), away_ms: 12_345 },
        checkpointed("a", Checkpoint::DataMode { timeout_ms: 300_000 }),
        checkpointed("a", Checkpoint::DataModeOver),
        checkpointed("a", Checkpoint::Trigger),
        resolved("a"),
        attempt_ended("a"),
        unit_ended("u", Verdict::Failed),
        unit_ended("u", Verdict::Passed),
        Event::PassedEarlier { slot: slot(), module: module(1) },
        note("the clock jumped"),
        Event::RunEnded { run: "r".into(), stopped: Some("policy".into()) },
    ]
}
