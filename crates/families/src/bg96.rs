//! BG96, in the order of the *BG96 DFOTA User Guide* V1.1 (called "BG96 guide" here), with what `families.md` settles
//! (C25–C30).

use at::{Command, Line};
use events::{Delivery, Family, Fault, Phase, What};
use procedure::{Ask, FollowUp, Judge, Plan, Recognise, Sign, Step, Trigger};

use crate::job::{Deadlines, Job, Unfit, min, s};
use crate::procedures::{Procedures, checkpoint, identify_again};
use crate::radio::{csq, registered, sim_ready};

/// The BG96.
pub(crate) struct Bg96;

impl Procedures for Bg96 {
    fn family(&self) -> Family {
        Family::Bg96
    }

    fn recognise(&self) -> Recognise {
        let revision = vec![Command::plain("ATI"), Command::plain("AT+GMR")];
        let full_revision = Some(Command::plain("AT+QGMR"));
        Recognise { family: Family::Bg96, prefix: "BG96", revision, full_revision }
    }

    fn deliveries(&self) -> &'static [Delivery] {
        &[Delivery::Http]
    }

    fn deadlines(&self) -> Deadlines {
        Deadlines {
            command_ms: s(5),
            slow_command_ms: s(60),
            download_idle_ms: min(15),
            upload_idle_ms: s(30),
            quiet_ms: s(300),
            port_away_ms: min(5),
            silence_ms: None,
            resolution_ms: min(60),
        }
    }

    fn survey(&self, command_ms: u64, delivery: Delivery) -> Plan {
        let ask = |source, command, name| {
            Step::new(Phase::Preflight, source, Ask::new(Command::plain(command), command_ms).kept(name))
        };
        let mut steps = vec![ask("families.md, BG96", "AT+QURCCFG=\"urcport\"", "urcport")];
        if delivery.over_the_air() {
            steps.push(ask("BG96 guide, 2.3", "AT+QCFGEXT=\"fota_apn\"", "fota_apn"));
        }
        Plan { steps, reveals: Some(password_read_back), ..Plan::default() }
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        if job.delivery != Delivery::Http {
            return Err(Unfit(format!("bg96 has no delivery by {}", job.delivery)));
        }
        let steps = vec![dfota_is_there(job)];
        let mut plan = Plan { steps, reveals: Some(password_read_back), ..Plan::default() };
        plan.steps.extend(urc_port(job)?);
        plan.steps.extend(apn(job)?);
        plan.steps.extend(network(job));
        plan.steps.push(checkpoint("BG96 guide, 2.5"));
        plan.steps.push(upgrade_from_server(job)?);
        plan.steps.push(Step::new(Phase::Deliver, "BG96 guide, 3.1.1 and 4.1", self.follow_up(job)));
        plan.cleanup = put_back(job)?;
        Ok(plan)
    }

    fn follow_up(&self, job: &Job) -> FollowUp {
        FollowUp {
            begins: Phase::Deliver,
            signs,
            status: None,
            repeat: None,
            identify: identify_again(job, self.recognise()),
            expected: job.expected(),
            waits: job.settings.deadlines.waits(),
        }
    }
}

fn plain(job: &Job, text: &'static str) -> Ask {
    Ask::new(Command::plain(text), job.settings.deadlines.command_ms)
}

fn preflight(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Preflight, source, ask)
}

/// 3.1: the test command is answered `OK` where DFOTA is there.
fn dfota_is_there(job: &Job) -> Step {
    preflight("BG96 guide, 3.1", plain(job, "AT+QFOTADL=?").or(What::Unsupported))
}

// The port for unsolicited results (families.md, AG35 and BG96): `usbat` on a USB slot, `uart1` on a UART slot, never
// the other way round: it is stored. Put back in cleanup.

fn wanted_urc_port(job: &Job) -> &'static str {
    if job.usb { "usbat" } else { "uart1" }
}

fn found_urc_port(job: &Job) -> Option<&str> {
    let line = job.facts.get("urcport")?.iter().find(|line| line.is("+QURCCFG"))?;
    line.field(1).filter(|port| *port != wanted_urc_port(job))
}

fn set_urc_port(job: &Job, port: &str) -> Result<Ask, Unfit> {
    let command = Command::set("AT+QURCCFG").literal("urcport").quoted("urcport", port, 16).build()?;
    Ok(Ask::new(command, job.settings.deadlines.command_ms))
}

fn urc_port(job: &Job) -> Result<Option<Step>, Unfit> {
    let Some(_) = found_urc_port(job) else { return Ok(None) };
    Ok(Some(preflight("families.md, AG35", set_urc_port(job, wanted_urc_port(job))?)))
}

// 2.3  Check APN setting.

fn apn(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "BG96 guide, 2.3";
    let Some(apn) = &job.network.apn else { return Ok(Vec::new()) };
    let user = job.network.user.as_deref();
    let command = fota_apn(0, apn, user, job.network.password.as_deref())?;
    let wanted = apn.clone();
    let reads_back =
        Judge::line("+QCFGEXT", format!("the APN {apn}"), move |line| line.field(2) == Some(&wanted));
    Ok(vec![
        preflight(SOURCE, Ask::new(command, job.settings.deadlines.command_ms)),
        preflight(SOURCE, plain(job, "AT+QCFGEXT=\"fota_apn\"").expecting(reads_back)),
    ])
}

/// `AT+QCFGEXT="fota_apn",<ip_type>,"<apn>"[,"<user>","<pw>"]` (C25: no trailing comma).
fn fota_apn(ip_type: u8, apn: &str, user: Option<&str>, password: Option<&str>) -> Result<Command, Unfit> {
    let mut command = Command::set("AT+QCFGEXT").literal("fota_apn").number(ip_type).quoted("apn", apn, 100);
    if let Some(user) = user {
        let password = password.unwrap_or_default();
        command = command.quoted("username", user, 64).quoted_with_secret("password", password, password, 64);
    }
    Ok(command.build()?)
}

/// 3.2: the query form answers with the password.
fn password_read_back(line: &Line) -> Option<&str> {
    if line.is("+QCFGEXT") && line.field(0) == Some("fota_apn") { line.field(4) } else { None }
}

// 2.4  Check network status.

fn network(job: &Job) -> Vec<Step> {
    const SOURCE: &str = "BG96 guide, 2.4";
    let deadlines = &job.settings.deadlines;
    vec![
        sim_ready("families.md, Deadlines", deadlines),
        csq(SOURCE, deadlines),
        registered(SOURCE, deadlines),
        preflight(SOURCE, plain(job, "AT+COPS?").or_not()),
    ]
}

// 2.5 and 3.1.1  AT+QFOTADL=<httpURL>: download and trigger in one command. The port is always written (C26).

fn upgrade_from_server(job: &Job) -> Result<Step, Unfit> {
    let link = job.link.as_ref().ok_or_else(|| Unfit("there is no HTTP package host".into()))?;
    let command = Command::set("AT+QFOTADL").quoted("httpURL", &link.http(), 255).build()?;
    let trigger = Trigger { command, timeout_ms: job.settings.deadlines.slow_command_ms };
    Ok(Step::new(Phase::Trigger, "BG96 guide, 3.1.1", trigger))
}

/// 3.1.1, 3.1.2 and 5: what the module says of its update. C29: `+QIND:` is not always FOTA.
fn signs(line: &Line) -> Option<Sign> {
    if matches!(line.text(), "RDY" | "APP RDY") {
        return Some(Sign::Booted);
    }
    if !line.is("+QIND") || line.field(0) != Some("FOTA") {
        return None;
    }
    let percent = || line.int(2).and_then(|percent| percent.try_into().ok()).unwrap_or_default();
    match line.field(1)? {
        "HTTPSTART" => Some(Sign::Alive(Phase::Deliver)),
        "HTTPEND" => Some(http_end(line.int(2)?)),
        "START" => Some(Sign::Alive(Phase::Update)),
        "UPDATING" | "RESTORE" => Some(Sign::Percent(percent())),
        "END" => Some(end(line.int(2)?)),
        // C28: power was lost in RESTORE; it goes on.
        text if text.starts_with("Last upgrade was not finished") => Some(Sign::Alive(Phase::Update)),
        _ => None,
    }
}

/// Table 1 of chapter 5.
fn http_end(code: i64) -> Sign {
    let (what, meaning) = match code {
        0 => return Sign::Alive(Phase::Update),
        701 => (What::Network, "HTTP(S) unknown error"),
        702 => (What::Network, "server connection failed"),
        703 => (What::Network, "request failed"),
        704 => (What::Network, "download timeout"),
        706 => (What::Missing, "file not exist"),
        707 => (What::Internal, "write data to file failed"),
        708 => (What::Large, "downloaded file is too large"),
        _ => (What::Network, "a code that the guide does not have"),
    };
    Sign::Terminal(Fault::new(Phase::Deliver, what, format!("HTTPEND {code}, {meaning}")))
}

/// Table 2 of chapter 5.
fn end(code: i64) -> Sign {
    let (what, meaning) = match code {
        0 => return Sign::Success,
        504 => (What::Failed, "firmware upgrade failed"),
        505 => (What::Missing, "upgrade package not exist"),
        506 => (What::Check, "upgrade package check failed"),
        511 => (What::Mismatch, "package is mismatched with the current firmware"),
        _ => (What::Failed, "a code that the guide does not have"),
    };
    Sign::Terminal(Fault::new(Phase::Update, what, format!("END {code}, {meaning}")))
}

/// Whatever happened: APN and port of the unsolicited results as they were.
fn put_back(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "families.md, For every family, 6";
    let mut steps = Vec::new();
    let before = job.facts.get("fota_apn").and_then(|lines| lines.iter().find(|line| line.is("+QCFGEXT")));
    if let (Some(line), true) = (before, job.network.apn.is_some()) {
        let ip_type = line.int(1).and_then(|ip_type| ip_type.try_into().ok()).unwrap_or_default();
        let text = |place| line.field(place).filter(|text| !text.is_empty());
        let command = fota_apn(ip_type, line.field(2).unwrap_or_default(), text(3), text(4))?;
        let ask = Ask::new(command, job.settings.deadlines.command_ms).or_not();
        steps.push(Step::new(Phase::Cleanup, SOURCE, ask));
    }
    if let Some(port) = found_urc_port(job) {
        steps.push(Step::new(Phase::Cleanup, SOURCE, set_urc_port(job, port)?.or_not()));
    }
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
    fn c27_percent_in_four_spellings() {
        for percent in ["1", " 1", "1%", " 1%"] {
            assert_eq!(
                says(&format!("+QIND: \"FOTA\",\"UPDATING\",{percent}")),
                Some(Sign::Percent(1)),
                "{percent}"
            );
        }
    }

    #[test]
    fn c28_an_interrupted_restore_goes_on() {
        let text = "+QIND: \"FOTA\",\"Last upgrade was not finished,continue upgrade\"";
        assert_eq!(says(text), Some(Sign::Alive(Phase::Update)));
        assert_eq!(says("+QIND: \"FOTA\",\"RESTORE\",1%"), Some(Sign::Percent(1)));
    }

    #[test]
    fn c29_other_indications_are_none_of_ours() {
        assert_eq!(says("+QIND: SMS DONE"), None);
        assert_eq!(says("+QIND: \"csq\",27,99"), None);
    }

    #[test]
    fn both_tables_of_chapter_5_with_their_classes() {
        use FaultClass::{Module, Network, Package};
        for (text, class) in [
            ("\"HTTPEND\",701", Network),
            ("\"HTTPEND\",702", Network),
            ("\"HTTPEND\",703", Network),
            ("\"HTTPEND\",704", Network),
            ("\"HTTPEND\",706", Package),
            ("\"HTTPEND\",707", Module),
            ("\"HTTPEND\",708", Package),
            ("\"END\",504", Module),
            ("\"END\",505", Package),
            ("\"END\",506", Package),
            ("\"END\",511", Package),
        ] {
            let Some(Sign::Terminal(fault)) = says(&format!("+QIND: \"FOTA\",{text}")) else {
                panic!("{text}")
            };
            assert_eq!(fault.class(), class, "{text}");
        }
        assert_eq!(says("+QIND: \"FOTA\",\"HTTPEND\",0"), Some(Sign::Alive(Phase::Update)));
        assert_eq!(says("+QIND: \"FOTA\",\"END\",0"), Some(Sign::Success));
    }
}
