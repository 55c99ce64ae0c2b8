//! What the SIM7000 and SIM7080 series have in common: the package goes into `/fota/update.zip`, `AT+CFOTA=1` starts the
//! update. Their notes tell it in the same words; each series names its own sections.

use at::{Command, Line};
use events::{Delivery, Fault, Phase, What};
use procedure::{Ask, FollowUp, Plan, Recognise, Sign, Step, Trigger};

use crate::job::{Deadlines, Job, Unfit, min, s};
use crate::procedures::{checkpoint, identify_again};
use crate::simcom_deliver as deliver;

/// Longest time of `CFSWFILE`, milliseconds.
pub(crate) const BLOCK_MS: u64 = 10_000;

/// What differs between the series.
pub(crate) struct Series {
    /// Where `families.md` speaks of it.
    pub(crate) about: &'static str,
    /// The section on `AT+CFOTA`.
    pub(crate) cfota: &'static str,
    /// The section on the bearer.
    pub(crate) bearer: &'static str,
    /// The section on the download over HTTP.
    pub(crate) http: &'static str,
    /// The section on the download over FTP.
    pub(crate) ftp: &'static str,
    /// The section on the transfer through the port.
    pub(crate) port: &'static str,
    /// The section on the start of the update.
    pub(crate) start: &'static str,
    /// The sections on the start and on its result.
    pub(crate) result: &'static str,
    /// `FTPCID`: the bearer's index.
    pub(crate) ftp_cid: u8,
    /// Takes the bearer down again.
    pub(crate) bearer_down: &'static str,
    /// Brings the bearer up.
    pub(crate) bearer_up: fn(&Series, &Job) -> Result<Vec<Step>, Unfit>,
    /// Whether a line of `CNACT?` says that our bearer has an address.
    pub(crate) has_address: fn(&Line) -> bool,
    /// How its models tell their revision.
    pub(crate) recognise: fn() -> Recognise,
}

/// The ways of delivery of both series.
pub(crate) const DELIVERIES: &[Delivery] =
    &[Delivery::Http, Delivery::Https, Delivery::Ftp, Delivery::Serial, Delivery::Preloaded];

/// The deadlines of both series.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    command_ms: s(5),
    slow_command_ms: s(60),
    download_idle_ms: min(10),
    upload_idle_ms: BLOCK_MS + s(5),
    quiet_ms: s(120),
    port_away_ms: min(5),
    silence_ms: None,
    resolution_ms: min(30),
};

/// What is asked before the plan is built.
pub(crate) fn survey(series: &Series, command_ms: u64, delivery: Delivery) -> Plan {
    let ask = |source, command, name| {
        Step::new(Phase::Preflight, source, Ask::new(Command::plain(command), command_ms).kept(name))
    };
    let mut steps = vec![ask(series.cfota, "AT+CFOTA?", "cfota")];
    if delivery.over_the_air() {
        steps.push(ask(series.bearer, "AT+CGATT?", "cgatt"));
        steps.push(ask(series.bearer, "AT+CNACT?", "cnact"));
    }
    Plan { steps, ..Plan::default() }
}

/// The whole procedure.
pub(crate) fn plan(series: &Series, job: &Job) -> Result<Plan, Unfit> {
    let mut plan = Plan::default();
    if under_way(job) {
        plan.steps.push(checkpoint(series.about));
        plan.steps.push(Step::new(Phase::Update, series.about, follow_up(series, job)));
        return Ok(plan);
    }
    plan.steps.extend(clear_old_result(series, job));
    if job.delivery.over_the_air() {
        plan.steps.extend((series.bearer_up)(series, job)?);
    }
    if job.delivery != Delivery::Preloaded {
        plan.steps.extend(deliver::clear_file(series, job));
    }
    plan.steps.extend(match job.delivery {
        Delivery::Http => deliver::download_http(series, job, "http")?,
        Delivery::Https => deliver::download_http(series, job, "https")?,
        Delivery::Ftp => deliver::download_ftp(series, job)?,
        Delivery::Serial => deliver::through_the_port(series, job)?,
        Delivery::Preloaded => deliver::already_there(series, job)?,
    });
    plan.steps.extend(deliver::file_is_whole(series, job));
    plan.steps.push(checkpoint(series.start));
    plan.steps.push(start(series, job));
    plan.steps.push(Step::new(Phase::Update, series.result, follow_up(series, job)));
    plan.cleanup = put_back(series, job);
    Ok(plan)
}

/// Follows a triggered module to its resolution.
pub(crate) fn follow_up(series: &Series, job: &Job) -> FollowUp {
    FollowUp {
        begins: Phase::Update,
        signs,
        status: Some(Command::plain("AT+CFOTA?")),
        repeat: None,
        identify: identify_again(job, (series.recognise)()),
        expected: job.expected(),
        waits: job.settings.deadlines.waits(),
    }
}

// AT+CFOTA?: status 1–5 says that an update is under way; it is followed up, no other is started.

fn status(job: &Job) -> Option<i64> {
    job.kept("cfota", "+CFOTA").and_then(|line| line.int(0))
}

fn under_way(job: &Job) -> bool {
    matches!(status(job), Some(1..=5))
}

/// 6 and 7 may be last month's.
fn clear_old_result(series: &Series, job: &Job) -> Option<Step> {
    let clear = || Step::new(Phase::Preflight, series.cfota, job.ask("AT+CFOTA=0").or_not());
    matches!(status(job), Some(6 | 7)).then(clear)
}

/// Whether the bearer was up when the module was surveyed.
pub(crate) fn active(series: &Series, job: &Job) -> bool {
    job.facts.get("cnact").is_some_and(|lines| lines.iter().any(series.has_address))
}

/// `AT+CFOTA=1` starts the update and resets the module (C17).
fn start(series: &Series, job: &Job) -> Step {
    let command = Command::plain("AT+CFOTA=1");
    Step::new(
        Phase::Trigger,
        series.start,
        Trigger { command, timeout_ms: job.settings.deadlines.command_ms },
    )
}

/// What the module says of its update, by itself or when asked (C18).
pub(crate) fn signs(line: &Line) -> Option<Sign> {
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

/// Whatever happened: the file system is closed, our file gone, the flag clean, the bearer as it was.
fn put_back(series: &Series, job: &Job) -> Vec<Step> {
    const SOURCE: &str = "families.md, For every family, 6";
    let mut texts = vec!["AT+CFSTERM"];
    if job.delivery != Delivery::Preloaded {
        texts.extend(["AT+CFSINIT", "AT+CFSDFILE=1,\"update.zip\"", "AT+CFSTERM"]);
    }
    texts.push("AT+CFOTA=0");
    if job.delivery.over_the_air() && !active(series, job) {
        texts.push(series.bearer_down);
    }
    texts.into_iter().map(|text| Step::new(Phase::Cleanup, SOURCE, job.ask(text).or_not())).collect()
}
