//! Scripted runs: what a controller would tell, event by event.

use events::{
    AttemptOutcome, Checkpoint, Delivery, Event, Family, Fault, FaultCode, Hop, Imei, Module, Phase,
    Resolution, SlotPlace, SlotState, Stamped, Target, Verdict,
};

/// 2026-11-20, in milliseconds.
pub(crate) const START_MS: u64 = 1_795_132_800_000;
pub(crate) const FROM: &str = "BG96MAR02A07M1G";
pub(crate) const TO: &str = "BG96MAR02A09M1G";

/// Events with their numbers, a second of module time apart.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Stamped>,
    pub(crate) units: u64,
    /// Its name; without one it is `line3-rack2`.
    pub(crate) rack: String,
}

/// How an attempt goes.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) outcome: AttemptOutcome,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) fault: Option<FaultCode>,
    pub(crate) resolved: Option<Resolution>,
}

pub(crate) const PASSED: End = End {
    outcome: AttemptOutcome::Passed,
    verdict: Some(Verdict::Passed),
    fault: None,
    resolved: Some(Resolution::Target),
};

pub(crate) const UNKNOWN: End = End {
    outcome: AttemptOutcome::Unknown,
    verdict: Some(Verdict::Unknown),
    fault: Some(FaultCode::new(Phase::Reboot, events::What::Away)),
    resolved: None,
};

pub(crate) const FAILED: End = End {
    outcome: AttemptOutcome::Failed,
    verdict: Some(Verdict::Failed),
    fault: Some(FaultCode::new(Phase::Verify, events::What::Rev)),
    resolved: Some(Resolution::FailedBack),
};

/// A fault as it is told.
pub(crate) fn fault(code: FaultCode) -> Fault {
    Fault { code, message: "told by the module".to_owned() }
}

/// The unit of that number.
pub(crate) fn unit_id(number: u64) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// The attempt of that number.
pub(crate) fn attempt_id(number: u64) -> String {
    format!("00000000-0000-7000-9000-{number:012}")
}

pub(crate) fn model_of(family: Family) -> String {
    family.name().to_ascii_uppercase()
}

impl Story {
    pub(crate) fn tell(&mut self, event: Event) -> &mut Self {
        let seq = self.events.len() as u64 + 1;
        let run_ms = seq * 1_000;
        self.events.push(Stamped { seq, unix_ms: START_MS + run_ms, run_ms, event });
        self
    }

    /// A run of `batch` on slots of these labels.
    pub(crate) fn begun(batch: &str, slots: &[String]) -> Self {
        let mut story = Self::default();
        story.run(batch, slots);
        story
    }

    pub(crate) fn run(&mut self, batch: &str, slots: &[String]) -> &mut Self {
        let targets = Family::ALL
            .map(|family| Target { model: model_of(family), revision: TO.to_owned() })
            .into_iter()
            .collect();
        let run = format!("run-{}", self.events.len());
        self.tell(Event::RunStarted {
            run,
            batch: batch.to_owned(),
            rack: if self.rack.is_empty() { "line3-rack2".to_owned() } else { self.rack.clone() },
            lot: Some("L-2231".to_owned()),
            operator: None,
            targets,
            slots: slots.to_vec(),
            version: "0.1.0".to_owned(),
        });
        self.tell(Event::Expected { units: slots.len() as u64 })
    }

    pub(crate) fn layout(&mut self, slots: &[&str]) -> &mut Self {
        let place =
            |slot: &&str| SlotPlace { slot: (*slot).to_owned(), place: format!("1-{slot}"), hub: None };
        self.tell(Event::Layout { columns: None, places: slots.iter().map(place).collect() })
    }

    pub(crate) fn state(&mut self, slot: &str, state: SlotState) -> &mut Self {
        self.tell(Event::Slot { slot: slot.to_owned(), state })
    }

    /// A module is identified in `slot`; its unit's number.
    pub(crate) fn identified(&mut self, slot: &str, family: Family) -> u64 {
        self.units += 1;
        let number = self.units;
        let module = Module {
            family,
            model: model_of(family),
            imei: Imei::parse("490154203237518").unwrap(),
            revision: FROM.to_owned(),
            full_revision: None,
        };
        let (unit, slot) = (unit_id(number), slot.to_owned());
        self.state(&slot, SlotState::Busy);
        self.tell(Event::UnitStarted { unit: unit.clone(), slot: slot.clone(), module: Some(module) });
        self.tell(Event::Routed { unit, slot, target: TO.to_owned(), route: vec![hop()] });
        number
    }

    pub(crate) fn phase(&mut self, slot: &str, number: u64, phase: Phase, duration_ms: u64) -> &mut Self {
        let (slot, unit) = (slot.to_owned(), Some(unit_id(number)));
        let attempt = Some(attempt_id(number));
        self.tell(Event::PhaseStarted {
            slot: slot.clone(),
            unit: unit.clone(),
            attempt: attempt.clone(),
            phase,
            past_no_return: false,
        });
        self.tell(Event::Progress { slot: slot.clone(), phase, done: 3, total: 4 });
        self.tell(Event::PhaseEnded { slot, unit, attempt, phase, duration_ms })
    }

    pub(crate) fn attempted(&mut self, slot: &str, number: u64) -> &mut Self {
        self.tell(Event::AttemptStarted {
            attempt: attempt_id(number),
            unit: unit_id(number),
            slot: slot.to_owned(),
            number: 1,
            hop: hop(),
            delivery: Delivery::Http,
            steps: Vec::new(),
        })
    }

    pub(crate) fn triggered(&mut self, slot: &str, number: u64, family: Family) -> &mut Self {
        self.tell(Event::Checkpointed {
            slot: slot.to_owned(),
            unit: unit_id(number),
            attempt: attempt_id(number),
            family,
            model: model_of(family),
            imei: Imei::parse("490154203237518").unwrap(),
            from: FROM.to_owned(),
            to: TO.to_owned(),
            target: TO.to_owned(),
            delivery: Delivery::Http,
            checkpoint: Checkpoint::Trigger,
        })
    }

    /// The port leaves and comes back.
    pub(crate) fn replugged(&mut self, slot: &str, away_ms: u64) -> &mut Self {
        self.tell(Event::PortLost { slot: slot.to_owned() });
        self.tell(Event::PortBack { slot: slot.to_owned(), away_ms })
    }

    pub(crate) fn ended(&mut self, slot: &str, number: u64, end: End) -> &mut Self {
        let (attempt, unit, slot) = (attempt_id(number), unit_id(number), slot.to_owned());
        if let Some(resolution) = end.resolved {
            let imei = Imei::parse("490154203237518").unwrap();
            let (attempt, unit, slot) = (attempt.clone(), unit.clone(), slot.clone());
            self.tell(Event::Resolved { attempt, unit, slot, imei, resolution });
        }
        let fault = end.fault.map(fault);
        self.tell(Event::AttemptEnded {
            attempt,
            unit: unit.clone(),
            slot: slot.clone(),
            outcome: end.outcome,
            fault: fault.clone(),
        });
        let Some(verdict) = end.verdict else { return self };
        let first_pass = verdict == Verdict::Passed;
        let (revision, duration_ms) = (None, 60_000);
        self.tell(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms, first_pass })
    }

    /// A module's whole way, from identification to its verdict.
    pub(crate) fn module(&mut self, slot: &str, family: Family, end: End) -> u64 {
        let number = self.identified(slot, family);
        self.phase(slot, number, Phase::Identify, 2_000).phase(slot, number, Phase::Preflight, 700);
        self.attempted(slot, number).phase(slot, number, Phase::Deliver, 95_000);
        self.triggered(slot, number, family).phase(slot, number, Phase::Trigger, 300);
        self.phase(slot, number, Phase::Update, 240_000).replugged(slot, 18_000);
        self.phase(slot, number, Phase::Reboot, 20_000).phase(slot, number, Phase::Verify, 4_000);
        self.tell(Event::Answered { slot: slot.to_owned(), family: Some(family), duration_ms: 40 });
        self.ended(slot, number, end).state(slot, SlotState::Done);
        number
    }
}

pub(crate) fn hop() -> Hop {
    Hop { from: FROM.to_owned(), to: TO.to_owned(), sha256: "0".repeat(64), size: 3_892_224 }
}

/// The labels `A1` to `A<count>`.
pub(crate) fn labels(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("A{number}")).collect()
}
