//! A small script of a run: events with their places and times, in every state that a slot can be in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dashboard::{Options, State, Theme, View, draw};
use events::{
    AttemptOutcome, Checkpoint, Delivery, Direction, Event, Family, Fault, Hop, Imei, Level, Module, Phase,
    Resolution, Rule, SlotPlace, SlotState, Stamped, StepTitle, Target, Verdict, Vitals, What,
};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use ratatui::{Terminal, backend::TestBackend};

/// 14:10:24 on some day.
const BEGAN_UNIX_MS: u64 = 1_795_270_224_000;

/// The events of a run so far.
#[derive(Default)]
pub struct Script {
    pub events: Vec<Stamped>,
    pub run_ms: u64,
}

/// How a slot is left by [`Script::scene`].
pub const SCENES: [&str; 20] = [
    "passed",
    "update",
    "deliver",
    "failed",
    "empty",
    "reboot",
    "trigger",
    "waiting",
    "identify",
    "verify",
    "preflight",
    "taken out",
    "already",
    "refused",
    "unknown",
    "cleanup",
    "quarantined",
    "aborted",
    "second attempt",
    "unlabelled",
];

impl Script {
    /// A run on `slots` slots named `A1`, `A2` … in rows of eight, that has begun.
    pub fn begun(slots: usize) -> Self {
        Self::named((0..slots).map(label).collect())
    }

    /// A run on slots with these labels, that has begun.
    pub fn named(slots: Vec<String>) -> Self {
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
    pub fn tell(&mut self, event: Event) {
        self.run_ms += 10;
        let seq = self.events.last().map_or(1, |last| last.seq + 1);
        let unix_ms = BEGAN_UNIX_MS + self.run_ms;
        self.events.push(Stamped { seq, unix_ms, run_ms: self.run_ms, event });
    }

    /// Time passes.
    pub fn wait(&mut self, ms: u64) -> &mut Self {
        self.run_ms += ms;
        self
    }

    /// The state after all of it, at the time of the last event.
    pub fn state(&self) -> State {
        let mut state = State::default();
        self.events.iter().for_each(|event| state.apply(event));
        state
    }

    /// Places of the slots on hubs of `of_a_hub`.
    pub fn hubs(&mut self, slots: usize, of_a_hub: usize) {
        let place = |number: usize| SlotPlace {
            slot: label(number),
            place: format!("1-1.{}.{}", number / of_a_hub + 1, number % of_a_hub + 1),
            hub: Some(format!("1-1.{}", number / of_a_hub + 1)),
        };
        self.tell(Event::Layout { columns: None, places: (0..slots).map(place).collect() });
    }

    /// A slot's state.
    pub fn slot(&mut self, slot: &str, state: SlotState) {
        self.tell(Event::Slot { slot: slot.into(), state });
    }

    /// A module is put in and identified.
    pub fn insert(&mut self, slot: &str, number: usize) {
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
    pub fn attempt(&mut self, slot: &str, number: usize, attempt: u32) {
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
    pub fn phase(&mut self, slot: &str, phase: Phase, past_no_return: bool) {
        let attempt = (phase != Phase::Identify).then(|| format!("a1-{slot}"));
        let unit = attempt.as_ref().map(|_| unit(slot));
        self.tell(Event::PhaseStarted { slot: slot.into(), unit, attempt, phase, past_no_return });
        let index = Phase::ALL.iter().position(|of| *of == phase).unwrap_or(0);
        if phase != Phase::Identify {
            self.tell(Event::Step { slot: slot.into(), index });
        }
    }

    /// A phase is over.
    pub fn phase_over(&mut self, slot: &str, phase: Phase, duration_ms: u64) {
        self.wait(duration_ms);
        let (attempt, unit) = (Some(format!("a1-{slot}")), Some(unit(slot)));
        self.tell(Event::PhaseEnded { slot: slot.into(), unit, attempt, phase, duration_ms });
    }

    pub fn progress(&mut self, slot: &str, phase: Phase, done: u64, total: u64) {
        self.tell(Event::Progress { slot: slot.into(), phase, done, total });
    }

    /// The attempt's and the unit's end.
    pub fn end(&mut self, slot: &str, verdict: Verdict, fault: Option<Fault>, number: usize) {
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
    pub fn until(&mut self, slot: &str, number: usize, last: Phase) {
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
    pub fn pass(&mut self, slot: &str, number: usize) {
        self.until(slot, number, Phase::Cleanup);
        self.resolved(slot, number, Resolution::Target);
        self.end(slot, Verdict::Passed, None, number);
    }

    pub fn resolved(&mut self, slot: &str, number: usize, resolution: Resolution) {
        let (attempt, unit, imei) = (format!("a1-{slot}"), unit(slot), imei(number));
        self.tell(Event::Resolved { attempt, unit, slot: slot.into(), imei, resolution });
    }

    /// Leaves `slot` as one of [`SCENES`] says.
    pub fn scene(&mut self, slot: &str, number: usize, scene: &str) {
        let fault = |phase, what, text: &str| Some(Fault::new(phase, what, text));
        match scene {
            "empty" => self.slot(slot, SlotState::Empty),
            "waiting" => {
                self.insert(slot, number);
                self.slot(slot, SlotState::Waiting { reason: "waits for hub 1-1.2".into() });
            }
            "identify" => {
                self.slot(slot, SlotState::Busy);
                self.phase(slot, Phase::Identify, false);
            }
            "preflight" => self.until(slot, number, Phase::Preflight),
            "deliver" => {
                self.until(slot, number, Phase::Deliver);
                self.progress(slot, Phase::Deliver, 1_323_356, 3_892_224);
            }
            "trigger" => self.until(slot, number, Phase::Trigger),
            "update" => {
                self.until(slot, number, Phase::Update);
                self.progress(slot, Phase::Update, 71, 100);
            }
            "reboot" => {
                self.until(slot, number, Phase::Reboot);
                self.tell(Event::PortLost { slot: slot.into() });
            }
            "verify" => self.until(slot, number, Phase::Verify),
            "cleanup" => self.until(slot, number, Phase::Cleanup),
            "passed" => self.pass(slot, number),
            "taken out" => {
                self.pass(slot, number);
                self.slot(slot, SlotState::Empty);
            }
            "already" => {
                self.insert(slot, number);
                self.end(slot, Verdict::Already, None, number);
            }
            "refused" => {
                self.insert(slot, number);
                let fault =
                    fault(Phase::Preflight, What::Route, "no route from BG96MAR02A05M1G to BG96MAR02A09M1G");
                self.end(slot, Verdict::Refused, fault, number);
            }
            "failed" => {
                self.until(slot, number, Phase::Verify);
                self.resolved(slot, number, Resolution::FailedBack);
                let text = "module came back with BG96MAR02A07M1G after END 0";
                self.end(slot, Verdict::Failed, fault(Phase::Verify, What::Rev, text), number);
            }
            "unknown" => {
                self.until(slot, number, Phase::Reboot);
                let text = "nothing was seen of it for 10 minutes";
                self.end(slot, Verdict::Unknown, fault(Phase::Reboot, What::Away, text), number);
                self.slot(slot, SlotState::Held { reason: "an earlier trigger is unresolved".into() });
            }
            "aborted" => {
                self.until(slot, number, Phase::Deliver);
                let text = "stopped by an operator";
                self.end(slot, Verdict::Aborted, fault(Phase::Deliver, What::Interrupted, text), number);
            }
            "quarantined" => {
                self.scene(slot, number, "failed");
                self.slot(slot, SlotState::Quarantined { reason: "3 failures in a row".into() });
            }
            "second attempt" => {
                self.until(slot, number, Phase::Deliver);
                let (attempt, unit) = (format!("a1-{slot}"), unit(slot));
                let fault = fault(Phase::Deliver, What::Stalled, "no byte for 60 s at 118784 of 3892224");
                let outcome = AttemptOutcome::Failed;
                self.tell(Event::AttemptEnded { attempt, unit, slot: slot.into(), outcome, fault });
                self.attempt(slot, number, 2);
                self.phase(slot, Phase::Preflight, false);
            }
            "unlabelled" => self.slot(slot, SlotState::Unlabelled),
            other => panic!("no scene {other}"),
        }
    }

    /// `slots` slots, each as the scenes say in turn, and the controller well.
    pub fn all_scenes(slots: usize) -> Self {
        let mut script = Self::begun(slots);
        for number in 0..slots {
            script.wait(1_700);
            let scene = SCENES[number % SCENES.len()];
            script.scene(&label(number), number, scene);
        }
        script.tell(Event::Expected { units: 3 * slots as u64 });
        let text = "the package host serves on 203.0.113.5:8000".into();
        script.tell(Event::Note { slot: None, level: Level::Info, text });
        script.vitals(true);
        script.wait(60_000);
        script.vitals(true);
        script
    }

    pub fn vitals(&mut self, ledger_ok: bool) {
        self.tell(Event::Vitals(Vitals {
            loop_lag_us: 180,
            ledger_ok,
            ledger_free_bytes: Some(41_200_000_000),
            hosted_bytes: BTreeMap::from([(Delivery::Http, 812_345_678)]),
            ..Vitals::default()
        }));
    }

    pub fn halt(&mut self) {
        let reason = "5 modules failed in a row".into();
        self.tell(Event::Halted { rule: Rule::FailuresInARow, reason });
    }
}

/// `A1` to `A8`, `B1` …
pub fn label(number: usize) -> String {
    let row = char::from(b'A' + u8::try_from(number / 8 % 26).unwrap());
    let twice = if number >= 26 * 8 { row.to_string() } else { String::new() };
    format!("{twice}{row}{}", number % 8 + 1)
}

fn unit(slot: &str) -> String {
    format!("u-{slot}")
}

/// A valid IMEI for each number.
pub fn imei(number: usize) -> Imei {
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

/// What the screen of `columns` by `lines` shows.
pub fn picture(state: &State, view: &mut View, theme: Theme, columns: u16, lines: u16) -> Buffer {
    view.resize(columns, lines);
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    terminal.draw(|frame| draw(frame, state, view, &theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The characters of a screen, line by line, without the spaces at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut hidden = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if hidden == 0 {
                line.push_str(symbol);
                hidden = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            } else {
                hidden -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The looks of a screen: for each run of characters that look otherwise than usual, where it is, its text and how.
pub fn looks(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let (from, look) = (x, look_of(buffer, x, y));
            let mut run = String::new();
            while x < buffer.area.width && look_of(buffer, x, y) == look {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            if look != (Color::Reset, Color::Reset, Modifier::empty()) && !run.trim().is_empty() {
                let _ = writeln!(out, "{y:>2},{from:<3} {:<24} {} {:?}", run.trim_end(), look.0, look.2);
            }
        }
    }
    out
}

fn look_of(buffer: &Buffer, x: u16, y: u16) -> (Color, Color, Modifier) {
    let cell = &buffer[(x, y)];
    (cell.fg, cell.bg, cell.modifier)
}

/// A view with nothing chosen.
pub fn view() -> View {
    View::new(Options { metrics: Some(":9477".into()), ..Options::default() })
}
