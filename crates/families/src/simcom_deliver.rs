//! How the package gets into `/fota/update.zip` of a SIM7000 or SIM7080 (SIM7000 note, 5.2; SIM7080 note, 4.2).

use at::{Command, Line, Prompt};
use events::{Phase, What};
use procedure::{Ask, Block, Content, Judge, Judgement, Pacing, Poll, SizeProbe, Step, Upload};

use crate::job::{Job, Unfit, s};
use crate::simcom::{BLOCK_MS, Series};

/// "Local delta package name must be update.zip" (SIM7000 note, 5.2).
const FILE: &str = "update.zip";
/// Directory index of `/fota/` (C16).
const FOTA_DIRECTORY: u8 = 1;
/// Longest block of `CFSWFILE` in bytes: "less than" 10240.
const BLOCK_BYTES: u64 = 10_000;
/// A block takes so many seconds of the line at most, so that it fits its time.
const BLOCK_LINE_S: u64 = 8;
/// Time-out of `HTTPTOFS` without progress, seconds (10–1000), and its retries (5–100).
const HTTP_TIMEOUT_S: u32 = 300;
const HTTP_RETRIES: u32 = 5;

fn deliver(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Deliver, source, ask)
}

/// First of every delivery: a stale file must never be mistaken for ours.
pub(crate) fn clear_file(series: &Series, job: &Job) -> Vec<Step> {
    vec![
        deliver(series.about, job.ask("AT+CFSTERM").or_not()),
        deliver(series.about, job.ask("AT+CFSINIT")),
        deliver(series.about, job.ask("AT+CFSDFILE=1,\"update.zip\"").or_not()),
        deliver(series.about, job.ask("AT+CFSTERM")),
    ]
}

/// Last of every delivery: the file has the package's size.
pub(crate) fn file_is_whole(series: &Series, job: &Job) -> Vec<Step> {
    let size = Judge::value("+CFSGFIS", 0, job.package.size.to_string());
    vec![
        deliver(series.about, job.ask("AT+CFSINIT")),
        deliver(series.about, job.ask("AT+CFSGFIS=1,\"update.zip\"").expecting(size).or(What::Size)),
        deliver(series.about, job.ask("AT+CFSTERM")),
    ]
}

/// `HTTPTOFS` (C13), then `HTTPTOFSRL?` until the result comes by itself.
pub(crate) fn download_http(series: &Series, job: &Job, scheme: &str) -> Result<Vec<Step>, Unfit> {
    let command = Command::set("AT+HTTPTOFS")
        .quoted("url", &job.link()?.url(scheme), 255)
        .literal("/fota/update.zip")
        .number(HTTP_TIMEOUT_S)
        .number(HTTP_RETRIES)
        .build()?;
    let progress = progress(job, "AT+HTTPTOFSRL?", http_downloaded(job.package.size));
    Ok(vec![
        deliver(series.http, Ask::new(command, job.settings.deadlines.command_ms)),
        Step::new(Phase::Deliver, series.http, progress),
    ])
}

fn progress(job: &Job, command: &'static str, judge: Judge) -> Poll {
    let deadlines = &job.settings.deadlines;
    Poll {
        commands: vec![Command::plain(command)],
        every_ms: s(5),
        judge,
        idle_ms: deadlines.download_idle_ms,
        timeout_ms: deadlines.command_ms,
        otherwise: What::Stalled,
        unknown_is_good: false,
    }
}

/// `+HTTPTOFS: 200,<size>` ends it well. The read form `HTTPTOFS?` answers with the same prefix and other fields (C14),
/// `HTTPTOFSRL?` of the SIM7080 with the same prefix and three numbers (C20).
pub(crate) fn http_downloaded(size: u64) -> Judge {
    Judge::new(format!("+HTTPTOFS: 200,{size}"), move |line| {
        let numbers: Vec<i64> = (0..line.fields().len()).map_while(|place| line.int(place)).collect();
        match (line.name()?, numbers.as_slice()) {
            ("+HTTPTOFSRL" | "+HTTPTOFS", [_, current, _]) => {
                Some(Judgement::Progress(u64::try_from(*current).ok()?, size))
            }
            ("+HTTPTOFS", [status, bytes]) if line.fields().len() == 2 => {
                Some(http_end(*status, *bytes, size))
            }
            _ => None,
        }
    })
}

/// Status 200 and all the bytes, or it failed (SIM7000 AT manual, `HTTPTOFS`).
fn http_end(status: i64, bytes: i64, size: u64) -> Judgement {
    let (what, meaning) = match status {
        200 if u64::try_from(bytes) == Ok(size) => return Judgement::Good,
        200 => (What::Short, "but not all bytes"),
        404 => (What::Missing, "the server has no such file"),
        100..=599 => (What::Refused, "the server's answer"),
        600 => (What::Network, "not HTTP"),
        601 => (What::Network, "network error"),
        602 => (What::Internal, "no memory"),
        603 => (What::Network, "DNS error"),
        604 => (What::Network, "stack busy"),
        620 => (What::Network, "SSL error"),
        _ => (What::Network, "other error"),
    };
    Judgement::Bad(what, format!("HTTPTOFS ended with {status} ({meaning}) and {bytes} bytes"))
}

/// `FTPEXTGET` straight into the directory, then `FTPTOFSST` until the result comes by itself (C15).
pub(crate) fn download_ftp(series: &Series, job: &Job) -> Result<Vec<Step>, Unfit> {
    const STRAIGHT_TO_DIRECTORY: u8 = 2;
    let (link, login) = (job.link()?, job.login()?);
    let (folder, file) = link.folder_and_file();
    let set =
        |name, parameter, value: &str, limit| Command::set(name).quoted(parameter, value, limit).build();
    let mut commands = vec![
        Command::set("AT+FTPCID").number(series.ftp_cid).build()?,
        set("AT+FTPSERV", "server", &link.host, 63)?,
    ];
    if link.port != 21 {
        commands.push(Command::set("AT+FTPPORT").number(link.port).build()?);
    }
    commands.push(set("AT+FTPUN", "user name", &login.user, 50)?);
    let password = &login.password;
    commands.push(Command::set("AT+FTPPW").quoted_with_secret("password", password, password, 50).build()?);
    commands.push(set("AT+FTPGETNAME", "file name", file, 99)?);
    commands.push(set("AT+FTPGETPATH", "path", folder, 255)?);
    let get = Command::set("AT+FTPEXTGET").number(STRAIGHT_TO_DIRECTORY).number(FOTA_DIRECTORY).literal(FILE);
    commands.push(get.build()?);
    let ask = |command| deliver(series.ftp, Ask::new(command, job.settings.deadlines.command_ms));
    let mut steps: Vec<Step> = commands.into_iter().map(ask).collect();
    steps.push(Step::new(Phase::Deliver, series.ftp, progress(job, "AT+FTPTOFSST", ftp_downloaded())));
    Ok(steps)
}

/// `+FTPEXTGETFILE: 1,0` ends it well, any other second field badly; `+FTPTOFSST: 1,0,10` is in progress.
fn ftp_downloaded() -> Judge {
    Judge::new("+FTPEXTGETFILE: 1,0", |line| match line.name()? {
        "+FTPEXTGETFILE" => Some(match line.int(1) {
            Some(0) => Judgement::Good,
            Some(error) => Judgement::Bad(What::Network, format!("FTPEXTGET ended with error {error}")),
            None => Judgement::NotYet,
        }),
        "+FTPTOFSST" => Some(Judgement::Progress(line.int(2)?.try_into().ok()?, 0)),
        _ => None,
    })
}

/// Blocks of `CFSWFILE`.
pub(crate) fn through_the_port(series: &Series, job: &Job) -> Result<Vec<Step>, Unfit> {
    let upload = Upload {
        content: Content::Package,
        blocks: blocks(job)?,
        prompt: Prompt::Download,
        pacing: Pacing { chunk_bytes: BLOCK_BYTES, bytes_per_s: None },
        ack_bytes: None,
        judge: None,
        data_mode_ms: BLOCK_MS,
        own_port: job.usb,
        idle_ms: job.settings.deadlines.upload_idle_ms,
        size: Some(SizeProbe { command: Command::plain("AT+CFSGFIS=1,\"update.zip\""), read: file_size }),
        otherwise: What::Block,
    };
    Ok(vec![
        deliver(series.port, job.ask("AT+CFSINIT")),
        Step::new(Phase::Deliver, series.port, upload),
        deliver(series.port, job.ask("AT+CFSTERM")),
    ])
}

fn blocks(job: &Job) -> Result<Vec<Block>, Unfit> {
    let line_bytes = if job.usb { BLOCK_BYTES } else { u64::from(job.baud) / 10 * BLOCK_LINE_S };
    let step = line_bytes.clamp(100, BLOCK_BYTES);
    let mut found = Vec::new();
    let mut offset = 0;
    while offset < job.package.size {
        let length = step.min(job.package.size - offset);
        let command = Command::set("AT+CFSWFILE")
            .number(FOTA_DIRECTORY)
            .literal(FILE)
            .number(u8::from(offset > 0))
            .number(length)
            .number(BLOCK_MS)
            .build()?;
        found.push(Block { command, offset, length });
        offset += length;
    }
    Ok(found)
}

pub(crate) fn file_size(line: &Line) -> Option<u64> {
    line.is("+CFSGFIS").then(|| line.int(0)).flatten()?.try_into().ok()
}

/// The package lies there already; that it has the right size is asked last, as in every delivery.
pub(crate) fn already_there(_: &Series, job: &Job) -> Result<Vec<Step>, Unfit> {
    let name = &job.preloaded()?.name;
    if name != FILE {
        return Err(Unfit(format!("preloaded_as is `{name}`, but the package has to lie there as {FILE}")));
    }
    Ok(Vec::new())
}
