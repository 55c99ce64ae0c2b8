//! A small script of a run: events with their places and times, in every state that a slot can be in.

use std::collections::BTreeMap;

use dashboard::State;
use events::{
    AttemptOutcome, Checkpoint, Delivery, Direction, Event, Family, Fault, Hop, Imei, Module, Phase,
    Resolution, Rule, SlotPlace, SlotState, Stamped, StepTitle, Target, Verdict, Vitals,
};

/// 14:10:24 on some day.
const BEGAN_UNIX_MS: u64 = 1_795_270_224_000;

/// The events of a run so far.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) events: Vec<Stamped>,
    pub(crate) run_ms: u64,
}

impl Script {
    /// A run on `slots` slots named `A1`, `A2` … in rows of eight, that has begun.
    pub(crate) fn begun(slots: usize) -> Self {
        Self::named((0..slots).map(label).collect())
    }

    /// A run on slots with these labels, that has begun.
    pub(crate) fn named(slots: Vec<String>) -> Self {
        let mut script = Self::default();
        script.tell(Event::RunStarted {
            run: "r1".into(),
            batch: "2026w47-bg96".into(),
            rack: "line3-rack2".into(),
            lot: Some("L-2231".into()),
            operator: Some("B. Vahl".into()),
            targets: vec![Target { model: "BG96".into(), revision: "BG96MAR02A09M1G".into() }],
            slots,
            version: "0.1.0".into(),
        });
        script
    }

    /// The next event, a little later.
    pub(crate) fn tell(&mut self, event: Event) {
        self.run_ms += 10;
        let seq = self.events.last().map_or(1, |last| last.seq + 1);
        let unix_ms = BEGAN_UNIX_MS + self.run_ms;
        self.events.push(Stamped { seq, unix_ms, run_ms: self.run_ms, event });
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        self.run_ms += ms;
        self
    }

    /// The state after all of it, at the time of the last event.
    pub(crate) fn state(&self) -> State {
        let mut state = State::default();
        self.events.iter().for_each(|event| state.apply(event));
        state
    }

    /// Places of the slots on hubs of `of_a_hub`.
    pub(crate) fn hubs(&mut self, slots: usize, of_a_hub: usize) {
        let place = |number: usize| SlotPlace {
            slot: label(number),
            place: format!("1-1.{}.{}", number / of_a_hub + 1, number % of_a_hub + 1),
            hub: Some(format!("1-1.{}", number / of_a_hub + 1)),
        };
        self.tell(Event::Layout { columns: None, places: (0..slots).map(place).collect() });
    }

    /// A slot's state.
    pub(crate) fn slot(&mut self, slot: &str, state: SlotState) {
        self.tell(Event::Slot { slot: slot.into(), state });
    }

    /// A module is put in and identified.
    pub(crate) fn insert(&mut self, slot: &str, number: usize) {
        self.slot(slot, SlotState::Busy);
        self.phase(slot, Phase::Identify, false);
        let sent = Event::Transcript {
            slot: slot.into(),
            attempt: None,
            direction: Direction::Sent,
            text: "AT+GSN".into(),
        };
        self.tell(sent);
        self.wait(900);
        let text = imei(number).to_string();
        self.tell(Event::Transcript {
            slot: slot.into(),
            attempt: None,
            direction: Direction::Received,
            text,
        });
        let module = Some(module(number));
        self.tell(Event::UnitStarted { unit: unit(slot), slot: slot.into(), module });
        let to = target_of(number).to_owned();
        self.tell(Event::Routed {
            unit: unit(slot),
            slot: slot.into(),
            target: to,
            route: vec![hop(number)],
        });
    }

    /// The first or a later attempt begins.
    pub(crate) fn attempt(&mut self, slot: &str, number: usize, attempt: u32) {
        let step = |phase, title: &str| StepTitle { phase, title: title.into() };
        self.tell(Event::AttemptStarted {
            attempt: format!("a{attempt}-{slot}"),
            unit: unit(slot),
            slot: slot.into(),
            number: attempt,
            hop: hop(number),
            delivery: Delivery::Http,
            steps: vec![
                step(Phase::Preflight, "AT+CSQ"),
                step(Phase::Preflight, "AT+CEREG?"),
                step(Phase::Deliver, "AT+QFOTADL=\"http://203.0.113.5:8000/p/…/update.zip\""),
                step(Phase::Trigger, "record: the trigger follows"),
                step(Phase::Update, "follow to the resolution"),
                step(Phase::Verify, "AT+QGMR"),
                step(Phase::Cleanup, "AT+QFDEL=\"UFS:update.zip\""),
            ],
        });
    }

    /// A phase of the present attempt begins.
    pub(crate) fn phase(&mut self, slot: &str, phase: Phase, past_no_return: bool) {
        let attempt = (phase != Phase::Identify).then(|| format!("a1-{slot}"));
        let unit = attempt.as_ref().map(|_| unit(slot));
        self.tell(Event::PhaseStarted { slot: slot.into(), unit, attempt, phase, past_no_return });
        let index = Phase::ALL.iter().position(|of| *of == phase).unwrap_or(0);
        if phase != Phase::Identify {
            self.tell(Event::Step { slot: slot.into(), index });
        }
    }

    /// A phase is over.
    pub(crate) fn phase_over(&mut self, slot: &str, phase: Phase, duration_ms: u64) {
        self.wait(duration_ms);
        let (attempt, unit) = (Some(format!("a1-{slot}")), Some(unit(slot)));
        self.tell(Event::PhaseEnded { slot: slot.into(), unit, attempt, phase, duration_ms });
    }

    pub(crate) fn progress(&mut self, slot: &str, phase: Phase, done: u64, total: u64) {
        self.tell(Event::Progress { slot: slot.into(), phase, done, total });
    }

    /// The attempt's and the unit's end.
    pub(crate) fn end(&mut self, slot: &str, verdict: Verdict, fault: Option<Fault>, number: usize) {
        let outcome = match verdict {
            Verdict::Passed | Verdict::Already => AttemptOutcome::Passed,
            Verdict::Failed | Verdict::Refused => AttemptOutcome::Failed,
            Verdict::Aborted => AttemptOutcome::Aborted,
            Verdict::Unknown => AttemptOutcome::Unknown,
        };
        let (attempt, unit) = (format!("a1-{slot}"), unit(slot));
        if !matches!(verdict, Verdict::Already | Verdict::Refused) {
            let fault = fault.clone();
            self.tell(Event::AttemptEnded { attempt, unit: unit.clone(), slot: slot.into(), outcome, fault });
        }
        let good = verdict.good();
        let revision = Some(if good { target_of(number) } else { "BG96MAR02A07M1G" }.to_owned());
        let duration_ms = 360_000 + 1_000 * number as u64;
        let first_pass = verdict == Verdict::Passed;
        let slot_ = slot.to_owned();
        self.tell(Event::UnitEnded { unit, slot: slot_, verdict, fault, revision, duration_ms, first_pass });
        if verdict != Verdict::Unknown {
            self.slot(slot, SlotState::Done);
        }
    }

    /// Takes a module through its attempt up to and including `last`.
    pub(crate) fn until(&mut self, slot: &str, number: usize, last: Phase) {
        self.insert(slot, number);
        self.attempt(slot, number, 1);
        let mut past = false;
        for phase in &Phase::ALL[1..] {
            past |= *phase == Phase::Trigger;
            self.phase(slot, *phase, past && *phase < Phase::Verify);
            if *phase == last {
                return;
            }
            if *phase == Phase::Trigger {
                self.checkpoint(slot, number);
            }
            self.phase_over(slot, *phase, 1_000);
        }
    }

    fn checkpoint(&mut self, slot: &str, number: usize) {
        let (module, hop) = (module(number), hop(number));
        self.tell(Event::Checkpointed {
            slot: slot.into(),
            unit: unit(slot),
            attempt: format!("a1-{slot}"),
            family: module.family,
            model: module.model,
            imei: module.imei,
            from: hop.from,
            to: hop.to.clone(),
            target: hop.to,
            delivery: Delivery::Http,
            checkpoint: Checkpoint::Trigger,
        });
    }

    /// A module that went the whole way.
    pub(crate) fn pass(&mut self, slot: &str, number: usize) {
        self.until(slot, number, Phase::Cleanup);
        self.resolved(slot, number, Resolution::Target);
        self.end(slot, Verdict::Passed, None, number);
    }

    pub(crate) fn resolved(&mut self, slot: &str, number: usize, resolution: Resolution) {
        let (attempt, unit, imei) = (format!("a1-{slot}"), unit(slot), imei(number));
        self.tell(Event::Resolved { attempt, unit, slot: slot.into(), imei, resolution });
    }

    pub(crate) fn vitals(&mut self, ledger_ok: bool) {
        let told =
            |kind: &str| self.events.iter().filter(|stamped| stamped.event.kind() == kind).count() as u64;
        let in_flight = told("attempt_started").saturating_sub(told("attempt_ended"));
        self.tell(Event::Vitals(Vitals {
            loop_lag_us: 180,
            ledger_ok,
            ledger_free_bytes: Some(41_200_000_000),
            in_flight,
            in_flight_limit: in_flight.next_power_of_two().max(16),
            hosted_bytes: BTreeMap::from([(Delivery::Http, 812_345_678)]),
            ..Vitals::default()
        }));
    }

    pub(crate) fn halt(&mut self) {
        let reason = "5 modules failed in a row".into();
        self.tell(Event::Halted { rule: Rule::FailuresInARow, reason });
    }
}

/// `A1` to `A8`, `B1` …
pub(crate) fn label(number: usize) -> String {
    let row = char::from(b'A' + u8::try_from(number / 8 % 26).unwrap());
    let twice = if number >= 26 * 8 { row.to_string() } else { String::new() };
    format!("{twice}{row}{}", number % 8 + 1)
}

pub(crate) fn unit(slot: &str) -> String {
    format!("u-{slot}")
}

/// A valid IMEI for each number.
pub(crate) fn imei(number: usize) -> Imei {
    let first = format!("86634503{:06}", 100_000 + number);
    (0..10).find_map(|check| Imei::parse(&format!("{first}{check}"))).unwrap()
}

const MODELS: [(Family, &str, &str, &str); 5] = [
    (Family::Bg96, "BG96", "BG96MAR02A07M1G", "BG96MAR02A09M1G"),
    (Family::Sim7000, "SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G"),
    (Family::Sim7028, "SIM7028", "2110B06SIM7028", "2110B07SIM7028"),
    (Family::Ag35, "AG35", "AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G"),
    (Family::Sim7080, "SIM7080G", "1951B01SIM7080G", "1951B02SIM7080G"),
];

fn module(number: usize) -> Module {
    let (family, model, revision, _) = MODELS[number % MODELS.len()];
    Module { family, model: model.into(), imei: imei(number), revision: revision.into(), full_revision: None }
}

fn hop(number: usize) -> Hop {
    let (_, _, from, to) = MODELS[number % MODELS.len()];
    Hop { from: from.into(), to: to.into(), sha256: "ab".repeat(32), size: 3_892_224 }
}

fn target_of(number: usize) -> &'static str {
    MODELS[number % MODELS.len()].3
}
