//! The AG35.
//!
//! Source: AG35 DFOTA guide V1.0, and `families.md`, AG35.

use crate::ag35_flash as flash;
use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::personality::Personality;
use crate::quectel::{self, Reach, UrcPort};
use crate::raw::RawMode;
use crate::reply::{NOT_ALLOWED, NOT_FOUND, Reply, ResultCode, WRONG_PARAMETERS};
use crate::simcom_fetch::LATE_MS;
use crate::timeline::{Effect, Ending, Script, Step};
use crate::update::Stage;

/// Where a download lies.
const DOWNLOADED: &str = "/cache/update.zip";
/// How files of the UFS are named in `QFOTADL` (AG35 DFOTA guide, 3.3).
const UFS: &str = "/data/ufs/";
/// The UFS is all that it shows, up to files of 12 MiB.
const REACH: Reach = Reach { largest: 12 * 1024 * 1024, folder: None, fota: None };
/// How long a download may be silent.
const DOWNLOAD_MS: u64 = 180_000;

/// The commands of an AG35.
#[derive(Debug)]
pub(crate) struct Ag35 {
    urc_port: UrcPort,
    /// The package of the running update.
    package: String,
    /// `FTP` or `HTTP`, and what its unknown error is.
    way: (&'static str, u16),
}

/// What `QFOTADL` is told to take.
enum Source {
    Ftp,
    Http,
    File(String),
}

impl Ag35 {
    pub(crate) fn new(body: &mut Body) -> Self {
        if let Some(package) = body.spec.preloaded.clone() {
            // What does not fit into the file system is not there.
            let _ = body.files.put("ufs/update.zip", package.to_vec());
        }
        Self { urc_port: UrcPort::new(body), package: String::new(), way: ("HTTP", 701) }
    }

    /// `QFOTADL` (AG35 DFOTA guide, 3.1 to 3.3).
    fn fota(&mut self, body: &mut Body, command: &Command) -> Reply {
        match command.form {
            Form::Test => return Reply::ok(),
            Form::Run | Form::Read => return Reply::error(),
            Form::Set if body.is_updating() => return Reply::new(NOT_ALLOWED),
            Form::Set => {}
        }
        let address = command.quoted(0).unwrap_or_default().to_owned();
        let Some(source) = source(&address) else {
            return Reply::new(WRONG_PARAMETERS);
        };
        let mut script = Script::new();
        let mut reply = Reply::ok().after_ms(body.random.between(100, 1_500));
        if body.shows(Behaviour::PortDropsBeforeOk) {
            reply.result = ResultCode::Nothing;
            script.then(Effect::Say(b"\r\nO".to_vec())).cycle_port(3_000).then(Effect::Listens);
        }
        DOWNLOADED.clone_into(&mut self.package);
        match source {
            Source::File(path) if body.files.size(&path).is_none() => return Reply::new(NOT_FOUND),
            Source::File(path) => {
                self.package = path;
                body.accept_trigger(Stage::Starting);
                script.wait(body.random.between(500, 2_000)).then(Effect::Step(Step::Flash));
                return reply.then(script);
            }
            Source::Ftp => self.way = ("FTP", 601),
            Source::Http => self.way = ("HTTP", 701),
        }
        body.accept_trigger(Stage::Downloading);
        self.download(body, &mut script, address);
        reply.then(script)
    }

    fn download(&self, body: &mut Body, script: &mut Script, url: String) {
        script.wait(body.random.between(300, 1_500));
        if !body.shows(Behaviour::StartLost) {
            // The guide prints a space here for FTP, and none for HTTP (`families.md`, C24).
            let space = if self.way.0 == "FTP" { " " } else { "" };
            self.qind(script, &format!("{space}\"{}START\"", self.way.0));
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

    /// The download has ended; `error` 0 means downloaded, never upgraded (`families.md`, C22).
    fn end_download(&self, body: &mut Body, error: u16) {
        body.timeline.cancel(Step::DownloadStalled);
        let mut script = Script::new();
        if error != 0 || !body.shows(Behaviour::EndLost) {
            self.qind(&mut script, &format!("\"{}END\",{error}", self.way.0));
        }
        if error == 0 {
            script.wait(body.random.between(2_000, 5_000)).then(Effect::Step(Step::Flash));
        } else {
            script.then(Effect::Ended(Ending::Failed));
        }
        body.play(script);
    }
}

/// The guide's rules: `FTP://` with parts of at most 50 bytes, `HTTP://`, at most 255 bytes; a file of the UFS,
/// at most 128.
fn source(address: &str) -> Option<Source> {
    if let Some(name) = address.strip_prefix(UFS) {
        let fits = address.len() <= 128 && !name.is_empty();
        return fits.then(|| Source::File(format!("ufs/{name}")));
    }
    if address.len() > 255 {
        return None;
    }
    let (scheme, rest) = address.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some(Source::Http),
        "ftp" => rest.split(['@', ':', '/']).all(|part| part.len() <= 50).then_some(Source::Ftp),
        _ => None,
    }
}

impl Personality for Ag35 {
    fn is_trigger(&self, command: &Command) -> bool {
        command.is("+QFOTADL", Form::Set)
    }

    fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        match (command.name.as_str(), command.form) {
            ("+QFOTADL", _) => Some(self.fota(body, command)),
            _ => quectel::identity(body, command)
                .or_else(|| self.urc_port.answer(command))
                .or_else(|| quectel::answer(body, command, REACH)),
        }
    }

    fn received(&mut self, body: &mut Body, raw: RawMode) -> Reply {
        quectel::received(body, raw)
    }

    fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        match event {
            FetchEvent::Progress { .. } => {
                body.timeline.cancel(Step::DownloadStalled);
                body.timeline.add(body.now_ms + DOWNLOAD_MS, Effect::Step(Step::DownloadStalled));
            }
            FetchEvent::Done(content) if body.files.put(DOWNLOADED, content.clone()).is_ok() => {
                body.stage = Stage::Starting;
                self.end_download(body, 0);
            }
            // The guide names one error for each way; neighbours have been seen (`families.md`, AG35).
            FetchEvent::Status(_) => self.end_download(body, self.way.1 + u16::from(!body.even_seed())),
            FetchEvent::Done(_) | FetchEvent::Network(_) => self.end_download(body, self.way.1),
        }
    }

    fn step(&mut self, body: &mut Body, step: Step) {
        match step {
            Step::Flash => {
                let script = flash::flash(body, &self.package, self.urc_port.is_here());
                body.play(script);
            }
            Step::DownloadStalled => {
                body.stop_fetching();
                self.end_download(body, self.way.1);
            }
            Step::Sleep => {}
        }
    }

    fn boot(&mut self, _body: &mut Body) {}

    fn power_up(&mut self, body: &mut Body) -> Script {
        flash::power_up(body, &self.package, self.urc_port.is_here())
    }
}
