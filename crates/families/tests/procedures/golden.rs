//! The plans as tables, to be ticked off against the vendor's note.

use events::{Delivery, Family};
use procedure::{Plan, rows};

use crate::job;

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

/// What a module in ordinary shape answers to the survey.
fn ordinary(family: Family) -> Vec<(&'static str, &'static str)> {
    match family {
        Family::Sim7000 | Family::Sim7080 => vec![("cfota", "+CFOTA: 8")],
        Family::Sim7028 => vec![("lfota", "+LFOTA=<0-1>,8388608")],
        Family::Ag35 => vec![("urcport", "+QURCCFG: \"urcport\",\"usbat\"")],
        Family::Bg96 => vec![
            ("urcport", "+QURCCFG: \"urcport\",\"usbmodem\""),
            ("fota_apn", "+QCFGEXT: \"fota_apn\",0,\"old.example\",\"\",\"\""),
            ("fota_folder", "+QFLST: \"/fota/\",0"),
        ],
    }
}

#[test]
fn every_cell_of_the_delivery_matrix() {
    for procedures in families::ALL {
        for delivery in procedures.deliveries() {
            let family = procedures.family();
            insta::assert_snapshot!(
                format!("{family}_by_{delivery}"),
                table(family, *delivery, &ordinary(family))
            );
        }
    }
}

#[test]
fn the_matrix_is_that_of_families_md() {
    use Delivery::{Ftp, Http, Https, Preloaded, Serial};
    for (family, ways) in [
        (Family::Sim7028, &[Http, Ftp, Serial][..]),
        (Family::Sim7000, &[Http, Https, Ftp, Serial, Preloaded]),
        (Family::Sim7080, &[Http, Https, Ftp, Serial, Preloaded]),
        (Family::Ag35, &[Http, Ftp, Serial, Preloaded]),
        (Family::Bg96, &[Http, Https, Serial, Preloaded]),
    ] {
        assert_eq!(families::of(family).unwrap().deliveries(), ways, "{family}");
    }
}

#[test]
fn sim7000_not_attached_and_with_last_months_result() {
    let facts = [("cfota", "+CFOTA: 7"), ("cgatt", "+CGATT: 0"), ("cnact", "+CNACT: 0,\"0.0.0.0\"")];
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Http, &facts));
}

#[test]
fn an_update_under_way_is_followed_and_none_is_started() {
    insta::assert_snapshot!(table(Family::Sim7000, Delivery::Serial, &[("cfota", "+CFOTA: 1")]));
}

#[test]
fn a_plan_with_a_trigger_has_a_checkpoint_before_it_and_a_follow_up_right_behind() {
    use procedure::Action;
    for procedures in families::ALL {
        for delivery in procedures.deliveries() {
            let plan = procedures
                .plan(&job::job(procedures.family(), *delivery, &ordinary(procedures.family())))
                .unwrap();
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
