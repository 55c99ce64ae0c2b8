//! SIM7028, in the order of the *SIM7028 Series FOTA Application Note* V1.00 (called "SIM7028 note" here), with what
//! `families.md` settles (C1–C10).

use at::{Command, Line, Prompt};
use events::{Delivery, Family, Fault, Phase, What};
use procedure::{
    Ask, Block, Content, FollowUp, Judge, Judgement, Pacing, Plan, Poll, Recognise, Repeat, Sign, Step,
    Trigger, Upload,
};

use crate::job::{Deadlines, Job, Unfit, min, s};
use crate::procedures::{Procedures, checkpoint, identify_again};
use crate::radio::{bearer, cesq, is_address, registered};

/// The SIM7028.
pub(crate) struct Sim7028;

/// `CFOTA=` answers within 12000 ms (3.2.1; C3: that bound is for `OK`, not for the download).
const CFOTA_MS: u64 = s(12);
/// `LFOTA` answers within 300000 ms (3.2.2): so long the module may count bytes.
const LFOTA_MS: u64 = s(300);
/// How often `QCRST` is sent at most beyond the first time.
const RESETS: u32 = 2;
/// How long the answer to `LFOTA?` may be -1, milliseconds.
const CHECK_MS: u64 = s(30);

impl Procedures for Sim7028 {
    fn family(&self) -> Family {
        Family::Sim7028
    }

    fn recognise(&self) -> Recognise {
        let revision = vec![Command::plain("AT+CGMR"), Command::plain("AT+GMR"), Command::plain("ATI")];
        Recognise { family: Family::Sim7028, prefixes: &["SIM7028"], revision, full_revision: None }
    }

    fn deliveries(&self) -> &'static [Delivery] {
        &[Delivery::Http, Delivery::Ftp, Delivery::Serial]
    }

    fn deadlines(&self) -> Deadlines {
        Deadlines {
            command_ms: s(5),
            slow_command_ms: CFOTA_MS,
            download_idle_ms: min(10),
            upload_idle_ms: s(30),
            quiet_ms: s(90),
            port_away_ms: min(10),
            silence_ms: Some(min(10)),
            resolution_ms: min(45),
        }
    }

    fn survey(&self, command_ms: u64, delivery: Delivery) -> Plan {
        let limits = Ask::new(Command::plain("AT+LFOTA=?"), command_ms).kept("lfota");
        let local = (delivery == Delivery::Serial)
            .then(|| Step::new(Phase::Preflight, "SIM7028 note, 3.2.2", limits));
        Plan { steps: local.into_iter().collect(), ..Plan::default() }
    }

    fn plan(&self, job: &Job) -> Result<Plan, Unfit> {
        let mut plan = Plan::default();
        match job.delivery {
            Delivery::Http | Delivery::Ftp => {
                let example = if job.delivery == Delivery::Http { HTTP_EXAMPLE } else { FTP_EXAMPLE };
                plan.steps.extend(network(job));
                plan.steps.push(checkpoint("SIM7028 note, 2.2.4"));
                plan.steps.push(fota_over_the_air(job, example)?);
                plan.steps.push(Step::new(Phase::Deliver, example, self.follow_up(job)));
            }
            Delivery::Serial => {
                plan.steps.extend(fota_locally(job)?);
                plan.steps.push(Step::new(Phase::Update, "SIM7028 note, 4.3", self.follow_up(job)));
            }
            other @ (Delivery::Https | Delivery::Preloaded) => {
                return Err(Unfit(format!("sim7028 has no delivery by {other}")));
            }
        }
        Ok(plan)
    }

    fn follow_up(&self, job: &Job) -> FollowUp {
        let local = job.delivery == Delivery::Serial;
        let reset = || Repeat { command: Command::plain("AT+QCRST"), still: transferred, times: RESETS };
        FollowUp {
            begins: if local { Phase::Update } else { Phase::Deliver },
            signs,
            status: local.then(|| Command::plain("AT+LFOTA?")),
            repeat: local.then(reset),
            identify: identify_again(job, self.recognise()),
            expected: job.expected(),
            waits: job.settings.deadlines.waits(),
        }
    }
}

// 2.2.3  Check network status.

fn network(job: &Job) -> Vec<Step> {
    const SOURCE: &str = "SIM7028 note, 2.2.3";
    let deadlines = &job.settings.deadlines;
    // C1: the note prints both `CGPADDR?` and `CGPADDR`; the latter is the one that its example shows answered.
    let address = |line: &Line| line.field(1).is_some_and(is_address);
    vec![
        cesq(SOURCE, deadlines),
        registered(SOURCE, deadlines),
        bearer(SOURCE, deadlines, "AT+CGPADDR", "+CGPADDR", address),
    ]
}

// 2.2.4 and 3.2.1  AT+CFOTA: download and trigger in one command. The URL has no scheme.

// User and password go in without quotes.

const FTP_EXAMPLE: &str = "SIM7028 note, 3.2.1, 3.3, 4.1";
const HTTP_EXAMPLE: &str = "SIM7028 note, 3.2.1, 3.3, 4.2";

fn fota_over_the_air(job: &Job, source: &'static str) -> Result<Step, Unfit> {
    let over_http = job.delivery == Delivery::Http;
    let mut command = Command::set("AT+CFOTA")
        .number(job.settings.channel)
        .number(u8::from(over_http))
        .quoted("destination_ip:port/url", &job.link()?.bare(), 255);
    if !over_http {
        let login = job.login()?;
        command = command.bare("username", &login.user, 128).bare_secret("password", &login.password, 128);
    }
    let trigger = Trigger { command: command.build()?, timeout_ms: job.settings.deadlines.slow_command_ms };
    Ok(Step::new(Phase::Trigger, source, trigger))
}

// 3.2.2 and 4.3  AT+LFOTA: the package through the port, then a reset. A finished transfer may already have armed the
// update, so the checkpoint comes before it. C7: the example leaves out `LFOTA=0` and `LFOTA?`; both are sent.

fn fota_locally(job: &Job) -> Result<Vec<Step>, Unfit> {
    let size = job.package.size;
    if let Some(limit) = size_limit(job)
        && size > limit
    {
        return Err(Unfit(format!("the package has {size} bytes, LFOTA takes at most {limit}")));
    }
    let deadlines = &job.settings.deadlines;
    let prepare = Command::set("AT+LFOTA").number(0u8).number(size).build()?;
    let transfer = Command::set("AT+LFOTA").number(1u8).number(size).build()?;
    let upload = Upload {
        content: Content::Package,
        blocks: vec![Block { command: transfer, offset: 0, length: size }],
        prompt: Prompt::Angle,
        pacing: pacing(job),
        ack_bytes: None,
        judge: None,
        data_mode_ms: LFOTA_MS,
        own_port: false,
        // C8: the limit is on inactivity, never on the whole transfer.
        idle_ms: deadlines.upload_idle_ms,
        size: None,
        otherwise: What::Block,
    };
    let reset = Trigger { command: Command::plain("AT+QCRST"), timeout_ms: deadlines.command_ms };
    Ok(vec![
        Step::new(Phase::Deliver, "SIM7028 note, 3.2.2", Ask::new(prepare, deadlines.command_ms)),
        checkpoint("families.md, SIM7028"),
        Step::new(Phase::Deliver, "SIM7028 note, 3.2.2 and 4.3", upload),
        Step::new(Phase::Deliver, "SIM7028 note, 3.2.2", data_check(deadlines)),
        Step::new(Phase::Trigger, "SIM7028 note, 4.3", reset),
    ])
}

/// `+LFOTA=<0-1>,<File Size>`: the largest file, where the answer tells it.
fn size_limit(job: &Job) -> Option<u64> {
    job.kept("lfota", "+LFOTA")?.int(1)?.try_into().ok()
}

/// Note in 3.2.2: at 115200 baud not more than 11520 bytes within 1 s; 8192 are safe.
fn pacing(job: &Job) -> Pacing {
    let line_rate = (job.baud / 10).max(1);
    let rate = job.settings.serial_rate.clamp(1, line_rate);
    let chunk = job.settings.serial_block.clamp(1, rate);
    Pacing { chunk_bytes: u64::from(chunk), bytes_per_s: Some(u64::from(rate)) }
}

/// `AT+LFOTA?`: 1 the data passed the check, 0 it did not, -1 nothing yet (C6); some builds lack the read form.
fn data_check(deadlines: &Deadlines) -> Poll {
    Poll {
        commands: vec![Command::plain("AT+LFOTA?")],
        every_ms: s(2),
        judge: Judge::new("+LFOTA: 1", |line| {
            line.is("+LFOTA").then(|| match line.int(0) {
                Some(1) => Judgement::Good,
                Some(0) => Judgement::Bad(What::Checksum, "LFOTA: 0, the data did not pass the check".into()),
                _ => Judgement::NotYet,
            })
        }),
        idle_ms: CHECK_MS,
        timeout_ms: deadlines.command_ms,
        otherwise: What::Silent,
        unknown_is_good: true,
    }
}

/// `LFOTA?` still says 1: the reset has not been acted on.
fn transferred(line: &Line) -> bool {
    line.is("+LFOTA") && line.int(0) == Some(1)
}

// 3.3  Unsolicited result codes, and what the boot loader prints (4.3, note).

fn signs(line: &Line) -> Option<Sign> {
    match line.name() {
        Some("+CFOTA") => cfota(line.int(0)?),
        Some("+FOTA") => patch_ratio(line).map(Sign::Percent),
        Some(_) => None,
        None => boot_loader(line.text()),
    }
}

fn cfota(code: i64) -> Option<Sign> {
    let (what, meaning) = match code {
        // C5: 0 stands in an example and in no table; it ends nothing.
        0 => return Some(Sign::Alive(Phase::Deliver)),
        100 => return Some(Sign::Alive(Phase::Update)),
        // C4: taken as "not active".
        1001 => (What::Network, "the URL is invalid, or the PDP context not active"),
        1002 => (What::Network, "timeout"),
        1003 => (What::Network, "the URL is unknown"),
        1004 => (What::Login, "user name or password is wrong"),
        1005 => (What::Missing, "the file does not exist"),
        1006 => (What::Parameter, "the size of the file is invalid"),
        1007 => (What::Network, "getting the file failed"),
        1008 => {
            return Some(Sign::Terminal(Fault::new(
                Phase::Update,
                What::Check,
                "CFOTA: 1008, check file error",
            )));
        }
        1009 => (What::Internal, "internal error"),
        1010 => (What::Large, "the file is too large"),
        1011 => (What::Internal, "setting the flag failed"),
        1012 => (What::Parameter, "parameter size error"),
        _ => return None,
    };
    Some(Sign::Terminal(Fault::new(Phase::Deliver, what, format!("CFOTA: {code}, {meaning}"))))
}

/// `+FOTA: patch ratio: <n>`: it jumps, and need not reach 100.
fn patch_ratio(line: &Line) -> Option<u64> {
    let (words, number) = line.text().rsplit_once(':')?;
    words.contains("ratio").then(|| number.trim().parse().ok())?
}

/// C10: spellings vary, so stems are matched. C9: on failure the loader prints `202,100` and then also `201,100`:
/// only `Update done` is a success.
fn boot_loader(text: &str) -> Option<Sign> {
    let failed = || Sign::Terminal(Fault::new(Phase::Update, What::Failed, text.to_owned()));
    if text.contains("Something wrong") || text.starts_with("Update failed") {
        Some(failed())
    } else if text.starts_with("Update done") {
        Some(Sign::Success)
    } else if text.contains("try normal boot") {
        Some(Sign::Booted)
    } else {
        let stems = ["Adups", "adups", "abup", "check old bin", "patch forward"];
        stems.iter().any(|stem| text.starts_with(stem)).then_some(Sign::Alive(Phase::Update))
    }
}

#[cfg(test)]
mod tests {
    use at::Line;
    use events::{Phase, What};
    use procedure::Sign;

    use super::{signs, transferred};

    fn says(text: &str) -> Option<Sign> {
        signs(&Line::parse(text))
    }

    #[test]
    fn c5_zero_ends_nothing() {
        assert_eq!(says("+CFOTA: 0"), Some(Sign::Alive(Phase::Deliver)));
    }

    #[test]
    fn every_code_of_the_table_in_3_3_is_terminal_with_its_class() {
        use events::FaultClass::{Module, Network, Package};
        let classes = [
            (1001, Network),
            (1002, Network),
            (1003, Network),
            (1004, Package),
            (1005, Package),
            (1006, Package),
            (1007, Network),
            (1008, Package),
            (1009, Module),
            (1010, Package),
            (1011, Module),
            (1012, Package),
        ];
        for (code, class) in classes {
            let Some(Sign::Terminal(fault)) = says(&format!("+CFOTA: {code}")) else { panic!("{code}") };
            assert_eq!(fault.class(), class, "{code}");
        }
        assert_eq!(says("+CFOTA: 100"), Some(Sign::Alive(Phase::Update)));
    }

    #[test]
    fn c9_only_update_done_is_a_success() {
        assert_eq!(says("adups_bl_notify_status:202,100"), Some(Sign::Alive(Phase::Update)));
        assert_eq!(says("adups_bl_notify_status:201,100"), Some(Sign::Alive(Phase::Update)));
        assert_eq!(says("Update done, reboot now ..."), Some(Sign::Success));
        for text in ["***Something wrong during update", "Update failed"] {
            let Some(Sign::Terminal(fault)) = says(text) else { panic!("{text}") };
            assert_eq!(fault.code.what, What::Failed);
        }
    }

    #[test]
    fn c10_stems_whatever_the_spelling() {
        for text in [
            "AdupsProcedure 4.0",
            "abup check_delta, delta md5 check sucess.",
            "abup check_delta, delta md5 check success.",
            "adups_IsPackgeFound ret=1",
            "adups_IsPackageFound ret=1",
            "check old bin end, is old bin.",
            "patch forward ...",
        ] {
            assert_eq!(says(text), Some(Sign::Alive(Phase::Update)), "{text}");
        }
        assert_eq!(says("+FOTA: patch ratio: 93"), Some(Sign::Percent(93)));
        assert_eq!(says("bootloader try normal boot system start!"), Some(Sign::Booted));
        assert_eq!(says("test:VerifyImageHead skip"), None);
    }

    #[test]
    fn c6_lfota_with_colon_or_equals_sign() {
        assert!(transferred(&Line::parse("+LFOTA: 1")) && transferred(&Line::parse("+LFOTA=1")));
        assert!(!transferred(&Line::parse("+LFOTA: -1")) && !transferred(&Line::parse("+LFOTA: 0")));
    }
}
