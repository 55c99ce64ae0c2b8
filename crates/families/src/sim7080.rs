//! SIM7080, SIM7070 and SIM7090 series, in the order of the *SIM7080 Series FOTA Application Note* V1.01 (called "SIM7080
//! note" here), with what `families.md` settles (C19, C20). The note shows the download over HTTP only; FTP and the
//! transfer through the port are those of the series' AT manual, as on the SIM7000.

use at::{Command, Line};
use events::{Delivery, Family, Phase, What};
use procedure::{Ask, FollowUp, Plan, Recognise, Step};

use crate::job::{Deadlines, Job, Unfit};
use crate::procedures::Procedures;
use crate::radio::{attached, bearer, csq, is_address, registered, sim_ready};
use crate::sim7000::context;
use crate::simcom::{self, Series, active};

/// The SIM7080, SIM7070 and SIM7090 series.
pub(crate) struct Sim7080;

/// C19: the note prints `CNACT=1,1`; the manual's first argument is the index of the PDP context, here 0.
const PDP_INDEX: u8 = 0;

const SERIES: Series = Series {
    about: "families.md, SIM7080 series",
    cfota: "SIM7080 note, 3.1",
    bearer: "SIM7080 note, 4.2",
    http: "SIM7080 note, 4.2",
    ftp: "SIM7080 AT manual, FTP",
    port: "SIM7080 AT manual, FS",
    start: "SIM7080 note, 4.3",
    result: "SIM7080 note, 4.3 and 4.4",
    ftp_cid: PDP_INDEX,
    bearer_down: "AT+CNACT=0,0",
    bearer_up,
    has_address,
    recognise,
};

fn recognise() -> Recognise {
    let revision = vec![Command::plain("AT+GMR")];
    let prefixes = &["SIM7080", "SIM7070", "SIM7090"];
    Recognise { family: Family::Sim7080, prefixes, revision, full_revision: None }
}

impl Procedures for Sim7080 {
    fn family(&self) -> Family {
        Family::Sim7080
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

// 4.2  AT+CNACT: open GPRS session.

fn bearer_up(series: &Series, job: &Job) -> Result<Vec<Step>, Unfit> {
    const RADIO: &str = "families.md, Deadlines";
    let deadlines = &job.settings.deadlines;
    let preflight = |source, ask| Step::new(Phase::Preflight, source, ask);
    let mut steps = vec![
        sim_ready(RADIO, deadlines),
        preflight(series.about, Ask::new(context(job)?, deadlines.command_ms)),
        csq(RADIO, deadlines),
        attached(RADIO, deadlines),
        registered(RADIO, deadlines),
    ];
    if let Some(command) = credentials(job)? {
        steps.push(preflight(series.about, Ask::new(command, deadlines.command_ms)));
    }
    if !active(series, job) {
        let command = Command::set("AT+CNACT").number(PDP_INDEX).number(1u8).build()?;
        steps.push(preflight(series.bearer, Ask::new(command, deadlines.slow_command_ms).or(What::Bearer)));
    }
    steps.push(bearer(series.bearer, deadlines, "AT+CNACT?", "+CNACT", has_address));
    Ok(steps)
}

/// `AT+CNCFG=<index>,<ip type>,"apn","user","pw",<authentication>`, when an APN is set: the index comes first.
fn credentials(job: &Job) -> Result<Option<Command>, Unfit> {
    const IPV4: u8 = 1;
    const PAP_OR_CHAP: u8 = 3;
    let Some(apn) = &job.network.apn else { return Ok(None) };
    let mut command = Command::set("AT+CNCFG").number(PDP_INDEX).number(IPV4).quoted("apn", apn, 100);
    if let Some(user) = &job.network.user {
        let password = job.network.password.as_deref().unwrap_or_default();
        command = command.quoted("user", user, 64).quoted_with_secret("password", password, password, 64);
        command = command.number(PAP_OR_CHAP);
    }
    Ok(Some(command.build()?))
}

/// `CNACT?` answers one line per index: ours, state 1, an address other than 0.0.0.0.
fn has_address(line: &Line) -> bool {
    let ours = line.is("+CNACT") && line.int(0) == Some(i64::from(PDP_INDEX)) && line.int(1) == Some(1);
    ours && line.field(2).is_some_and(is_address)
}

#[cfg(test)]
mod tests {
    use at::Line;
    use procedure::Judgement;

    use super::has_address;
    use crate::simcom_deliver::http_downloaded;

    #[test]
    fn c19_only_the_line_of_our_index_counts() {
        assert!(has_address(&Line::parse("+CNACT: 0,1,\"10.94.36.44\"")));
        assert!(!has_address(&Line::parse("+CNACT: 1,1,\"10.94.36.44\"")));
        assert!(!has_address(&Line::parse("+CNACT: 0,0,\"0.0.0.0\"")));
        assert!(!has_address(&Line::parse("+CNACT: 0,1,\"0.0.0.0\"")));
    }

    #[test]
    fn c20_progress_with_the_prefix_of_the_result() {
        let judge = http_downloaded(109_285);
        let says = judge.test(&Line::parse("+HTTPTOFS: 1,4096,109285"));
        assert_eq!(says, Some(Judgement::Progress(4096, 109_285)));
        assert_eq!(judge.test(&Line::parse("+HTTPTOFS: 200,109285")), Some(Judgement::Good));
    }
}
