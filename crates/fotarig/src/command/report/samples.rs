//! A run whose modules say what they should not.

use events::{
    AttemptOutcome, Checkpoint, Delivery, Direction, Event, Family, Fault, Hop, Imei, Module, Phase,
    Resolution, Stamped, Target, Verdict, What,
};

/// Escape sequences, a C1 control, writing turned around, markup, JSON and CSV marks.
pub(crate) const NASTY: &str =
    "\u{1b}[2J\u{9b}31m\u{202e}\u{7f}</pre><script>alert(1)</script>&\"',;\r\n=cmd|'/C calc'!A0\u{fffe}]]>";

pub(crate) fn imei(number: u32) -> Imei {
    (0..10)
        .find_map(|check| Imei::parse(&format!("{:014}{check}", 49_015_420_323_700_u64 + u64::from(number))))
        .unwrap()
}

fn module(number: u32, model: &str, revision: &str) -> Module {
    let (model, revision) = (model.to_owned(), revision.to_owned());
    Module { family: Family::Bg96, model, imei: imei(number), revision, full_revision: None }
}

/// Gives each event its place.
pub(crate) fn run_of(events: Vec<Event>) -> Vec<Stamped> {
    let stamp = |(place, event): (u64, Event)| {
        let seq = place + 1;
        Stamped { seq, unix_ms: 1_795_000_000_000 + seq * 1000, run_ms: seq * 1000, event }
    };
    (0_u64..).zip(events).map(stamp).collect()
}

pub(crate) fn started() -> Event {
    Event::RunStarted {
        run: "r".into(),
        batch: "b<b>".into(),
        rack: "rack".into(),
        lot: Some(NASTY.into()),
        operator: None,
        targets: vec![Target { model: "BG96".into(), revision: "A09".into() }],
        slots: vec!["A1".into()],
        version: "0.1.0".into(),
    }
}

pub(crate) fn ended() -> Event {
    Event::RunEnded { run: "r".into(), stopped: None }
}

pub(crate) fn unit_ended(unit: &str, slot: &str, verdict: Verdict) -> Event {
    let fault = (!verdict.good()).then(|| Fault::new(Phase::Verify, What::Rev, NASTY));
    let (unit, slot) = (unit.to_owned(), slot.to_owned());
    let (revision, first_pass) = (Some("A09,\"x\"".into()), verdict == Verdict::Passed);
    Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms: 185_000, first_pass }
}

/// A unit with an attempt, from the first word to the verdict.
pub(crate) fn unit(number: u32, slot: &str, text: &str, verdict: Verdict) -> Vec<Event> {
    let unit = format!("u{number}");
    let module = module(number, text, text);
    let mut events = vec![
        said(slot, None, &format!("before {number}")),
        Event::UnitStarted { unit: unit.clone(), slot: slot.to_owned(), module: Some(module.clone()) },
    ];
    events.extend(attempt(&unit, slot, module));
    events.push(unit_ended(&unit, slot, verdict));
    events
}

fn said(slot: &str, attempt: Option<&String>, text: &str) -> Event {
    let (slot, attempt, text) = (slot.to_owned(), attempt.cloned(), text.to_owned());
    Event::Transcript { slot, attempt, direction: Direction::Received, text }
}

fn phase_ended(unit: &str, attempt: &str, slot: &str, phase: Phase, duration_ms: u64) -> Event {
    let (unit, attempt) = (Some(unit.to_owned()), Some(attempt.to_owned()));
    Event::PhaseEnded { slot: slot.to_owned(), unit, attempt, phase, duration_ms }
}

fn attempt(unit: &str, slot: &str, module: Module) -> Vec<Event> {
    let (attempt, from, to) = (format!("a{unit}"), module.revision.clone(), "A09".to_owned());
    let (unit, slot) = (unit.to_owned(), slot.to_owned());
    let hop = Hop { from: from.clone(), to: to.clone(), sha256: "ab".repeat(32), size: 1 };
    vec![
        Event::AttemptStarted {
            attempt: attempt.clone(),
            unit: unit.clone(),
            slot: slot.clone(),
            number: 1,
            hop,
            delivery: Delivery::Http,
            steps: Vec::new(),
        },
        Event::Checkpointed {
            slot: slot.clone(),
            unit: unit.clone(),
            attempt: attempt.clone(),
            family: Family::Bg96,
            model: module.model,
            imei: module.imei.clone(),
            from: from.clone(),
            to: to.clone(),
            target: to,
            delivery: Delivery::Http,
            checkpoint: Checkpoint::Trigger,
        },
        said(&slot, Some(&attempt), &from),
        phase_ended(&unit, &attempt, &slot, Phase::Update, 60_000),
        phase_ended(&unit, &attempt, &slot, Phase::Verify, u64::MAX),
        Event::Resolved {
            attempt: attempt.clone(),
            unit: unit.clone(),
            slot: slot.clone(),
            imei: module.imei,
            resolution: Resolution::Target,
        },
        Event::AttemptEnded { attempt, unit, slot, outcome: AttemptOutcome::Passed, fault: None },
    ]
}
