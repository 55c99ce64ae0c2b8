//! BG96, in the order of the *BG96 DFOTA User Guide* V1.1 (called "BG96 guide" here), with what `families.md` settles
//! (C25–C30).

use at::{Command, Line};
use events::{Delivery, Family, Fault, Phase, What};
use procedure::{Ask, Content, FollowUp, Judge, Plan, Recognise, Sign, Step, Trigger};

use crate::job::{Deadlines, Job, Unfit, min, s};
use crate::procedures::{Procedures, checkpoint, identify_again};
use crate::quectel;
use crate::radio::{csq, registered, sim_ready};

/// The BG96.
pub(crate) struct Bg96;

const ABOUT: &str = "families.md, BG96";
/// The root against which the module checks an HTTPS server.
const ROOT: &str = "EUFS:/datatx/fota_cacert.pem";
/// The fact that the module lists `/fota`.
const FOTA_FOLDER: &str = "fota_folder";

impl Procedures for Bg96 {
    fn family(&self) -> Family {
        Family::Bg96
    }

    fn recognise(&self) -> Recognise {
        let revision = vec![Command::plain("ATI"), Command::plain("AT+GMR")];
        let full_revision = Some(Command::plain("AT+QGMR"));
        Recognise { family: Family::Bg96, prefixes: &["BG96"], revision, full_revision }
    }

    fn deliveries(&self) -> &'static [Delivery] {
        &[Delivery::Http, Delivery::Https, Delivery::Serial, Delivery::Preloaded]
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
        let mut steps = vec![quectel::read_urc_port(ABOUT, command_ms)];
        if delivery.over_the_air() {
            steps.push(ask("BG96 guide, 2.3", "AT+QCFGEXT=\"fota_apn\"", "fota_apn"));
        }
        if delivery == Delivery::Serial {
            steps.push(ask(ABOUT, "AT+QFLST=\"/fota/*\"", FOTA_FOLDER));
        }
        Plan { steps, reveals: Some(password_read_back), ..Plan::default() }
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        let steps = vec![dfota_is_there(job)];
        let mut plan = Plan { steps, reveals: Some(password_read_back), ..Plan::default() };
        plan.steps.extend(quectel::set_urc_port(ABOUT, job)?);
        if job.delivery.over_the_air() {
            plan.steps.extend(apn(job)?);
            plan.steps.extend(network(job));
        }
        let (source, command) = match job.delivery {
            Delivery::Http => ("BG96 guide, 3.1.1", from_server(job, "http")?),
            Delivery::Https => {
                plan.steps.extend(root_certificate(job)?);
                ("BG96 guide, 3.1.1", from_server(job, "https")?)
            }
            Delivery::Serial => {
                plan.steps.push(into_fota_folder(job)?);
                ("BG96 guide, 3.1.2", from_file_system())
            }
            Delivery::Preloaded => {
                trusted(job)?;
                ("BG96 guide, 3.1.2", from_file_system())
            }
            Delivery::Ftp => return Err(Unfit("bg96 has no delivery by ftp".into())),
        };
        plan.steps.push(checkpoint(source));
        let trigger = Trigger { command, timeout_ms: job.settings.deadlines.slow_command_ms };
        plan.steps.push(Step::new(Phase::Trigger, source, trigger));
        plan.steps.push(Step::new(begins(job), source, self.follow_up(job)));
        plan.cleanup = put_back(job)?;
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

fn preflight(source: &'static str, ask: Ask) -> Step {
    Step::new(Phase::Preflight, source, ask)
}

/// Where download and trigger are one command, the download comes after the trigger.
fn begins(job: &Job) -> Phase {
    if job.delivery.over_the_air() { Phase::Deliver } else { Phase::Update }
}

/// 3.1: the test command is answered `OK` where DFOTA is there.
fn dfota_is_there(job: &Job) -> Step {
    preflight("BG96 guide, 3.1", job.ask("AT+QFOTADL=?").or(What::Unsupported))
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
        preflight(SOURCE, job.ask("AT+QCFGEXT=\"fota_apn\"").expecting(reads_back)),
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
        preflight(SOURCE, job.ask("AT+COPS?").or_not()),
    ]
}

// 3.1.1  AT+QFOTADL=<httpURL>: download and trigger in one command. The port is always written (C26).

fn from_server(job: &Job, scheme: &str) -> Result<Command, Unfit> {
    Ok(Command::set("AT+QFOTADL").quoted("httpURL", &job.link()?.url(scheme), 255).build()?)
}

/// 3.1.1, note 3: where the server's certificate is to be checked, its root lies in /datatx under this name. The form of
/// the name in `QFUPL` is the EUFS one; a module that does not take it refuses here, before anything has been started.
fn root_certificate(job: &Job) -> Result<Vec<Step>, Unfit> {
    const SOURCE: &str = "BG96 guide, 3.1.1, note 3";
    let Some(root) = &job.root else { return Ok(Vec::new()) };
    let content = Content::Bytes(root.clone());
    Ok(vec![
        quectel::delete(Phase::Deliver, SOURCE, job, ROOT)?,
        quectel::upload(Phase::Deliver, SOURCE, job, ROOT, content, What::Unsupported)?,
    ])
}

// 3.1.2  AT+QFOTADL=1: the package lies in /fota/update.zip; neither path nor name can be changed.

fn from_file_system() -> Command {
    Command::plain("AT+QFOTADL=1")
}

/// C30: an upload into `/fota` over the port is not shown to work anywhere, so it is offered only where the module lists
/// that folder.
fn into_fota_folder(job: &Job) -> Result<Step, Unfit> {
    if !job.facts.contains_key(FOTA_FOLDER) {
        return Err(Unfit(
            "this BG96 shows no folder /fota to its port; two ways work: http or https, or the vendor's QEFS Explorer \
             and preloaded"
                .into(),
        ));
    }
    quectel::upload(Phase::Deliver, ABOUT, job, "/fota/update.zip", Content::Package, What::Unsupported)
}

/// The rig cannot see what lies in `/fota`: the batch has to vouch for it.
fn trusted(job: &Job) -> Result<(), Unfit> {
    let preloaded = job.preloaded()?;
    if preloaded.name != "update.zip" {
        let name = &preloaded.name;
        return Err(Unfit(format!(
            "preloaded_as is `{name}`, but the package has to lie there as update.zip"
        )));
    }
    if !preloaded.trusted {
        return Err(Unfit(
            "a BG96 cannot be asked what lies in /fota: it wants trust_preloaded = true".into(),
        ));
    }
    Ok(())
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
    let before = job.kept("fota_apn", "+QCFGEXT");
    if let (Some(line), true) = (before, job.network.apn.is_some()) {
        let ip_type = line.int(1).and_then(|ip_type| ip_type.try_into().ok()).unwrap_or_default();
        let text = |place| line.field(place).filter(|text| !text.is_empty());
        let command = fota_apn(ip_type, line.field(2).unwrap_or_default(), text(3), text(4))?;
        let ask = Ask::new(command, job.settings.deadlines.command_ms).or_not();
        steps.push(Step::new(Phase::Cleanup, SOURCE, ask));
    }
    if job.delivery == Delivery::Https && job.root.is_some() {
        steps.push(quectel::delete(Phase::Cleanup, SOURCE, job, ROOT)?);
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
