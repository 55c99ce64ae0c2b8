//! The SIM7028: behind a UART, so its port never goes away.
//!
//! Source: SIM7028 FOTA note V1.00, and `families.md`, SIM7028.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::loader;
use crate::personality::Personality;
use crate::raw::{Meter, Purpose, RawMode};
use crate::reply::{NOT_ALLOWED, Reply, ResultCode, WRONG_PARAMETERS};
use crate::simcom_fetch::LATE_MS;
use crate::timeline::{Effect, Ending, Script, Step};
use crate::update::{Finding, Stage};

/// Where a package lies until the loader takes it.
const PACKAGE: &str = "/fota/update.bin";
/// The largest package, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;
/// `LFOTA`'s longest silence (SIM7028 FOTA note, 3.2.2; `families.md`, C8).
const SILENCE_MS: u64 = 300_000;
/// The longest silence of a sender that has lost bytes (behaviour 28, odd seeds).
const OVERRUN_SILENCE_MS: u64 = 5_000;
/// How long a download may be silent.
const DOWNLOAD_MS: u64 = 120_000;
/// 115200 baud, and what the module buffers (SIM7028 FOTA note, 3.2.2).
const UART: Meter = Meter { rate: 11_520, slack: 4_096, seen: 0 };
/// After so long without a command it falls asleep (behaviour 40).
const AWAKE_MS: u64 = 30_000;

/// So long it takes to wake up.
const WAKING_MS: u64 = 300;

/// The commands of a SIM7028.
#[derive(Debug)]
pub(crate) struct Sim7028 {
    /// `LFOTA?`: passed, failed, or nothing yet.
    check: Option<bool>,
    /// The size that `LFOTA=0` told.
    announced: Option<u64>,
    reset_ignored: bool,
    asleep: bool,
}

impl Sim7028 {
    pub(crate) fn new(body: &mut Body) -> Self {
        let asleep = body.shows(Behaviour::Asleep);
        body.deaf = asleep;
        Self { check: None, announced: None, reset_ignored: false, asleep }
    }

    fn identity(body: &Body, command: &Command) -> Option<Reply> {
        let model = &body.spec.model;
        let revision = body.revision_shown();
        let reply = match (command.name.as_str(), command.form) {
            ("I", Form::Run) => {
                Reply::lines(["SIMCOM".to_owned(), model.clone(), format!("Revision: {revision}")])
            }
            // Bare, after `Revision:`, or after `+CGMR:` (`families.md`, SIM7028).
            ("+GMR" | "+CGMR", Form::Run) => Reply::line(match body.form(3) {
                0 => revision,
                1 => format!("Revision: {revision}"),
                _ => format!("+CGMR: {revision}"),
            }),
            ("+CGMM" | "+GMM", Form::Run) => Reply::line(model.clone()),
            ("+CGMI" | "+GMI", Form::Run) => Reply::line("SIMCOM"),
            _ => return None,
        };
        Some(reply)
    }

    /// `CFOTA` (SIM7028 FOTA note, 3.2.1; `families.md`, C1–C5).
    fn over_the_air(body: &mut Body, command: &Command) -> Reply {
        if body.is_updating() {
            return Reply::new(NOT_ALLOWED);
        }
        let (Some(0..=5), Some(mode @ 0..=1), Some(address)) =
            (command.number(0), command.number(1), command.quoted(2))
        else {
            return Reply::new(WRONG_PARAMETERS);
        };
        let user = command.text(3).unwrap_or_default();
        let password = command.text(4).unwrap_or_default();
        let fits = (1..=255).contains(&address.len()) && user.len() <= 128 && password.len() <= 128;
        if !fits || address.contains("://") {
            return Reply::error();
        }
        let url = url(mode, address, user, password);
        body.accept_trigger(Stage::Downloading);
        let mut script = Script::new();
        if !body.spec.sim_card || !body.radio {
            script.wait(2_000).say("+CFOTA: 1001").then(Effect::Ended(Ending::Failed));
        } else if body.shows(Behaviour::LateDownloadError) {
            script.wait(LATE_MS).say("+CFOTA: 1007").then(Effect::Ended(Ending::Failed));
        } else if !body.shows(Behaviour::NoProgress) {
            script.wait(500).then(Effect::Fetch(url));
            body.plan_power_cut_in_download(&mut script);
            script.wait(DOWNLOAD_MS).then(Effect::Step(Step::DownloadStalled));
        }
        Reply::ok().after_ms(body.random.between(800, 4_000)).then(script)
    }

    /// `LFOTA` (SIM7028 FOTA note, 3.2.2; `families.md`, C6 and C7).
    fn local(&mut self, body: &mut Body, command: &Command) -> Reply {
        let (operation, size) = match command.form {
            Form::Test => return Reply::line(format!("+LFOTA=<0-1>,{LARGEST}")),
            Form::Read => return self.check_result(body),
            Form::Run => return Reply::new(WRONG_PARAMETERS),
            Form::Set => (command.number(0), command.number(1).unwrap_or_default()),
        };
        if body.is_updating() {
            return Reply::new(NOT_ALLOWED);
        }
        if !(1..=LARGEST).contains(&size) {
            return Reply::new(WRONG_PARAMETERS);
        }
        match operation {
            Some(0) => {
                self.announced = Some(size);
                self.check = None;
                body.files.delete(PACKAGE);
                Reply::ok()
            }
            Some(1) if self.announced.is_none_or(|announced| announced == size) => self.transfer(body, size),
            Some(_) | None => Reply::new(WRONG_PARAMETERS),
        }
    }

    fn check_result(&self, body: &Body) -> Reply {
        let mark = if body.form(4) == 2 { "=" } else { ": " };
        let Some(passed) = self.check else {
            let mut reply = Reply::line(format!("+LFOTA{mark}-1"));
            if body.form(2) == 0 {
                // The note prints no `OK` behind -1.
                reply.result = ResultCode::Nothing;
            }
            return reply;
        };
        Reply::line(format!("+LFOTA{mark}{}", u8::from(passed)))
    }

    fn transfer(&mut self, body: &Body, size: u64) -> Reply {
        self.check = None;
        let wanted = usize::try_from(size).unwrap_or_default();
        let mut raw = RawMode::new(Purpose::Package, wanted, SILENCE_MS);
        raw.on_silence = true;
        raw.meter = Some(UART);
        if body.shows(Behaviour::Overrun) && !body.even_seed() {
            raw.swallows = 700;
            raw.limit_ms = OVERRUN_SILENCE_MS;
        }
        if body.form(2) == 0 {
            return Reply::prompt(">", raw);
        }
        // The note prints the data on the prompt's own line (SIM7028 FOTA note, 4.3).
        let mut script = Script::new();
        script.then(Effect::Say(b"\r\n> ".to_vec())).then(Effect::Raw(raw));
        Reply::new(ResultCode::Nothing).then(script)
    }

    /// `QCRST` restarts the module; with a checked package in place that starts the update.
    fn reset(&mut self, body: &mut Body) -> Reply {
        let silent =
            body.shows(Behaviour::ResetUnanswered) && !std::mem::replace(&mut self.reset_ignored, true);
        let mut reply = Reply::new(if silent { ResultCode::Nothing } else { ResultCode::Ok });
        if silent && body.even_seed() {
            return reply;
        }
        if self.check == Some(true) && !body.is_updating() {
            body.accept_trigger(Stage::Starting);
        }
        let mut script = Script::new();
        script.wait(body.random.between(200, 600)).then(Effect::Deaf).then(Effect::Step(Step::Flash));
        reply.script = Some(script);
        reply
    }

    /// The loader starts: it finds a package, or boots.
    fn load(&mut self, body: &mut Body) -> Script {
        let armed = body.is_updating() || self.check == Some(true);
        if !armed {
            return loader::plain_boot(body);
        }
        if !body.is_updating() {
            // A reset of any kind starts what a finished transfer has armed (`families.md`, SIM7028).
            body.accept_trigger(Stage::Starting);
        }
        self.check = None;
        self.announced = None;
        if let Finding::Fits(target) = body.examine_file(PACKAGE) {
            body.target = Some(target);
            loader::patch(body)
        } else {
            loader::refuse(body)
        }
    }

    /// A download has ended without a package.
    fn give_up(body: &mut Body, number: u16) {
        body.stop_fetching();
        body.timeline.cancel(Step::DownloadStalled);
        if !body.shows(Behaviour::EndLost) {
            body.urc(&format!("+CFOTA: {number}"));
        }
        body.end_update(Ending::Failed);
    }

    fn downloaded(body: &mut Body, content: &[u8]) {
        if content.len() as u64 > LARGEST {
            return Self::give_up(body, 1010);
        }
        if content.is_empty() {
            return Self::give_up(body, 1006);
        }
        if matches!(body.examine(Some(content)), Finding::Damaged { .. } | Finding::Absent) {
            return Self::give_up(body, 1008);
        }
        if body.files.put(PACKAGE, content.to_vec()).is_err() {
            return Self::give_up(body, 1009);
        }
        body.stage = Stage::Starting;
        let mut script = Script::new();
        if !body.shows(Behaviour::StartLost) {
            script.say("+CFOTA: 100");
        }
        script.wait(8_000).then(Effect::Deaf).then(Effect::Step(Step::Flash));
        body.play(script);
    }
}

/// `<host>[:<port>]/<path>` with its scheme and, for FTP, its user.
fn url(mode: u64, address: &str, user: &str, password: &str) -> String {
    match (mode, user.is_empty()) {
        (0, false) => format!("ftp://{user}:{password}@{address}"),
        (0, true) => format!("ftp://{address}"),
        _ => format!("http://{address}"),
    }
}

impl Personality for Sim7028 {
    fn is_on_usb(&self) -> bool {
        false
    }

    fn is_trigger(&self, command: &Command) -> bool {
        command.is("+CFOTA", Form::Set) || command.is("+QCRST", Form::Run)
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        if body.shows(Behaviour::Asleep) {
            body.timeline.cancel(Step::Sleep);
            body.timeline.add(body.now_ms + AWAKE_MS, Effect::Step(Step::Sleep));
        }
        match (command.name.as_str(), command.form) {
            ("+CFOTA", Form::Set) => Some(Self::over_the_air(body, command)),
            ("+CFOTA", Form::Test) => Some(Reply::line("+CFOTA: (0-5),(0-1),<url>,<user>,<password>")),
            ("+LFOTA", _) => Some(self.local(body, command)),
            ("+QCRST", Form::Run) => Some(self.reset(body)),
            _ => Self::identity(body, command),
        }
    }

    fn received(&mut self, body: &mut Body, mut raw: RawMode) -> Reply {
        if !raw.is_full() {
            self.check = None;
            return Reply::error();
        }
        if body.shows(Behaviour::Overrun) {
            let middle = raw.taken.len() / 2;
            raw.taken[middle..].iter_mut().take(700).for_each(|byte| *byte = 0);
        }
        let sound = !matches!(body.examine(Some(&raw.taken)), Finding::Damaged { .. } | Finding::Absent);
        self.check = Some(sound && body.files.put(PACKAGE, raw.taken).is_ok());
        Reply::ok().after_ms(body.random.between(300, 1_500))
    }

    fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        match event {
            FetchEvent::Progress { .. } => {
                body.timeline.cancel(Step::DownloadStalled);
                body.timeline.add(body.now_ms + DOWNLOAD_MS, Effect::Step(Step::DownloadStalled));
            }
            FetchEvent::Done(content) => {
                body.timeline.cancel(Step::DownloadStalled);
                Self::downloaded(body, content);
            }
            FetchEvent::Status(404 | 550) => Self::give_up(body, 1005),
            FetchEvent::Status(401 | 403 | 530) => Self::give_up(body, 1004),
            FetchEvent::Status(_) | FetchEvent::Network(_) => Self::give_up(body, 1007),
        }
    }

    fn step(&mut self, body: &mut Body, step: Step) {
        match step {
            Step::Flash => {
                let script = self.load(body);
                body.play(script);
            }
            Step::DownloadStalled => Self::give_up(body, 1002),
            Step::Sleep if body.is_updating() || body.raw.is_some() || body.deaf => {}
            Step::Sleep => {
                self.asleep = true;
                body.deaf = true;
            }
        }
    }

    fn boot(&mut self, body: &mut Body) {
        self.asleep = body.shows(Behaviour::Asleep);
        body.deaf = self.asleep;
    }

    fn touched(&mut self, body: &mut Body) {
        if std::mem::take(&mut self.asleep) {
            let mut script = Script::new();
            script.wait(WAKING_MS).then(Effect::Listens).wait(AWAKE_MS).then(Effect::Step(Step::Sleep));
            body.play(script);
        }
    }

    /// The loader starts over with what lies in its place; a download is lost.
    fn power_up(&mut self, body: &mut Body) -> Script {
        match body.stage {
            Stage::Downloading => body.end_update(Ending::Failed),
            Stage::Rebooting if body.target.is_some() => body.end_update(Ending::Done),
            Stage::Idle
            | Stage::Starting
            | Stage::Writing
            | Stage::Restoring
            | Stage::Failing
            | Stage::Rebooting => {}
        }
        self.announced = None;
        let mut script = Script::new();
        script.wait(body.random.between(800, 2_000)).then(Effect::Step(Step::Flash));
        script
    }
}
