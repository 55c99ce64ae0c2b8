//! A slot that floods, one that never answers and one that is unplugged for good, beside 21 healthy ones: those pass.

use std::fmt::Write as _;

use events::{Report, Verdict};
use fotarig_tests::{Bench, lies, report, slot};

/// Of thirty slots, those that show the first, the second and the third fault of a list, whose modules no healthy
/// rack of 21 has too: they are in places 29, 22 and 24.
const FAULTY: [(&str, &str); 3] = [("flooding", "D6"), ("mute", "C7"), ("unplugged", "D1")];

fn end(report: &Report, label: &str) -> (Option<Verdict>, Option<String>) {
    let unit = slot(report, label);
    (unit.verdict, unit.fault.as_ref().map(|fault| fault.code.to_string()))
}

#[test]
fn three_faulty_slots_cost_21_healthy_ones_nothing() {
    let healthy = Bench::start(&["--slots", "21", "--seed", "3", "--faults", "none"]);
    let faulty = Bench::start(&["--slots", "30", "--seed", "3", "--faults", "flood,mute,unplugged"]);
    let mut rack = std::fs::read_to_string(healthy.path("rack.toml")).unwrap();
    for (label, place) in FAULTY {
        let tty = faulty.path("ports").join(place);
        write!(rack, "\n[[slot]]\nlabel = {label:?}\ntty = {tty:?}\n").unwrap();
    }
    std::fs::write(healthy.path("rack.toml"), rack).unwrap();

    let ended = healthy.controller().wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    let told = report(&healthy.ledger(), "demo");
    assert_eq!((told.units.len(), told.count(Verdict::Passed)), (24, 21), "{ended}");
    let (verdict, fault) = end(&told, "flooding");
    assert_eq!(verdict, Some(Verdict::Failed));
    assert!(
        ["E-IDENTIFY-FLOOD", "E-IDENTIFY-SILENT"].map(|code| Some(code.to_owned())).contains(&fault),
        "{fault:?}"
    );
    assert_eq!(end(&told, "mute"), (Some(Verdict::Failed), Some("E-IDENTIFY-SILENT".to_owned())));
    assert_eq!(end(&told, "unplugged"), (Some(Verdict::Unknown), Some("E-REBOOT-AWAY".to_owned())));
    assert_eq!(lies(&told, &healthy.stop()), [""; 0]);
    assert!(faulty.stop().iter().all(|module| module.triggers_while_updating == 0));
}
