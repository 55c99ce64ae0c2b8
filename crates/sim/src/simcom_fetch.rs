//! SIMCom's downloads into the file system: `HTTPTOFS` and `FTPEXTGET`.
//!
//! Source: SIM7000 FOTA note, 5.2.1 and 5.2.2, and `families.md`, SIM7000.

use events::Family;

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::io::FetchEvent;
use crate::reply::{NOT_ALLOWED, Reply, WRONG_PARAMETERS};
use crate::timeline::{Effect, Script, Step};

/// Six minutes: how long a download is silent before it fails late (behaviour 19).
pub(crate) const LATE_MS: u64 = 360_000;
/// `HTTPTOFS` without a time-out: 50 s, five times.
const HTTP_TIMEOUT: (u64, u64) = (50, 5);

/// What is being fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Http,
    Ftp,
}

#[derive(Debug)]
struct Job {
    way: Way,
    url: String,
    path: String,
    bytes: u64,
    total: u64,
    stalls_after_ms: u64,
}

/// Settings of the FTP session.
#[derive(Debug, Default)]
struct Ftp {
    server: String,
    port: Option<u64>,
    user: String,
    password: String,
    name: String,
    path: String,
}

/// The download commands' memory.
#[derive(Debug, Default)]
pub(crate) struct Downloads {
    job: Option<Job>,
    ftp: Ftp,
}

impl Downloads {
    pub(crate) fn boot(&mut self) {
        *self = Self::default();
    }

    /// Answers a download command; `bearer` tells whether the network is active.
    pub(crate) fn answer(&mut self, body: &mut Body, command: &Command, bearer: bool) -> Option<Reply> {
        let reply = match (command.name.as_str(), command.form) {
            ("+HTTPTOFS" | "+FTPEXTGET", Form::Set) if self.job.is_some() || !bearer => {
                Reply::new(NOT_ALLOWED)
            }
            ("+HTTPTOFS", Form::Set) => self.start_http(body, command),
            ("+HTTPTOFS", Form::Read) => {
                let (busy, url, path) = self.job.as_ref().map_or((0, "", ""), |job| (1, &job.url, &job.path));
                Reply::line(format!("+HTTPTOFS: {busy},\"{url}\",\"{path}\""))
            }
            ("+HTTPTOFSRL", Form::Read) => {
                let (busy, bytes, total) =
                    self.job.as_ref().map_or((0, 0, 0), |job| (1, job.bytes, job.total));
                // The SIM7080 manual's answer has the other command's name (`families.md`, C20).
                let renamed = body.spec.family == Family::Sim7080 && body.form(2) == 1;
                let name = if renamed { "+HTTPTOFS" } else { "+HTTPTOFSRL" };
                Reply::line(format!("{name}: {busy},{bytes},{total}"))
            }
            ("+FTPTOFSST", Form::Run | Form::Read) => {
                Reply::line(if self.job.is_some() { "+FTPTOFSST: 1,0,10" } else { "+FTPTOFSST: 0,0,0" })
            }
            ("+FTPEXTGET", Form::Set) => self.start_ftp(body, command),
            (_, Form::Set) => return self.ftp.set(command),
            _ => return None,
        };
        Some(reply)
    }

    fn start_http(&mut self, body: &mut Body, command: &Command) -> Reply {
        let (Some(url), Some(path)) = (command.quoted(0), command.quoted(1)) else {
            return Reply::new(WRONG_PARAMETERS);
        };
        let timeout = command.number(2).unwrap_or(HTTP_TIMEOUT.0);
        let retries = command.number(3).unwrap_or(HTTP_TIMEOUT.1);
        let in_limits = url.len() <= 255
            && (2..=127).contains(&path.len())
            && path.starts_with('/')
            && (10..=1000).contains(&timeout)
            && (5..=100).contains(&retries);
        if !in_limits {
            return Reply::new(WRONG_PARAMETERS);
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let mut script = Script::new();
            script.wait(300).say("+HTTPTOFS: 600,0");
            return Reply::ok().then(script);
        }
        self.start(body, Way::Http, url.to_owned(), path.to_owned(), timeout * retries * 1000)
    }

    fn start_ftp(&mut self, body: &mut Body, command: &Command) -> Reply {
        let (Some(2), Some(1), Some(name)) = (command.number(0), command.number(1), command.quoted(2)) else {
            return Reply::new(WRONG_PARAMETERS);
        };
        let path = format!("/fota/{name}");
        if body.files.size(&path).is_some() || self.ftp.server.is_empty() || self.ftp.name.is_empty() {
            return Reply::new(NOT_ALLOWED);
        }
        let url = self.ftp.url();
        self.start(body, Way::Ftp, url, path, 300_000)
    }

    fn start(&mut self, body: &mut Body, way: Way, url: String, path: String, stalls_after_ms: u64) -> Reply {
        let mut script = Script::new();
        if body.shows(Behaviour::LateDownloadError) {
            script.wait(LATE_MS).then(Effect::Step(Step::DownloadStalled));
        } else if !body.shows(Behaviour::NoProgress) {
            script.wait(body.random.between(200, 900)).then(Effect::Fetch(url.clone()));
            script.wait(stalls_after_ms).then(Effect::Step(Step::DownloadStalled));
        }
        self.job = Some(Job { way, url, path, bytes: 0, total: 0, stalls_after_ms });
        Reply::ok().then(script)
    }

    /// No byte has come for the command's whole time.
    pub(crate) fn stalled(&mut self, body: &mut Body) {
        body.stop_fetching();
        self.finish(body, 601, 0);
    }

    pub(crate) fn fetched(&mut self, body: &mut Body, event: &FetchEvent) {
        let Some(job) = &mut self.job else {
            return;
        };
        body.timeline.cancel(Step::DownloadStalled);
        match event {
            FetchEvent::Progress { bytes, total } => {
                job.bytes = *bytes;
                job.total = total.unwrap_or_default();
                let at_ms = body.now_ms + job.stalls_after_ms;
                body.timeline.add(at_ms, Effect::Step(Step::DownloadStalled));
            }
            FetchEvent::Done(content) => self.store(body, content),
            FetchEvent::Status(status) => self.finish(body, *status, 0),
            FetchEvent::Network(_) => self.finish(body, 601, 0),
        }
    }

    fn store(&mut self, body: &mut Body, content: &[u8]) {
        let Some(job) = &self.job else {
            return;
        };
        let short = body.shows(Behaviour::ShortDownload);
        let kept = if short { &content[..content.len() * 2 / 3] } else { content };
        let path = job.path.clone();
        let (status, bytes) = match body.files.put(&path, kept.to_vec()) {
            Ok(()) => (200, kept.len()),
            Err(_) => (602, 0),
        };
        self.finish(body, status, bytes);
    }

    fn finish(&mut self, body: &mut Body, status: u16, bytes: usize) {
        let Some(job) = self.job.take() else {
            return;
        };
        match job.way {
            Way::Http => body.urc(&format!("+HTTPTOFS: {status},{bytes}")),
            Way::Ftp if status == 200 => body.urc("+FTPEXTGETFILE: 1,0"),
            Way::Ftp => {
                // The manual's FTP errors: 61 network, 63 connection, 66 no such file, 71 user or password.
                let error = match status {
                    550 => 66,
                    530 => 71,
                    601 => 61,
                    _ => 65,
                };
                body.urc(&format!("+FTPEXTGETFILE: 1,{error}"));
            }
        }
    }
}

impl Ftp {
    fn set(&mut self, command: &Command) -> Option<Reply> {
        let text = command.text(0).unwrap_or_default().to_owned();
        match command.name.as_str() {
            "+FTPCID" => {}
            "+FTPSERV" => self.server = text,
            "+FTPPORT" => self.port = command.number(0),
            "+FTPUN" => self.user = text,
            "+FTPPW" => self.password = text,
            "+FTPGETNAME" => self.name = text,
            "+FTPGETPATH" => self.path = text,
            _ => return None,
        }
        Some(Reply::ok_if(!command.arguments.is_empty(), WRONG_PARAMETERS))
    }

    fn url(&self) -> String {
        let path = self.path.trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let port = self.port.unwrap_or(21);
        format!("ftp://{}:{}@{}:{port}/{path}{slash}{}", self.user, self.password, self.server, self.name)
    }
}
