//! What `families.md` settles where the vendors' notes contradict themselves, as far as it shows in a plan. The others of
//! C1–C30 are beside the functions that read the lines in question.

use at::Line;
use events::{Delivery, Family, FaultClass, Phase};
use procedure::{Action, Judgement, Plan, Sign, rows};

use crate::job;

fn plan(family: Family, delivery: Delivery, facts: &[(&'static str, &str)]) -> Plan {
    families::of(family).unwrap().plan(&job::job(family, delivery, facts)).unwrap()
}

fn sent(plan: &Plan) -> Vec<String> {
    rows(plan).into_iter().map(|row| row.does).collect()
}

#[test]
fn c1_cgpaddr_without_a_question_mark() {
    let sent = sent(&plan(Family::Sim7028, Delivery::Http, &[]));
    assert!(
        sent.iter().any(|does| does == "AT+CGPADDR") && !sent.iter().any(|does| does.contains("CGPADDR?"))
    );
}

#[test]
fn c2_the_channel_is_a_setting_and_0_by_default() {
    let mut job = job::job(Family::Sim7028, Delivery::Http, &[]);
    let command =
        |job: &families::Job| sent(&families::of(Family::Sim7028).unwrap().plan(job).unwrap()).join("\n");
    assert!(command(&job).contains("AT+CFOTA=0,1,"));
    job.settings.channel = 3;
    assert!(command(&job).contains("AT+CFOTA=3,1,"));
}

#[test]
fn c3_twelve_seconds_are_for_the_ok_and_not_for_the_download() {
    let plan = plan(Family::Sim7028, Delivery::Http, &[]);
    for step in &plan.steps {
        if let Action::Trigger(trigger) = &step.action {
            assert_eq!(trigger.timeout_ms, 12_000);
        } else if let Action::FollowUp(follow) = &step.action {
            assert_eq!(follow.waits.download_idle_ms, 600_000);
        }
    }
}

#[test]
fn c4_1001_is_taken_as_a_pdp_context_that_is_not_active() {
    let plan = plan(Family::Sim7028, Delivery::Http, &[]);
    let Action::FollowUp(follow) = &plan.steps.last().unwrap().action else { panic!("no follow-up") };
    let Some(Sign::Terminal(fault)) = (follow.signs)(&Line::parse("+CFOTA: 1001")) else {
        panic!("not terminal")
    };
    assert_eq!(fault.class(), FaultClass::Network);
}

#[test]
fn c7_lfota_0_before_the_transfer_and_its_check_after() {
    let sent = sent(&plan(Family::Sim7028, Delivery::Serial, &[]));
    let place = |start: &str| sent.iter().position(|does| does.starts_with(start)).unwrap();
    assert!(place("AT+LFOTA=0,") < place("AT+LFOTA=1,") && place("AT+LFOTA=1,") < place("AT+LFOTA?"));
    assert!(place("AT+LFOTA?") < place("AT+QCRST"));
}

#[test]
fn c8_the_limit_is_on_inactivity_and_never_on_the_whole_transfer() {
    let mut job = job::job(Family::Sim7028, Delivery::Serial, &[]);
    job.package.size = 5_358_979;
    let plan = families::of(Family::Sim7028).unwrap().plan(&job).unwrap();
    let upload = plan.steps.iter().find_map(|step| match &step.action {
        Action::Upload(upload) => Some(upload),
        Action::Ask(_)
        | Action::Poll(_)
        | Action::Checkpoint
        | Action::Trigger(_)
        | Action::FollowUp(_)
        | Action::Identify(_) => None,
    });
    let upload = upload.unwrap();
    let rate = upload.pacing.bytes_per_s.unwrap();
    let (whole_ms, chunk_ms) = (job.package.size * 1000 / rate, upload.pacing.chunk_bytes * 1000 / rate);
    assert!(whole_ms > 300_000 && upload.idle_ms == 30_000 && chunk_ms * 10 < upload.idle_ms);
}

#[test]
fn c12_the_configured_form_of_cnact_and_the_other_once_on_an_error() {
    let sent = sent(&plan(Family::Sim7000, Delivery::Http, &[]));
    assert!(sent.contains(&"AT+CNACT=1,\"iot.example\" (on ERROR: AT+CNACT=1)".to_owned()));
    let mut job = job::job(Family::Sim7000, Delivery::Http, &[]);
    job.network.apn = None;
    let plan = families::of(Family::Sim7000).unwrap().plan(&job).unwrap();
    assert!(self::sent(&plan).contains(&"AT+CNACT=1 (on ERROR: AT+CNACT=1,1)".to_owned()));
}

#[test]
fn c13_the_command_is_httptofs_also_for_https() {
    for family in [Family::Sim7000, Family::Sim7080] {
        let sent = sent(&plan(family, Delivery::Https, &[])).join("\n");
        assert!(sent.contains("AT+HTTPTOFS=\"https://") && !sent.contains("HTTPSTOFS"));
    }
}

#[test]
fn c15_1_0_10_is_in_progress_and_only_the_urc_ends_it() {
    let plan = plan(Family::Sim7000, Delivery::Ftp, &[]);
    let judges = plan.steps.iter().filter_map(|step| {
        if let Action::Poll(poll) = &step.action { Some(poll.judge.clone()) } else { None }
    });
    let says = |text: &str| judges.clone().find_map(|judge| judge.test(&Line::parse(text)));
    assert_eq!(says("+FTPTOFSST: 1,0,10"), Some(Judgement::Progress(10, 0)));
    assert_eq!(says("+FTPEXTGETFILE: 1,0"), Some(Judgement::Good));
    assert!(matches!(says("+FTPEXTGETFILE: 1,1"), Some(Judgement::Bad(..))));
}

#[test]
fn c16_directory_index_1_is_fota() {
    let sent = sent(&plan(Family::Sim7000, Delivery::Serial, &[])).join("\n");
    assert!(
        sent.contains("AT+CFSWFILE=1,\"update.zip\",0,") && sent.contains("AT+CFSDFILE=1,\"update.zip\"")
    );
}

#[test]
fn c17_cfota_1_is_the_trigger_and_never_a_preparation() {
    for family in [Family::Sim7000, Family::Sim7080] {
        for delivery in families::of(family).unwrap().deliveries() {
            let plan = plan(family, *delivery, &[]);
            let steps = plan.steps.iter().chain(&plan.cleanup);
            let as_command = steps.filter(
                |step| matches!(&step.action, Action::Ask(ask) if ask.command.text() == "AT+CFOTA=1"),
            );
            assert_eq!(as_command.count(), 0);
            assert_eq!(sent(&plan).iter().filter(|does| *does == "AT+CFOTA=1").count(), 1);
        }
    }
}

#[test]
fn c21_a_file_in_ufs_goes_straight_to_the_update() {
    for (delivery, begins) in [
        (Delivery::Serial, Phase::Update),
        (Delivery::Preloaded, Phase::Update),
        (Delivery::Http, Phase::Deliver),
    ] {
        let plan = plan(Family::Ag35, delivery, &[]);
        let Action::FollowUp(follow) = &plan.steps.last().unwrap().action else { panic!("no follow-up") };
        assert_eq!(follow.begins, begins);
    }
}

#[test]
fn c25_qcfgext_has_no_trailing_comma() {
    let mut job = job::job(Family::Bg96, Delivery::Http, &[]);
    (job.network.user, job.network.password) = (None, None);
    let plan = families::of(Family::Bg96).unwrap().plan(&job).unwrap();
    assert!(sent(&plan).contains(&"AT+QCFGEXT=\"fota_apn\",0,\"iot.example\"".to_owned()));
}

#[test]
fn c26_the_port_is_always_in_the_url() {
    for (family, delivery, start) in [
        (Family::Bg96, Delivery::Http, "AT+QFOTADL=\"http://203.0.113.5:8000/"),
        (Family::Bg96, Delivery::Https, "AT+QFOTADL=\"https://203.0.113.5:8000/"),
        (Family::Ag35, Delivery::Http, "AT+QFOTADL=\"http://203.0.113.5:8000/"),
        (Family::Sim7028, Delivery::Http, "AT+CFOTA=0,1,\"203.0.113.5:8000/"),
    ] {
        assert!(
            sent(&plan(family, delivery, &[])).iter().any(|does| does.starts_with(start)),
            "{family} {delivery}"
        );
    }
}

#[test]
fn c30_the_upload_into_fota_is_offered_only_where_the_module_shows_it() {
    let procedures = families::of(Family::Bg96).unwrap();
    let refused = procedures.plan(&job::job(Family::Bg96, Delivery::Serial, &[])).unwrap_err().to_string();
    assert!(refused.contains("http or https") && refused.contains("preloaded"), "{refused}");
    let shown = [("fota_folder", "+QFLST: \"/fota/\",0")];
    assert!(procedures.plan(&job::job(Family::Bg96, Delivery::Serial, &shown)).is_ok());
}

#[test]
fn a_preloaded_bg96_wants_to_be_trusted_and_no_other_name() {
    let procedures = families::of(Family::Bg96).unwrap();
    let mut job = job::job(Family::Bg96, Delivery::Preloaded, &[]);
    job.preloaded.as_mut().unwrap().trusted = false;
    assert!(procedures.plan(&job).unwrap_err().to_string().contains("trust_preloaded = true"));
    job.preloaded.as_mut().unwrap().name = "other.zip".into();
    assert!(procedures.plan(&job).unwrap_err().to_string().contains("update.zip"));
}

#[test]
fn an_ag35_ftp_url_has_its_limits_part_by_part() {
    let procedures = families::of(Family::Ag35).unwrap();
    let with = |user: &str, path: &str| {
        let mut job = job::job(Family::Ag35, Delivery::Ftp, &[]);
        let link = job.link.as_mut().unwrap();
        link.path = path.to_owned();
        link.login.as_mut().unwrap().user = user.to_owned();
        procedures.plan(&job).map(|_| ()).map_err(|unfit| unfit.to_string())
    };
    assert_eq!(with(&"u".repeat(50), &"p".repeat(50)), Ok(()));
    assert!(with(&"u".repeat(51), "p").unwrap_err().contains("51 bytes"));
    assert!(with("u", &"p".repeat(51)).unwrap_err().contains("51 bytes"));
    for odd in ["a@b", "a:b", "a/b", "a%b"] {
        assert!(with(odd, "p").is_err(), "{odd}");
    }
}
