//! SIM7000 series, in the order of the *SIM7000 Series FOTA Application Note* V1.01 (called "SIM7000 note" here),
//! with what `families.md` settles (C11–C18).

use at::{Command, Line, Prompt};
use events::{Delivery, Family, Fault, Phase, What};
use procedure::{
    Ask, Block, FollowUp, Judge, Judgement, Pacing, Plan, Poll, Recognise, Sign, SizeProbe, Step, Trigger,
    Upload,
};

use crate::job::{Deadlines, Job, Link, Unfit, min, s};
use crate::procedures::{Procedures, checkpoint, identify_again};
use crate::radio::{attached, bearer, csq, is_address, registered, sim_ready};

/// The SIM7000 series.
pub(crate) struct Sim7000;

/// "Local delta package name must be update.zip" (SIM7000 note, 5.2).
const FILE: &str = "update.zip";
/// Directory index of `/fota/` (C16).
const FOTA_DIRECTORY: u8 = 1;
/// Longest block of `CFSWFILE` in bytes: "less than" 10240.
const BLOCK_BYTES: u64 = 10_000;
/// Longest time of `CFSWFILE`, milliseconds.
const BLOCK_MS: u64 = 10_000;
/// A block takes so many seconds of the line at most, so that it fits its time.
const BLOCK_LINE_S: u64 = 8;
/// Time-out of `HTTPTOFS` without progress, seconds (10–1000), and its retries (5–100).
const HTTP_TIMEOUT_S: u32 = 300;
const HTTP_RETRIES: u32 = 5;

impl Procedures for Sim7000 {
    fn family(&self) -> Family {
        Family::Sim7000
    }

    fn recognise(&self) -> Recognise {
        let revision = vec![Command::plain("AT+GMR")];
        Recognise { family: Family::Sim7000, prefix: "SIM7000", revision, full_revision: None }
    }

    fn deliveries(&self) -> &'static [Delivery] {
        &[Delivery::Http, Delivery::Serial]
    }

    fn deadlines(&self) -> Deadlines {
        Deadlines {
            command_ms: s(5),
            slow_command_ms: s(60),
            download_idle_ms: min(10),
            upload_idle_ms: BLOCK_MS + s(5),
            quiet_ms: s(120),
            port_away_ms: min(5),
            silence_ms: None,
            resolution_ms: min(30),
        }
    }

    fn survey(&self, command_ms: u64, delivery: Delivery) -> Plan {
        let ask = |source, command, name| {
            Step::new(Phase::Preflight, source, Ask::new(Command::plain(command), command_ms).kept(name))
        };
        let mut steps = vec![ask("SIM7000 note, 3.1", "AT+CFOTA?", "cfota")];
        if delivery.over_the_air() {
            steps.push(ask("SIM7000 note, 4.1", "AT+CGATT?", "cgatt"));
            steps.push(ask("SIM7000 note, 4.1", "AT+CNACT?", "cnact"));
        }
        Plan { steps, ..Plan::default() }
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        let mut plan = Plan::default();
        if under_way(job) {
            plan.steps.push(checkpoint("families.md, SIM7000 series"));
            plan.steps.push(follow_step("families.md, SIM7000 series", self.follow_up(job)));
            return Ok(plan);
        }
        plan.steps.extend(clear_old_result(job));
        match job.delivery {
            Delivery::Http => {
                plan.steps.extend(bearer_up(job)?);
                plan.steps.extend(clear_file(job));
                plan.steps.extend(download(job)?);
            }
            Delivery::Serial => {
                plan.steps.extend(clear_file(job));
                plan.steps.extend(through_the_port(job)?);
            }
            other @ (Delivery::Https | Delivery::Ftp | Delivery::Preloaded) => {
                return Err(Unfit(format!("sim7000 has no delivery by {other}")));
            }
        }
        plan.steps.extend(file_is_whole(job));
        plan.steps.push(checkpoint("SIM7000 note, 5.3"));
        plan.steps.push(start(job));
        plan.steps.push(follow_step("SIM7000 note, 5.3 and 5.4", self.follow_up(job)));
        plan.cleanup = put_back(job);
        Ok(plan)
    }

    fn follow_up(&self, job: &Job) -> FollowUp {
        FollowUp {
            begins: Phase::Update,
            signs,
            status: Some(Command::plain("AT+CFOTA?")),
            repeat: None,
            identify: identify_again(job, self.recognise()),
            expected: job.expected(),
            waits: job.settings.deadlines.waits(),
        }
    }
}

fn follow_step(source: &'static str, follow: FollowUp) -> Step {
    Step::new(Phase::Update, source, follow)
}

fn preflight(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Preflight, source, ask)
}

fn deliver(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Deliver, source, ask)
}

fn plain(job: &Job, text: &'static str) -> Ask {
    Ask::new(Command::plain(text), job.settings.deadlines.command_ms)
}

/// A line that the survey kept under `fact`.
fn kept<'a>(job: &'a Job, fact: &str, name: &str) -> Option<&'a Line> {
    job.facts.get(fact)?.iter().find(|line| line.is(name))
}

// 3.1  AT+CFOTA: status 1–5 says that an update is under way; it is followed up, no other is started.

fn status(job: &Job) -> Option<i64> {
    kept(job, "cfota", "+CFOTA").and_then(|line| line.int(0))
}

fn under_way(job: &Job) -> bool {
    matches!(status(job), Some(1..=5))
}

/// 6 and 7 may be last month's.
fn clear_old_result(job: &Job) -> Option<Step> {
    let clear = || preflight("SIM7000 note, 3.1", plain(job, "AT+CFOTA=0").or_not());
    matches!(status(job), Some(6 | 7)).then(clear)
}

// 4  Bearer configuration.

fn bearer_up(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "SIM7000 note, 4.1";
    let deadlines = &job.settings.deadlines;
    let mut steps = vec![sim_ready(SOURCE, deadlines)];
    if needs_manual_apn(job) {
        steps.extend(manual_apn(job)?);
    } else {
        steps.push(preflight(SOURCE, Ask::new(context(job)?, deadlines.command_ms)));
    }
    steps.push(csq(SOURCE, deadlines));
    steps.push(attached(SOURCE, deadlines));
    steps.push(registered("families.md, Deadlines", deadlines));
    steps.push(preflight(SOURCE, plain(job, "AT+COPS?").or_not()));
    steps.push(preflight(SOURCE, plain(job, "AT+CGNAPN").or_not()));
    if let Some(command) = credentials(job)? {
        steps.push(preflight(SOURCE, Ask::new(command, deadlines.command_ms)));
    }
    if !active(job) {
        let (configured, other) = activate(job)?;
        let ask = Ask::new(configured, deadlines.slow_command_ms).or_else(other).or(What::Bearer);
        steps.push(preflight(SOURCE, ask));
    }
    steps.push(bearer(SOURCE, deadlines, "AT+CNACT?", "+CNACT", has_address));
    Ok(steps)
}

fn context(job: &Job) -> Result<Command, Unfit> {
    let apn = job.network.apn.as_deref().unwrap_or_default();
    Ok(Command::set("AT+CGDCONT").number(1u8).literal("IP").quoted("apn", apn, 100).build()?)
}

/// `AT+CNCFG=1,"apn","user","pw"`, when an APN is set.
fn credentials(job: &Job) -> Result<Option<Command>, Unfit> {
    let Some(apn) = &job.network.apn else { return Ok(None) };
    let mut command = Command::set("AT+CNCFG").number(1u8).quoted("apn", apn, 100);
    if let Some(user) = &job.network.user {
        let password = job.network.password.as_deref().unwrap_or_default();
        command = command.quoted("user", user, 64).quoted_with_secret("password", password, password, 64);
    }
    Ok(Some(command.build()?))
}

/// C12: the note writes both forms; the manual's second argument is an APN. The configured form comes first, the other
/// is tried once on an error.
fn activate(job: &Job) -> Result<(Command, Command), Unfit> {
    let bare = Command::plain("AT+CNACT=1");
    match &job.network.apn {
        Some(apn) => Ok((Command::set("AT+CNACT").number(1u8).quoted("apn", apn, 100).build()?, bare)),
        None => Ok((bare, Command::plain("AT+CNACT=1,1"))),
    }
}

/// C11: two or three fields, the last a quoted address.
fn has_address(line: &Line) -> bool {
    line.fields().last().is_some_and(|field| is_address(field.text()))
}

fn active(job: &Job) -> bool {
    kept(job, "cnact", "+CNACT").is_some_and(has_address)
}

/// 4.2: not attached by itself, and an APN is known.
fn needs_manual_apn(job: &Job) -> bool {
    let detached = kept(job, "cgatt", "+CGATT").and_then(|line| line.int(0)) == Some(0);
    detached && job.network.apn.is_some()
}

fn manual_apn(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "SIM7000 note, 4.2";
    let slow_ms = job.settings.deadlines.slow_command_ms;
    Ok(vec![
        preflight(SOURCE, Ask::new(Command::plain("AT+CFUN=0"), slow_ms)),
        preflight(SOURCE, Ask::new(context(job)?, slow_ms)),
        preflight(SOURCE, Ask::new(Command::plain("AT+CFUN=1"), slow_ms)),
        sim_ready(SOURCE, &job.settings.deadlines),
    ])
}

// 5.2  The module gets the delta firmware file.

/// A stale file must never be mistaken for ours.
fn clear_file(job: &Job) -> Vec<Step> {
    const SOURCE: &str = "families.md, SIM7000 series";
    vec![
        deliver(SOURCE, plain(job, "AT+CFSTERM").or_not()),
        deliver(SOURCE, plain(job, "AT+CFSINIT")),
        deliver(SOURCE, plain(job, "AT+CFSDFILE=1,\"update.zip\"").or_not()),
        deliver(SOURCE, plain(job, "AT+CFSTERM")),
    ]
}

/// 5.2.1: `HTTPTOFS` (C13), then `HTTPTOFSRL?` until the result comes by itself.
fn download(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "SIM7000 note, 5.2.1";
    let deadlines = &job.settings.deadlines;
    let link = job.link.as_ref().ok_or_else(|| Unfit("there is no HTTP package host".into()))?;
    let command = Command::set("AT+HTTPTOFS")
        .quoted("url", &Link::http(link), 255)
        .literal("/fota/update.zip")
        .number(HTTP_TIMEOUT_S)
        .number(HTTP_RETRIES)
        .build()?;
    let progress = Poll {
        commands: vec![Command::plain("AT+HTTPTOFSRL?")],
        every_ms: s(5),
        judge: downloaded(job.package.size),
        idle_ms: deadlines.download_idle_ms,
        timeout_ms: deadlines.command_ms,
        otherwise: What::Stalled,
        unknown_is_good: false,
    };
    Ok(vec![
        deliver(SOURCE, Ask::new(command, deadlines.command_ms)),
        Step::new(Phase::Deliver, SOURCE, progress),
    ])
}

/// `+HTTPTOFS: 200,<size>` ends it well. The read form `HTTPTOFS?` answers with the same prefix and other fields (C14).
fn downloaded(size: u64) -> Judge {
    Judge::new(format!("+HTTPTOFS: 200,{size}"), move |line| {
        let (first, second) = (line.int(0)?, line.int(1)?);
        match line.name()? {
            "+HTTPTOFSRL" => Some(Judgement::Progress(line.int(1)?.try_into().ok()?, size)),
            "+HTTPTOFS" if line.fields().len() == 2 => Some(http_end(first, second, size)),
            _ => None,
        }
    })
}

/// Status 200 and all the bytes, or it failed (SIM7000 AT manual, `HTTPTOFS`).
fn http_end(status: i64, bytes: i64, size: u64) -> Judgement {
    let what = match status {
        200 if u64::try_from(bytes) == Ok(size) => return Judgement::Good,
        200 => What::Short,
        404 => What::Missing,
        100..=599 => What::Refused,
        602 => What::Internal,
        _ => What::Network,
    };
    Judgement::Bad(what, format!("HTTPTOFS ended with {status} ({}) and {bytes} bytes", http_status(status)))
}

fn http_status(status: i64) -> &'static str {
    match status {
        200 => "but not all bytes",
        600 => "not HTTP",
        601 => "network error",
        602 => "no memory",
        603 => "DNS error",
        604 => "stack busy",
        620 => "SSL error",
        100..=599 => "the server's answer",
        _ => "other error",
    }
}

/// 5.2.3: blocks of `CFSWFILE`.
fn through_the_port(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "SIM7000 note, 5.2.3";
    let deadlines = &job.settings.deadlines;
    let upload = Upload {
        blocks: blocks(job)?,
        prompt: Prompt::Download,
        pacing: Pacing { chunk_bytes: BLOCK_BYTES, pause_ms: 0 },
        ack_bytes: None,
        judge: None,
        data_mode_ms: BLOCK_MS,
        idle_ms: deadlines.upload_idle_ms,
        size: Some(SizeProbe { command: Command::plain("AT+CFSGFIS=1,\"update.zip\""), read: file_size }),
        otherwise: What::Block,
    };
    Ok(vec![
        deliver(SOURCE, plain(job, "AT+CFSINIT")),
        Step::new(Phase::Deliver, SOURCE, upload),
        deliver(SOURCE, plain(job, "AT+CFSTERM")),
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

fn file_size(line: &Line) -> Option<u64> {
    line.is("+CFSGFIS").then(|| line.int(0)).flatten()?.try_into().ok()
}

/// Last of every delivery: the file has the package's size.
fn file_is_whole(job: &Job) -> Vec<Step> {
    const SOURCE: &str = "families.md, SIM7000 series";
    let size = Judge::value("+CFSGFIS", 0, job.package.size.to_string());
    vec![
        deliver(SOURCE, plain(job, "AT+CFSINIT")),
        deliver(SOURCE, plain(job, "AT+CFSGFIS=1,\"update.zip\"").expecting(size).or(What::Size)),
        deliver(SOURCE, plain(job, "AT+CFSTERM")),
    ]
}

// 5.3  The module is told to update: AT+CFOTA=1 starts the update and resets the module (C17).

fn start(job: &Job) -> Step {
    let trigger =
        Trigger { command: Command::plain("AT+CFOTA=1"), timeout_ms: job.settings.deadlines.command_ms };
    Step::new(Phase::Trigger, "SIM7000 note, 5.3", trigger)
}

/// 5.3 and 5.4: what the module says of its update, by itself or when asked (C18).
fn signs(line: &Line) -> Option<Sign> {
    if matches!(line.text(), "RDY" | "SMS Ready") {
        return Some(Sign::Booted);
    }
    if !line.is("+CFOTA") {
        return None;
    }
    let failed = |message: String| Sign::Terminal(Fault::new(Phase::Update, What::Failed, message));
    let text = line.field(0)?;
    match line.int(0) {
        Some(1 | 2 | 4) => Some(Sign::Alive(Phase::Update)),
        Some(3) => Some(failed("CFOTA: 3, fail in recovery modem".into())),
        Some(5) => Some(failed("CFOTA: 5, fail in recovery AP".into())),
        Some(6) => Some(Sign::Success),
        Some(7) => Some(failed("CFOTA: 7, the module updating fails".into())),
        None if text.starts_with("Start to update") => Some(Sign::Alive(Phase::Update)),
        None if text.starts_with("Updating") => Some(Sign::Percent(percent(line))),
        None if text.starts_with("Update success") => Some(Sign::Success),
        None if text.starts_with("Update fail") => Some(failed(text.to_owned())),
        Some(_) | None => None,
    }
}

fn percent(line: &Line) -> u64 {
    line.int(1).and_then(|percent| percent.try_into().ok()).unwrap_or_default()
}

/// Whatever happened: the file system is closed, the file gone, the flag clean, the bearer as it was.
fn put_back(job: &Job) -> Vec<Step> {
    const SOURCE: &str = "families.md, For every family, 6";
    let mut texts =
        vec!["AT+CFSTERM", "AT+CFSINIT", "AT+CFSDFILE=1,\"update.zip\"", "AT+CFSTERM", "AT+CFOTA=0"];
    if job.delivery.over_the_air() && !active(job) {
        texts.push("AT+CNACT=0");
    }
    texts.into_iter().map(|text| Step::new(Phase::Cleanup, SOURCE, plain(job, text).or_not())).collect()
}

#[cfg(test)]
mod tests;
