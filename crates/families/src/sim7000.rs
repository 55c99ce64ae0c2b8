//! SIM7000 series, in the order of the *SIM7000 Series FOTA Application Note* V1.01 (called "SIM7000 note" here),
//! with what `families.md` settles (C11–C18). What it shares with the SIM7080 series is in `simcom.rs` (3.1, 5.3, 5.4)
//! and `simcom_deliver.rs` (5.2).

use at::{Command, Line};
use events::{Delivery, Family, Phase, What};
use procedure::{Ask, FollowUp, Plan, Recognise, Step};

use crate::job::{Deadlines, Job, Unfit};
use crate::procedures::Procedures;
use crate::radio::{attached, bearer, csq, is_address, registered, sim_ready};
use crate::simcom::{self, Series, active};

/// The SIM7000 series.
pub(crate) struct Sim7000;

const SERIES: Series = Series {
    about: "families.md, SIM7000 series",
    cfota: "SIM7000 note, 3.1",
    bearer: "SIM7000 note, 4.1",
    http: "SIM7000 note, 5.2.1",
    ftp: "SIM7000 note, 5.2.2",
    port: "SIM7000 note, 5.2.3",
    start: "SIM7000 note, 5.3",
    result: "SIM7000 note, 5.3 and 5.4",
    ftp_cid: 1,
    bearer_down: "AT+CNACT=0",
    bearer_up,
    has_address,
    recognise,
};

fn recognise() -> Recognise {
    let revision = vec![Command::plain("AT+GMR")];
    Recognise { family: Family::Sim7000, prefixes: &["SIM7000"], revision, full_revision: None }
}

impl Procedures for Sim7000 {
    fn family(&self) -> Family {
        Family::Sim7000
    }

    fn recognise(&self) -> Recognise {
        recognise()
    }

    fn deliveries(&self) -> &'static [Delivery] {
        simcom::DELIVERIES
    }

    fn deadlines(&self) -> Deadlines {
        simcom::DEADLINES
    }

    fn survey(&self, command_ms: u64, delivery: Delivery) -> Plan {
        simcom::survey(&SERIES, command_ms, delivery)
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        simcom::plan(&SERIES, job)
    }

    fn follow_up(&self, job: &Job) -> FollowUp {
        simcom::follow_up(&SERIES, job)
    }
}

fn preflight(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Preflight, source, ask)
}

// 4  Bearer configuration.

fn bearer_up(series: &Series, job: &Job) -> Result<Vec<Step>, Unfit> {
    let source = series.bearer;
    let deadlines = &job.settings.deadlines;
    let mut steps = vec![sim_ready(source, deadlines)];
    if needs_manual_apn(job) {
        steps.extend(manual_apn(job)?);
    } else {
        steps.push(preflight(source, Ask::new(context(job)?, deadlines.command_ms)));
    }
    steps.push(csq(source, deadlines));
    steps.push(attached(source, deadlines));
    steps.push(registered("families.md, Deadlines", deadlines));
    steps.push(preflight(source, job.ask("AT+COPS?").or_not()));
    steps.push(preflight(source, job.ask("AT+CGNAPN").or_not()));
    if let Some(command) = credentials(job)? {
        steps.push(preflight(source, Ask::new(command, deadlines.command_ms)));
    }
    if !active(series, job) {
        let (configured, other) = activate(job)?;
        let ask = Ask::new(configured, deadlines.slow_command_ms).or_else(other).or(What::Bearer);
        steps.push(preflight(source, ask));
    }
    steps.push(bearer(source, deadlines, "AT+CNACT?", "+CNACT", has_address));
    Ok(steps)
}

pub(crate) fn context(job: &Job) -> Result<Command, Unfit> {
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
    line.is("+CNACT") && line.fields().last().is_some_and(|field| is_address(field.text()))
}

/// 4.2: not attached by itself, and an APN is known.
pub(crate) fn needs_manual_apn(job: &Job) -> bool {
    let detached = job.kept("cgatt", "+CGATT").and_then(|line| line.int(0)) == Some(0);
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

#[cfg(test)]
mod tests;
