//! The module core: lines in, answers out, effects at their time.

mod power;

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::parse_line;
use crate::io::{FetchEvent, Input, Output};
use crate::personality::{self, Personality};
use crate::reply::{Reply, ResultCode, UNKNOWN};
use crate::shell;
use crate::spec::ModuleSpec;
use crate::timeline::{Effect, Script};
use crate::truth::Truth;
use crate::usb::Usb;

/// Bytes that wait while a command is at work; more are lost, as in a UART's buffer.
const PENDING: usize = 64 * 1024;
/// The longest command line; what comes behind it on the line is lost.
const LINE: usize = 1024;
/// Bytes that `QFUPL` acknowledges at once.
const ACKED: usize = 1024;
/// A load of garbage and the time between two of them: ten megabytes a second (behaviour flood).
const FLOOD: (usize, u64) = (50_000, 5);
/// What another process asks, and when it does first, in ms (behaviour 41).
const INTRUSION: &str = "AT+CGMI";
const INTRUDES_MS: u64 = 700;

/// A simulated module: no clock, no I/O. Times are milliseconds of module time.
#[derive(Debug)]
pub struct Module {
    body: Body,
    personality: Box<dyn Personality>,
    pending: Vec<u8>,
    line: Vec<u8>,
    /// A command is at work until then.
    ready_at: u64,
    /// How far time has come for the caller, while effects on the way are at work.
    horizon: u64,
    /// Command lines so far, and whether the port has gone for behaviour 2.
    commands: u32,
    dropped: bool,
    /// It is in a slot.
    powered: bool,
}

impl Module {
    /// A module that has been running for a while: registered, its port up.
    pub fn new(spec: ModuleSpec) -> Self {
        let mut body = Body::new(spec);
        let personality = personality::of(&mut body);
        if body.shows(Behaviour::SecondWriter) {
            body.timeline.add(INTRUDES_MS, Effect::Intrusion);
        }
        Self {
            body,
            personality,
            pending: Vec::new(),
            line: Vec::new(),
            ready_at: 0,
            horizon: 0,
            commands: 0,
            dropped: false,
            powered: true,
        }
    }

    /// What it was made from.
    pub const fn spec(&self) -> &ModuleSpec {
        &self.body.spec
    }

    /// What it is on the bus: as it came there, or as it will.
    pub fn usb(&self) -> Usb {
        self.body.usb()
    }

    /// Whether it is on its way back to the bus, from which it has gone.
    pub fn is_coming_back(&self) -> bool {
        let away = !self.body.port_up && !self.body.emergency;
        self.powered && away && (!self.body.gone || self.body.timeline.has_emergency())
    }

    /// What really happened to it.
    pub fn truth(&self) -> Truth {
        self.body.truth()
    }

    /// When it wants [`Input::Wake`] at the latest, in module time.
    pub fn next_wakeup(&self) -> Option<u64> {
        let waiting = (!self.pending.is_empty()).then_some(self.ready_at);
        let raw = self.body.raw.as_ref().map(|raw| raw.gives_up_at);
        [self.body.timeline.next_at(), waiting, raw].into_iter().flatten().min()
    }

    /// Lets time come to `now_ms`, then lets `input` happen. `now_ms` never goes back.
    pub fn handle(&mut self, now_ms: u64, input: Input<'_>) -> Vec<Output> {
        self.horizon = now_ms.max(self.horizon);
        self.advance();
        match input {
            Input::Wake => {}
            Input::Received(bytes) => self.receive(bytes),
            Input::Fetch(event) => self.fetched(event),
            Input::PortOpened => self.opened(),
            Input::PowerCut => self.power_cut(),
            Input::PowerOff => self.power_off(),
            Input::PowerOn => self.power_on(),
            Input::BusReset => self.forget_input(),
        }
        self.advance();
        std::mem::take(&mut self.body.outputs)
    }

    /// Everything that is due up to the horizon, in the order of its time.
    fn advance(&mut self) {
        while let Some(next) = self.next_wakeup() {
            if next > self.horizon {
                break;
            }
            self.body.now_ms = next.max(self.body.now_ms);
            if let Some(effect) = self.body.timeline.take_due(self.body.now_ms) {
                self.run(effect);
            } else if self.body.raw.as_ref().is_some_and(|raw| raw.gives_up_at <= self.body.now_ms) {
                self.finish_raw();
            } else {
                self.consume();
            }
        }
        self.body.now_ms = self.horizon;
    }

    fn receive(&mut self, bytes: &[u8]) {
        if !self.body.port_up || self.body.gone {
            return;
        }
        let room = if self.ready_at > self.body.now_ms {
            PENDING.saturating_sub(self.pending.len())
        } else {
            usize::MAX
        };
        self.pending.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.consume();
    }

    fn fetched(&mut self, event: &FetchEvent) {
        if !self.body.fetching {
            return;
        }
        match event {
            FetchEvent::Progress { .. } => {}
            FetchEvent::Done(_) | FetchEvent::Status(_) | FetchEvent::Network(_) => {
                self.body.fetching = false;
            }
        }
        self.personality.fetched(&mut self.body, event);
    }

    fn opened(&mut self) {
        if self.body.shows(Behaviour::Flood) {
            self.run(Effect::Flood);
        }
    }

    /// Works through the bytes that have come, until a command keeps it busy.
    fn consume(&mut self) {
        while !self.pending.is_empty() && self.ready_at <= self.body.now_ms {
            if self.body.deaf || self.body.shows(Behaviour::Mute) {
                self.overhear();
            } else if self.body.raw.is_some() {
                self.take_raw();
            } else {
                self.take_line();
            }
        }
    }

    /// Bytes that a deaf module does not hear are lost; what they were is remembered for the truth.
    fn overhear(&mut self) {
        for byte in std::mem::take(&mut self.pending) {
            if byte == b'\r' {
                let line = self.finish_line();
                self.note_line(&line);
            } else if byte != b'\n' && self.line.len() < LINE {
                self.line.push(byte);
            }
        }
        self.personality.touched(&mut self.body);
    }

    fn take_raw(&mut self) {
        let Some(raw) = &mut self.body.raw else {
            return;
        };
        let before = raw.taken.len();
        let taken = raw.take(self.body.now_ms, &self.pending);
        self.pending.drain(..taken);
        let (full, blocks) = (raw.is_full(), raw.taken.len() / ACKED - before / ACKED);
        if raw.acks {
            self.body.write(&vec![b'A'; blocks]);
        }
        if full {
            self.finish_raw();
        }
    }

    fn finish_raw(&mut self) {
        if let Some(raw) = self.body.raw.take() {
            let reply = self.personality.received(&mut self.body, raw);
            self.reply(reply);
        }
    }

    fn take_line(&mut self) {
        let end = self.pending.iter().position(|byte| *byte == b'\r');
        let count = end.map_or(self.pending.len(), |place| place + 1);
        let bytes: Vec<u8> = self.pending.drain(..count).collect();
        if self.body.echo {
            self.body.write(&bytes);
        }
        let text = bytes.iter().filter(|byte| !matches!(byte, b'\r' | b'\n'));
        self.line.extend(text.take(LINE.saturating_sub(self.line.len())));
        if end.is_some() {
            let line = self.finish_line();
            self.run_line(&line);
        }
    }

    fn finish_line(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned()
    }

    /// Writes down what came while an update was under way.
    fn note_line(&mut self, line: &str) {
        if line.is_empty() || !self.body.is_updating() {
            return;
        }
        self.body.record_command(line);
        let commands = parse_line(line).unwrap_or_default();
        if commands.iter().any(|command| self.personality.is_trigger(command)) {
            self.body.count_second_trigger();
        }
    }

    fn run_line(&mut self, line: &str) {
        self.note_line(line);
        self.obey(line);
    }

    fn obey(&mut self, line: &str) {
        let Some(commands) = parse_line(line) else {
            return;
        };
        self.commands += 1;
        let mut whole = Reply::ok();
        for command in &commands {
            let one = self
                .personality
                .answer(&mut self.body, command)
                .or_else(|| shell::answer(&mut self.body, command))
                .unwrap_or_else(|| Reply::new(UNKNOWN));
            let result = one.result;
            whole = whole.followed_by(one);
            if result != ResultCode::Ok {
                break;
            }
        }
        self.drop_port_once(&mut whole);
        self.reply(whole);
    }

    /// Behaviour 2: at the fourth command, or the first plain one after it, the port goes away for a moment.
    fn drop_port_once(&mut self, reply: &mut Reply) {
        let due = self.commands >= 4 && !self.dropped && !self.body.is_updating();
        let plain = reply.raw.is_none() && reply.script.is_none() && !self.body.fetching;
        if due && plain && self.body.shows(Behaviour::EndOfFile) {
            self.dropped = true;
            let mut script = Script::new();
            script.cycle_port(1_500).then(Effect::Listens);
            reply.script = Some(script);
        }
    }

    fn reply(&mut self, reply: Reply) {
        let delay_ms = reply.delay_ms.unwrap_or_else(|| self.body.random.between(20, 80));
        let at_ms = self.body.now_ms + delay_ms;
        let bytes = shell::frame(&mut self.body, &reply.groups, reply.result);
        self.body.timeline.add(at_ms, Effect::Say(bytes));
        if let Some(raw) = reply.raw {
            self.body.timeline.add(at_ms, Effect::Raw(raw));
        }
        if let Some(script) = reply.script {
            self.body.play_from(at_ms, script);
        }
        self.ready_at = at_ms;
    }

    fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Say(bytes) => self.body.write(&bytes),
            Effect::PortDown => self.port_down(),
            Effect::PortUp => self.port_up(),
            Effect::Deaf => self.go_deaf(),
            Effect::Hears => self.hear(),
            Effect::Listens => {
                self.forget_input();
                self.body.deaf = false;
            }
            Effect::Raw(mut raw) => {
                raw.begin(self.body.now_ms);
                self.body.raw = Some(raw);
            }
            Effect::Fetch(url) => {
                self.body.fetching = true;
                let root = self.personality.root(&self.body);
                self.body.outputs.push(Output::Fetch { url, root });
            }
            Effect::Stage(stage) => self.body.stage = stage,
            Effect::Ended(ending) => self.body.end_update(ending),
            Effect::PowerCut => self.power_cut(),
            Effect::Step(step) => self.personality.step(&mut self.body, step),
            Effect::Flood => self.flood(),
            Effect::Intrusion => self.intrude(),
            Effect::Emergency => self.emergency(),
        }
    }

    fn forget_input(&mut self) {
        self.pending.clear();
        self.line.clear();
        self.body.raw = None;
        self.ready_at = self.body.now_ms;
    }

    fn flood(&mut self) {
        let (load, every_ms) = FLOOD;
        let garbage = self.body.random.bytes(load);
        self.body.write(&garbage);
        self.body.timeline.add(self.horizon + every_ms, Effect::Flood);
    }

    /// Behaviour 41. Between two commands of the controller only: what else it could break is no module's doing.
    fn intrude(&mut self) {
        let at_work = self.ready_at > self.body.now_ms || self.body.raw.is_some() || !self.line.is_empty();
        if self.body.port_up && !self.body.deaf && !at_work {
            if self.body.echo {
                self.body.write(format!("{INTRUSION}\r").as_bytes());
            }
            self.obey(INTRUSION);
        }
        let next_ms = self.body.random.between(3_000, 15_000);
        self.body.timeline.add(self.body.now_ms + next_ms, Effect::Intrusion);
    }
}
