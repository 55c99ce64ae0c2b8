//! The vendors' notes, line by line: each command is in a plan, each unsolicited result and each code is understood, or
//! it is excepted here with the reason.

use at::Line;
use events::{Delivery, Family};
use procedure::{Action, FollowUp, rows};

use crate::job;

/// What one note prints.
struct Note {
    name: &'static str,
    family: Family,
    /// Commands, as far as they are told apart.
    commands: &'static [&'static str],
    /// Unsolicited results and what a boot loader prints.
    results: &'static [&'static str],
    /// Error codes and statuses, as the lines that carry them.
    codes: &'static [&'static str],
    /// What is in no plan, and why.
    excepted: &'static [(&'static str, &'static str)],
}

const NOTES: [Note; 5] = [
    Note {
        name: "SIM7028 FOTA application note V1.00",
        family: Family::Sim7028,
        commands: &[
            "AT+CESQ",
            "AT+CEREG?",
            "AT+CGPADDR",
            "AT+CFOTA=0,0,",
            "AT+CFOTA=0,1,",
            "AT+LFOTA=?",
            "AT+LFOTA?",
            "AT+LFOTA=0,",
            "AT+LFOTA=1,",
            "AT+QCRST",
            "ATI",
        ],
        results: &[
            "+CFOTA: 100",
            "AdupsProcedure 4.0",
            "abup check_delta,Header:0x20, 0x3, 0x17, 0x20",
            "abup check_delta, delta md5 check sucess.",
            "adups_IsPartPackge: NO!",
            "adups_IsPackgeFound ret=1",
            "adups_bl_notify_status:200,0",
            "check old bin",
            "check old bin end, is old bin.",
            "patch forward ...",
            "+FOTA: patch ratio: 1",
            "adups_bl_notify_status:201,100",
            "Update done, reboot now ...",
            "bootloader try normal boot system start!",
            "LoadVerifyImageHead read(len=272), Time(ms)->0.",
            "test:VerifyImageHead skip",
            "VerifyImageBody sha256 skip",
        ],
        codes: &[
            "+CFOTA: 0",
            "+CFOTA: 1001",
            "+CFOTA: 1002",
            "+CFOTA: 1003",
            "+CFOTA: 1004",
            "+CFOTA: 1005",
            "+CFOTA: 1006",
            "+CFOTA: 1007",
            "+CFOTA: 1008",
            "+CFOTA: 1009",
            "+CFOTA: 1010",
            "+CFOTA: 1011",
            "+CFOTA: 1012",
        ],
        excepted: &[
            (
                "LoadVerifyImageHead read(len=272), Time(ms)->0.",
                "the boot loader's own business; the line before says it",
            ),
            ("test:VerifyImageHead skip", "the same"),
            ("VerifyImageBody sha256 skip", "the same"),
        ],
    },
    Note {
        name: "SIM7000 FOTA application note V1.01",
        family: Family::Sim7000,
        commands: &[
            "AT+CFOTA=1",
            "AT+CFOTA=0",
            "AT+CFOTA?",
            "AT+CPIN?",
            "AT+CGDCONT=1,\"IP\"",
            "AT+CSQ",
            "AT+CGATT?",
            "AT+COPS?",
            "AT+CGNAPN",
            "AT+CNCFG=1,",
            "AT+CNACT=1",
            "AT+CNACT?",
            "AT+CFUN=0",
            "AT+CFUN=1",
            "AT+HTTPSTOFS",
            "AT+HTTPTOFS=",
            "AT+FTPCID=1",
            "AT+FTPSERV=",
            "AT+FTPUN=",
            "AT+FTPPW=",
            "AT+FTPGETNAME=",
            "AT+FTPGETPATH=",
            "AT+FTPEXTGET=2,1,",
            "AT+FTPTOFSST",
            "AT+CFSINIT",
            "AT+CFSWFILE=1,\"update.zip\",0,",
            "AT+CFSWFILE=1,\"update.zip\",1,",
            "AT+CFSTERM",
            "AT+GMR",
        ],
        results: &[
            "+CFOTA: \"Start to update\"",
            "+CFOTA: \"Updating\",0",
            "+CFOTA: \"Update successfully, please wait for reset\"",
            "+CFOTA: \"Update failed, please wait for reset\"",
            "+APP PDP: ACTIVE",
        ],
        codes: &[
            "+CFOTA: 1",
            "+CFOTA: 2",
            "+CFOTA: 3",
            "+CFOTA: 4",
            "+CFOTA: 5",
            "+CFOTA: 6",
            "+CFOTA: 7",
            "+CFOTA: 8",
        ],
        excepted: &[
            ("AT+HTTPSTOFS", "C13: the command is HTTPTOFS, also for https"),
            ("+APP PDP: ACTIVE", "CNACT? is asked instead: the line may be lost"),
            ("+CFOTA: 8", "the flag is clean: it says nothing of an update"),
        ],
    },
    Note {
        name: "SIM7080 FOTA application note V1.01",
        family: Family::Sim7080,
        commands: &["AT+CFOTA=1", "AT+CFOTA=0", "AT+CFOTA?", "AT+CNACT=1,1", "AT+HTTPTOFS=", "AT+GMR"],
        results: &[
            "+CFOTA: \"Start to update\"",
            "+CFOTA: \"Updating\",0",
            "+CFOTA: \"Update successfully, please wait for reset\"",
            "+CFOTA: \"Update failed, please wait for reset\"",
        ],
        codes: &["+CFOTA: 1", "+CFOTA: 6", "+CFOTA: 7", "+CFOTA: 8"],
        excepted: &[
            ("AT+CNACT=1,1", "C19: the manual's first argument is the index, so CNACT=0,1 is sent"),
            ("+CFOTA: 8", "the flag is clean: it says nothing of an update"),
        ],
    },
    Note {
        name: "AG35 DFOTA user guide V1.0",
        family: Family::Ag35,
        commands: &[
            "ATI",
            "AT+QFOTADL=?",
            "AT+QFOTADL=\"ftp://",
            "AT+QFOTADL=\"http://",
            "AT+QFOTADL=\"/data/ufs/",
        ],
        results: &[
            "+QIND: \"FOTA\", \"FTPSTART\"",
            "+QIND: \"FOTA\",\"FTPEND\",0",
            "+QIND: \"FOTA\",\"HTTPSTART\"",
            "+QIND: \"FOTA\",\"HTTPEND\",0",
            "+QIND: \"FOTA\", \"START\"",
            "+QIND: \"FOTA\",\"UPDATING\", 1",
            "+QIND: \"FOTA\",\"END\",0",
        ],
        codes: &[
            "+QIND: \"FOTA\",\"FTPEND\",601",
            "+QIND: \"FOTA\",\"HTTPEND\",701",
            "+QIND: \"FOTA\",\"END\",502",
            "+QIND: \"FOTA\",\"END\",505",
            "+QIND: \"FOTA\",\"END\",510",
            "+QIND: \"FOTA\",\"END\",511",
            "+QIND: \"FOTA\",\"END\",520",
            "+QIND: \"FOTA\",\"END\",530",
            "+QIND: \"FOTA\",\"END\",540",
            "+QIND: \"FOTA\",\"END\",546",
        ],
        excepted: &[],
    },
    Note {
        name: "BG96 DFOTA user guide V1.1",
        family: Family::Bg96,
        commands: &[
            "ATI",
            "AT+QCFGEXT=\"fota_apn\"",
            "AT+QCFGEXT=\"fota_apn\",0,",
            "AT+CSQ",
            "AT+CEREG?",
            "AT+CGREG?",
            "AT+COPS?",
            "AT+QFOTADL=?",
            "AT+QFOTADL=\"http://",
            "AT+QFOTADL=\"https://",
            "AT+QFOTADL=1",
            "AT+QFUPL=",
        ],
        results: &[
            "+QIND: \"FOTA\",\"HTTPSTART\"",
            "+QIND: \"FOTA\",\"HTTPEND\",0",
            "+QIND: \"FOTA\",\"START\"",
            "+QIND: \"FOTA\",\"UPDATING\", 1%",
            "+QIND: \"FOTA\",\"RESTORE\", 1%",
            "+QIND: \"FOTA\",\"END\",0",
            "+QIND: \"FOTA\",\"Last upgrade was not finished,continue upgrade\"",
        ],
        codes: &[
            "+QIND: \"FOTA\",\"HTTPEND\",701",
            "+QIND: \"FOTA\",\"HTTPEND\",702",
            "+QIND: \"FOTA\",\"HTTPEND\",703",
            "+QIND: \"FOTA\",\"HTTPEND\",704",
            "+QIND: \"FOTA\",\"HTTPEND\",706",
            "+QIND: \"FOTA\",\"HTTPEND\",707",
            "+QIND: \"FOTA\",\"HTTPEND\",708",
            "+QIND: \"FOTA\",\"END\",504",
            "+QIND: \"FOTA\",\"END\",505",
            "+QIND: \"FOTA\",\"END\",506",
            "+QIND: \"FOTA\",\"END\",511",
        ],
        excepted: &[],
    },
];

/// Every command of every plan of `family`, whatever the module answered to the survey.
fn commands(family: Family) -> Vec<String> {
    let procedures = families::of(family).unwrap();
    let shapes: [&[(&'static str, &str)]; 3] = [
        &[("fota_folder", "+QFLST: \"/fota/\",0"), ("urcport", "+QURCCFG: \"urcport\",\"usbmodem\"")],
        &[("cgatt", "+CGATT: 0"), ("cfota", "+CFOTA: 7")],
        &[],
    ];
    let mut found = Vec::new();
    for delivery in procedures.deliveries() {
        found.extend(rows(&procedures.survey(5_000, *delivery)).into_iter().map(|row| row.does));
        for shape in shapes {
            let mut job = job::job(family, *delivery, shape);
            job.root = Some(b"-----BEGIN CERTIFICATE-----\n"[..].into());
            if let Ok(plan) = procedures.plan(&job) {
                found.extend(rows(&plan).into_iter().map(|row| row.does));
            }
        }
    }
    found
}

fn follow_ups(family: Family) -> Vec<FollowUp> {
    let procedures = families::of(family).unwrap();
    let follow_up = |delivery: &Delivery| {
        let plan = procedures.plan(&job::job(family, *delivery, &[("fota_folder", "OK")])).unwrap();
        let last = plan.steps.last().unwrap().action.clone();
        if let Action::FollowUp(follow) = last { *follow } else { panic!("{family} by {delivery}") }
    };
    procedures.deliveries().iter().map(follow_up).collect()
}

#[test]
fn every_line_of_the_notes_is_in_a_plan_or_understood_or_excepted() {
    for note in &NOTES {
        let excepted = |line: &&str| note.excepted.iter().any(|(what, _)| what == line);
        let commands = commands(note.family);
        let sent = |wanted: &str| commands.iter().any(|does| does.contains(wanted));
        let missing: Vec<&&str> =
            note.commands.iter().filter(|line| !excepted(line)).filter(|line| !sent(line)).collect();
        assert!(missing.is_empty(), "{}: in no plan: {missing:?}", note.name);
        let follow_ups = follow_ups(note.family);
        let understood =
            |line: &str| follow_ups.iter().all(|follow| (follow.signs)(&Line::parse(line)).is_some());
        for line in note.results.iter().chain(note.codes) {
            assert!(
                understood(line) != excepted(line),
                "{}: `{line}`: understood or excepted, not both",
                note.name
            );
        }
        println!(
            "{}: {} commands, {} results, {} codes; excepted: {:?}",
            note.name,
            note.commands.len(),
            note.results.len(),
            note.codes.len(),
            note.excepted
        );
    }
}
