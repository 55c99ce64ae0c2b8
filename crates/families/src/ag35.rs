//! AG35, in the order of the *AG35 DFOTA User Guide* V1.0 (called "AG35 guide" here), with what `families.md` settles
//! (C21–C24).

use at::{Command, Line};
use events::{Delivery, Family, Fault, Phase, What};
use procedure::{Ask, Content, FollowUp, Plan, Recognise, Sign, Step, Trigger};

use crate::job::{Deadlines, Job, Unfit, min, s};
use crate::procedures::{Procedures, checkpoint, identify_again};
use crate::quectel;
use crate::radio::{csq, registered, sim_ready};

/// The AG35.
pub(crate) struct Ag35;

const ABOUT: &str = "families.md, AG35";
/// The name under which the package lies in UFS.
const FILE: &str = "update.zip";

impl Procedures for Ag35 {
    fn family(&self) -> Family {
        Family::Ag35
    }

    fn recognise(&self) -> Recognise {
        let revision = vec![Command::plain("ATI"), Command::plain("AT+GMR")];
        let full_revision = Some(Command::plain("AT+QGMR"));
        Recognise { family: Family::Ag35, prefixes: &["AG35"], revision, full_revision }
    }

    fn deliveries(&self) -> &'static [Delivery] {
        &[Delivery::Http, Delivery::Ftp, Delivery::Serial, Delivery::Preloaded]
    }

    fn deadlines(&self) -> Deadlines {
        Deadlines {
            command_ms: s(5),
            slow_command_ms: s(60),
            download_idle_ms: min(15),
            upload_idle_ms: s(65),
            quiet_ms: s(300),
            port_away_ms: min(20),
            silence_ms: None,
            resolution_ms: min(120),
        }
    }

    fn survey(&self, command_ms: u64, _: Delivery) -> Plan {
        Plan { steps: vec![quectel::read_urc_port(ABOUT, command_ms)], ..Plan::default() }
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        let mut plan = Plan { steps: vec![dfota_is_there(job)], ..Plan::default() };
        plan.steps.extend(quectel::set_urc_port(ABOUT, job)?);
        if job.delivery.over_the_air() {
            plan.steps.extend(network(job)?);
        }
        let name = ufs_name(job)?;
        let (source, command) = match job.delivery {
            Delivery::Ftp => ("AG35 guide, 3.1", from_ftp_server(job)?),
            Delivery::Http => ("AG35 guide, 3.2", from_http_server(job)?),
            Delivery::Serial => {
                plan.steps.extend(into_file_system(job, &name)?);
                ("AG35 guide, 3.3", from_file_system(&name)?)
            }
            Delivery::Preloaded => {
                plan.steps.push(quectel::listed(ABOUT, job, &name)?);
                ("AG35 guide, 3.3", from_file_system(&name)?)
            }
            Delivery::Https => return Err(Unfit("ag35 has no delivery by https".into())),
        };
        plan.steps.push(checkpoint(source));
        let trigger = Trigger { command, timeout_ms: job.settings.deadlines.slow_command_ms };
        plan.steps.push(Step::new(Phase::Trigger, source, trigger));
        plan.steps.push(Step::new(begins(job), source, self.follow_up(job)));
        plan.cleanup = put_back(job, &name)?;
        Ok(plan)
    }

    fn follow_up(&self, job: &Job) -> FollowUp {
        FollowUp {
            begins: begins(job),
            signs,
            status: None,
            repeat: None,
            identify: identify_again(job, self.recognise()),
            expected: job.expected(),
            waits: job.settings.deadlines.waits(),
        }
    }
}

/// Where download and trigger are one command, the download comes after the trigger.
fn begins(job: &Job) -> Phase {
    if job.delivery.over_the_air() { Phase::Deliver } else { Phase::Update }
}

/// 3: the test command is answered `OK` where DFOTA is there.
fn dfota_is_there(job: &Job) -> Step {
    Step::new(Phase::Preflight, "AG35 guide, 3", job.ask("AT+QFOTADL=?").or(What::Unsupported))
}

/// 2.3: the download goes over LTE, WCDMA, GSM or GPRS.
fn network(job: &Job) -> Result<Vec<Step>, Unfit> {
    let deadlines = &job.settings.deadlines;
    let mut steps = vec![sim_ready(ABOUT, deadlines)];
    if let Some(apn) = &job.network.apn {
        let command = Command::set("AT+CGDCONT").number(1u8).literal("IP").quoted("apn", apn, 100).build()?;
        steps.push(Step::new(Phase::Preflight, ABOUT, Ask::new(command, deadlines.command_ms)));
    }
    steps.push(registered(ABOUT, deadlines));
    steps.push(csq(ABOUT, deadlines));
    Ok(steps)
}

/// 3.1: the whole URL has at most 255 bytes; user, password, server and path 50 each.
fn from_ftp_server(job: &Job) -> Result<Command, Unfit> {
    let (link, login) = (job.link()?, job.login()?);
    let path = link.path.trim_start_matches('/');
    let parts = [
        ("user_name", &*login.user),
        ("password", &*login.password),
        ("serverURL", &*link.host),
        ("file_path", path),
    ];
    for (part, text) in parts {
        if text.len() > 50 {
            return Err(Unfit(format!(
                "{part} of the FTP URL has {} bytes, at most 50 are allowed",
                text.len()
            )));
        }
    }
    if let Some(odd) = login.user.chars().chain(login.password.chars()).find(|c| "@:/%".contains(*c)) {
        return Err(Unfit(format!(
            "user name or password of the FTP URL holds {odd:?}, which may not stand there"
        )));
    }
    let url = format!("ftp://{}:{}@{}:{}/{path}", login.user, login.password, link.host, link.port);
    Ok(Command::set("AT+QFOTADL").quoted_with_secret("ftpURL", &url, &login.password, 255).build()?)
}

/// 3.2: the whole URL has at most 255 bytes. The port is always written.
fn from_http_server(job: &Job) -> Result<Command, Unfit> {
    Ok(Command::set("AT+QFOTADL").quoted("httpURL", &job.link()?.url("http"), 255).build()?)
}

/// 3.3: a file in UFS, at most 128 bytes. There is no xSTART and no xEND, it goes straight to START (C21).
fn from_file_system(name: &str) -> Result<Command, Unfit> {
    Ok(Command::set("AT+QFOTADL").quoted("file_name", &format!("/data/ufs/{name}"), 128).build()?)
}

/// The file's name in UFS.
fn ufs_name(job: &Job) -> Result<String, Unfit> {
    if job.delivery == Delivery::Preloaded { Ok(job.preloaded()?.name.clone()) } else { Ok(FILE.to_owned()) }
}

/// `QFLST` and `QFDEL` of a left-over, `QFUPL`, and the size asked again.
fn into_file_system(job: &Job, name: &str) -> Result<Vec<Step>, Unfit> {
    let file = format!("UFS:{name}");
    let look = Command::set("AT+QFLST").quoted("filename", &file, 80).build()?;
    let look = Ask::new(look, job.settings.deadlines.command_ms).or_not();
    Ok(vec![
        Step::new(Phase::Deliver, ABOUT, look),
        quectel::delete(Phase::Deliver, ABOUT, job, &file)?,
        quectel::upload(Phase::Deliver, ABOUT, job, &file, Content::Package, What::Block)?,
        quectel::listed(ABOUT, job, &file)?,
    ])
}

/// Chapters 3 and 4: what the module says of its update. Download and upgrade are two machines, with a reboot between.
fn signs(line: &Line) -> Option<Sign> {
    if matches!(line.text(), "RDY" | "APP RDY") {
        return Some(Sign::Booted);
    }
    if !line.is("+QIND") || line.field(0) != Some("FOTA") {
        return None;
    }
    let percent = || line.int(2).and_then(|percent| percent.try_into().ok()).unwrap_or_default();
    match line.field(1)? {
        "FTPSTART" | "HTTPSTART" => Some(Sign::Alive(Phase::Deliver)),
        "FTPEND" | "HTTPEND" => Some(download_end(line.field(1)?, line.int(2)?)),
        "START" => Some(Sign::Alive(Phase::Update)),
        "UPDATING" => Some(Sign::Percent(percent())),
        "END" => Some(end(line.int(2)?)),
        _ => None,
    }
}

/// Table 1: 0 means downloaded, never upgraded (C22); 601, 701 and their neighbours are the network's.
fn download_end(name: &str, code: i64) -> Sign {
    match code {
        0 => Sign::Alive(Phase::Update),
        _ => Sign::Terminal(Fault::new(Phase::Deliver, What::Network, format!("{name} {code}"))),
    }
}

/// Table 1. A non-zero `END` is provisional (C23): the module checks three times, upgrades five times, and restores the
/// old version then. It becomes final when the module is back with its old revision, settled, after the quiet time.
fn end(code: i64) -> Sign {
    let (what, meaning) = match code {
        0 => return Sign::Success,
        502 => (
            What::Check,
            "the upgrade process exits with an unpredictable error, or the package is incorrect",
        ),
        505 => (What::Check, "upgrade package check failed"),
        510 => (What::Mismatch, "the patch does not match the source file in the module"),
        511 => (What::Space, "the file system has not enough space for the upgrade"),
        520..=530 | 540..=546 => (What::Failed, "firmware upgrade failed"),
        _ => (What::Failed, "a code that the guide does not have"),
    };
    Sign::Provisional(Fault::new(Phase::Update, what, format!("END {code}, {meaning}")))
}

/// Whatever happened: our file gone, the port of the unsolicited results as it was.
fn put_back(job: &Job, name: &str) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "families.md, For every family, 6";
    let mut steps = Vec::new();
    if job.delivery == Delivery::Serial {
        steps.push(quectel::delete(Phase::Cleanup, SOURCE, job, &format!("UFS:{name}"))?);
    }
    steps.extend(quectel::restore_urc_port(SOURCE, job)?);
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use at::Line;
    use events::{FaultClass, Phase};
    use procedure::Sign;

    use super::signs;

    fn says(text: &str) -> Option<Sign> {
        signs(&Line::parse(text))
    }

    #[test]
    fn c22_the_end_of_a_download_is_never_the_end_of_the_upgrade() {
        for name in ["FTPEND", "HTTPEND"] {
            assert_eq!(says(&format!("+QIND: \"FOTA\",\"{name}\",0")), Some(Sign::Alive(Phase::Update)));
            let Some(Sign::Terminal(fault)) = says(&format!("+QIND: \"FOTA\",\"{name}\",601")) else {
                panic!("{name}")
            };
            assert_eq!(fault.class(), FaultClass::Network);
        }
    }

    #[test]
    fn c23_every_failed_end_is_provisional() {
        let codes = [502, 505, 510, 511].into_iter().chain(520..=530).chain(540..=546);
        for code in codes {
            let says = says(&format!("+QIND: \"FOTA\",\"END\",{code}"));
            assert!(matches!(says, Some(Sign::Provisional(_))), "{code}");
        }
        assert_eq!(says("+QIND: \"FOTA\",\"END\",0"), Some(Sign::Success));
    }

    #[test]
    fn c24_spacing_varies() {
        assert_eq!(says("+QIND: \"FOTA\", \"START\""), Some(Sign::Alive(Phase::Update)));
        assert_eq!(says("+QIND:\"FOTA\",\"UPDATING\", 2"), Some(Sign::Percent(2)));
    }
}
