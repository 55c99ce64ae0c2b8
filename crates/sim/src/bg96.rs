//! The BG96.
//!
//! Source: BG96 DFOTA guide V1.1, and `families.md`, BG96.

use crate::behaviour::Behaviour;
use crate::bg96_flash as flash;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::personality::Personality;
use crate::quectel::{self, Reach, UrcPort};
use crate::raw::RawMode;
use crate::reply::{NOT_ALLOWED, Reply, ResultCode, WRONG_PARAMETERS};
use crate::simcom_fetch::LATE_MS;
use crate::timeline::{Effect, Ending, Script, Step};
use crate::update::Stage;

/// Where the updater looks (BG96 DFOTA guide, 3.1.2, note 2).
pub(crate) const PACKAGE: &str = "/fota/update.zip";
/// The root that the server is checked against over HTTPS: `fota_cacert.pem` in /datatx, which is the UFS
/// (`families.md`, BG96).
const ROOT: &str = "ufs/fota_cacert.pem";
/// The largest package, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;
/// The largest file of the UFS, in bytes: certificates, not packages.
const LARGEST_UPLOAD: u64 = 64 * 1024;
/// How long a download may be silent.
const DOWNLOAD_MS: u64 = 180_000;

/// The APN settings of `QCFGEXT="fota_apn"`; they outlive a reboot.
#[derive(Debug, Default)]
struct FotaApn {
    ip_type: u64,
    apn: String,
    user: String,
    password: String,
}

/// The commands of a BG96.
#[derive(Debug)]
pub(crate) struct Bg96 {
    urc_port: UrcPort,
    apn: FotaApn,
}

impl Bg96 {
    pub(crate) fn new(body: &mut Body) -> Self {
        if let Some(package) = body.spec.preloaded.clone() {
            // What does not fit into the file system is not there.
            let _ = body.files.put(PACKAGE, package.to_vec());
        }
        Self { urc_port: UrcPort::new(body), apn: FotaApn::default() }
    }

    /// `QCFGEXT="fota_apn"` (BG96 DFOTA guide, 3.2; `families.md`, C25).
    fn fota_apn(&mut self, command: &Command) -> Reply {
        if command.quoted(0) != Some("fota_apn") {
            return Reply::new(WRONG_PARAMETERS);
        }
        match (command.arguments.len(), command.number(1), command.quoted(2)) {
            (1, _, _) => {
                let FotaApn { ip_type, apn, user, password } = &self.apn;
                Reply::line(format!("+QCFGEXT: \"fota_apn\",{ip_type},\"{apn}\",\"{user}\",\"{password}\""))
            }
            (3 | 5, Some(ip_type @ 0..=2), Some(apn)) => {
                let field = |index| command.quoted(index).unwrap_or_default().to_owned();
                self.apn = FotaApn { ip_type, apn: apn.to_owned(), user: field(3), password: field(4) };
                Reply::ok()
            }
            _ => Reply::new(WRONG_PARAMETERS),
        }
    }

    /// `QFOTADL` (BG96 DFOTA guide, 3.1).
    fn fota(&mut self, body: &mut Body, command: &Command) -> Reply {
        match command.form {
            Form::Test => return Reply::ok(),
            Form::Run | Form::Read => return Reply::error(),
            Form::Set if body.is_updating() => return Reply::new(NOT_ALLOWED),
            Form::Set => {}
        }
        let mut script = Script::new();
        let mut reply = Reply::ok().after_ms(body.random.between(100, 1_500));
        if body.shows(Behaviour::PortDropsBeforeOk) {
            reply.result = ResultCode::Nothing;
            script.then(Effect::Say(b"\r\nO".to_vec())).cycle_port(3_000).then(Effect::Listens);
        }
        let url = command.quoted(0).map(str::to_owned);
        match url {
            Some(url) if is_http(&url) => {
                body.accept_trigger(Stage::Downloading);
                self.download(body, &mut script, url);
            }
            None if command.number(0) == Some(1) => {
                body.accept_trigger(Stage::Starting);
                script.wait(body.random.between(500, 2_000)).then(Effect::Step(Step::Flash));
            }
            Some(_) | None => return Reply::error(),
        }
        reply.then(script)
    }

    fn download(&self, body: &mut Body, script: &mut Script, url: String) {
        script.wait(body.random.between(300, 1_500));
        if !body.shows(Behaviour::StartLost) {
            self.qind(script, "\"HTTPSTART\"");
        }
        if body.shows(Behaviour::LateDownloadError) {
            script.wait(LATE_MS).then(Effect::Step(Step::DownloadStalled));
        } else if !body.shows(Behaviour::NoProgress) {
            script.then(Effect::Fetch(url));
            body.plan_power_cut_in_download(script);
            script.wait(DOWNLOAD_MS).then(Effect::Step(Step::DownloadStalled));
        }
    }

    fn qind(&self, script: &mut Script, text: &str) {
        if self.urc_port.is_here() {
            script.say(&format!("+QIND: \"FOTA\",{text}"));
        }
    }

    /// The download has ended; `error` 0 is success.
    fn end_download(&self, body: &mut Body, error: u16) {
        body.timeline.cancel(Step::DownloadStalled);
        let mut script = Script::new();
        if error != 0 || !body.shows(Behaviour::EndLost) {
            self.qind(&mut script, &format!("\"HTTPEND\",{error}"));
        }
        if error == 0 {
            script.wait(body.random.between(2_000, 6_000)).then(Effect::Step(Step::Flash));
        } else {
            script.then(Effect::Ended(Ending::Failed));
        }
        body.play(script);
    }

    fn store(&self, body: &mut Body, content: &[u8]) {
        let error = if content.len() > LARGEST {
            708
        } else if body.files.put(PACKAGE, content.to_vec()).is_err() {
            707
        } else {
            body.stage = Stage::Starting;
            0
        };
        self.end_download(body, error);
    }
}

/// One module in three shows `/fota` to its port: both kinds are possible (`families.md`, C30).
fn reach(body: &Body) -> Reach {
    let fota = (body.form(3) == 0).then_some(LARGEST as u64);
    Reach { largest: LARGEST_UPLOAD, folder: Some("/datatx/"), fota }
}

/// The guide's rule for an address: it starts with `HTTP://` or `HTTPS://` and has at most 255 bytes.
fn is_http(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    url.len() <= 255 && (lower.starts_with("http://") || lower.starts_with("https://"))
}

impl Personality for Bg96 {
    fn is_trigger(&self, command: &Command) -> bool {
        command.is("+QFOTADL", Form::Set)
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        match (command.name.as_str(), command.form) {
            ("+QFOTADL", _) => Some(self.fota(body, command)),
            ("+QCFGEXT", Form::Set) => Some(self.fota_apn(command)),
            _ => quectel::identity(body, command)
                .or_else(|| self.urc_port.answer(command))
                .or_else(|| quectel::answer(body, command, reach(body))),
        }
    }

    fn received(&mut self, body: &mut Body, raw: RawMode) -> Reply {
        quectel::received(body, raw)
    }

    fn root(&self, body: &Body) -> Option<Vec<u8>> {
        body.files.get(ROOT).map(<[u8]>::to_vec)
    }

    fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        match event {
            FetchEvent::Progress { .. } => {
                body.timeline.cancel(Step::DownloadStalled);
                body.timeline.add(body.now_ms + DOWNLOAD_MS, Effect::Step(Step::DownloadStalled));
            }
            FetchEvent::Done(content) => self.store(body, content),
            FetchEvent::Status(404) => self.end_download(body, 706),
            FetchEvent::Status(_) => self.end_download(body, 703),
            FetchEvent::Network(_) => self.end_download(body, 702),
        }
    }

    fn step(&mut self, body: &mut Body, step: Step) {
        match step {
            Step::Flash => {
                let script = flash::flash(body, self.urc_port.is_here());
                body.play(script);
            }
            Step::DownloadStalled => {
                let error = if body.shows(Behaviour::LateDownloadError) { 702 } else { 704 };
                body.stop_fetching();
                self.end_download(body, error);
            }
            Step::Sleep => {}
        }
    }

    fn boot(&mut self, _body: &mut Body) {}

    fn power_up(&mut self, body: &mut Body) -> Script {
        flash::power_up(body, self.urc_port.is_here())
    }
}
