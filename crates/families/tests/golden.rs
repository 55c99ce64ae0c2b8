//! The plans as tables, to be ticked off against the vendor's note.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod job;

use events::{Delivery, Family};
use procedure::{Plan, rows};

/// The whole of what is sent for one cell of the delivery matrix.
fn table(family: Family, delivery: Delivery, facts: &[(&'static str, &str)]) -> String {
    let procedures = families::of(family).unwrap();
    let job = job::job(family, delivery, facts);
    let survey = procedures.survey(5_000, delivery);
    let plan = procedures.plan(&job).unwrap();
    format!("SURVEY\n{}\nPLAN\n{}", text(&survey), text(&plan))
}

fn text(plan: &Plan) -> String {
    let row = |row: procedure::Row| {
        format!("{:<10} {:<34} {}\n{:<45} -> {}\n", row.phase, row.source, row.does, "", row.until)
    };
    rows(plan).into_iter().map(row).collect()
}

#[test]
fn sim7000_by_http() {
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Http, &[("cfota", "+CFOTA: 8")]));
}

#[test]
fn sim7000_by_http_not_attached_and_last_months_result() {
    let facts = [("cfota", "+CFOTA: 7"), ("cgatt", "+CGATT: 0"), ("cnact", "+CNACT: 0,\"0.0.0.0\"")];
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Http, &facts));
}

#[test]
fn sim7000_through_the_port() {
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Serial, &[("cfota", "+CFOTA: 8")]));
}

#[test]
fn sim7000_with_an_update_under_way_is_followed_and_not_started() {
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Serial, &[("cfota", "+CFOTA: 1")]));
}

#[test]
fn sim7028_by_http() {
    insta::assert_snapshot!(table(Family::Sim7028, Delivery::Http, &[]));
}

#[test]
fn sim7028_through_the_port() {
    insta::assert_snapshot!(table(Family::Sim7028, Delivery::Serial, &[]));
}

#[test]
fn bg96_by_http() {
    let facts = [
        ("urcport", "+QURCCFG: \"urcport\",\"usbmodem\""),
        ("fota_apn", "+QCFGEXT: \"fota_apn\",0,\"old.example\",\"\",\"\""),
    ];
    insta::assert_snapshot!(table(Family::Bg96, Delivery::Http, &facts));
}

#[test]
fn a_plan_with_a_trigger_has_a_checkpoint_before_it_and_a_follow_up_right_behind() {
    use procedure::Action;
    for procedures in families::ALL {
        for delivery in procedures.deliveries() {
            let plan = procedures.plan(&job::job(procedures.family(), *delivery, &[])).unwrap();
            let place = |wanted: fn(&Action) -> bool| {
                let mut places = plan.steps.iter().enumerate().filter(|(_, step)| wanted(&step.action));
                let first = places.next().map(|(place, _)| place);
                assert!(places.next().is_none(), "{} by {delivery}: more than one", procedures.family());
                first.unwrap()
            };
            let checkpoint = place(|action| matches!(action, Action::Checkpoint));
            let trigger = place(|action| matches!(action, Action::Trigger(_)));
            let follow_up = place(|action| matches!(action, Action::FollowUp(_)));
            assert!(checkpoint < trigger && follow_up == trigger + 1 && follow_up + 1 == plan.steps.len());
        }
    }
}

#[test]
fn a_url_with_a_quote_makes_the_delivery_unfit_and_reaches_no_command() {
    for procedures in families::ALL {
        let mut job = job::job(procedures.family(), Delivery::Http, &[]);
        job.link.as_mut().unwrap().host = "a\"b".into();
        let unfit = procedures.plan(&job).unwrap_err();
        assert!(unfit.to_string().contains("'\"'"), "{unfit}");
    }
}

#[test]
fn a_url_over_the_limit_is_unfit() {
    for procedures in families::ALL {
        let mut job = job::job(procedures.family(), Delivery::Http, &[]);
        job.link.as_mut().unwrap().path = format!("/{}", "p".repeat(255));
        assert!(procedures.plan(&job).unwrap_err().to_string().contains("at most 255"));
    }
}

#[test]
fn sim7000_blocks_fit_their_time_on_a_slow_line() {
    let mut job = job::job(Family::Sim7000, Delivery::Serial, &[]);
    (job.usb, job.baud) = (false, 9600);
    let plan = families::of(Family::Sim7000).unwrap().plan(&job).unwrap();
    let upload = |step: &procedure::Step| {
        if let procedure::Action::Upload(upload) = &step.action { Some(upload.blocks.clone()) } else { None }
    };
    let blocks = plan.steps.iter().find_map(upload).unwrap();
    assert!(blocks.iter().all(|block| block.length * 10 / 9600 < 10));
    assert_eq!(blocks.iter().map(|block| block.length).sum::<u64>(), job.package.size);
}
