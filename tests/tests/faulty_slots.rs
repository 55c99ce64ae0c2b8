//! A slot that floods, one that never answers and one that is unplugged for good, beside 21 healthy ones: those pass.

use std::fmt::Write as _;

use events::{Report, Verdict};
use fotarig_tests::{Bench, lies, report, slot};

/// Fault, family, and where in a rack of 24 of them: beyond the 21st place, so that no healthy module has its IMEI too.
const FAULTY: [(&str, &str, &str); 3] =
    [("flood", "bg96", "C6"), ("mute", "sim7028", "C7"), ("unplugged", "sim7000", "C8")];

/// A rack whose modules all have `fault`.
fn faulty(fault: &str, family: &str) -> Bench {
    Bench::start(&["--slots", "24", "--seed", "3", "--faults", fault, "--families", family])
}

fn end(report: &Report, label: &str) -> (Option<Verdict>, String) {
    let unit = slot(report, label);
    (unit.verdict, unit.fault.as_ref().map(|fault| fault.code.to_string()).unwrap_or_default())
}

#[test]
fn three_faulty_slots_cost_21_healthy_ones_nothing() {
    let healthy = Bench::start(&["--slots", "21", "--seed", "3", "--faults", "none"]);
    let mut rack = std::fs::read_to_string(healthy.path("rack.toml")).unwrap();
    let racks = FAULTY.map(|(fault, family, place)| {
        let bench = faulty(fault, family);
        let tty = bench.path("ports").join(place);
        write!(rack, "\n[[slot]]\nlabel = {fault:?}\ntty = {tty:?}\n").unwrap();
        bench
    });
    std::fs::write(healthy.path("rack.toml"), rack).unwrap();

    let ended = healthy.controller().wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    let told = report(&healthy.ledger(), "demo");
    assert_eq!((told.units.len(), told.count(Verdict::Passed)), (24, 21), "{ended}");
    let (verdict, fault) = end(&told, "flood");
    assert_eq!(verdict, Some(Verdict::Failed));
    assert!(["E-IDENTIFY-FLOOD", "E-IDENTIFY-SILENT"].contains(&fault.as_str()), "{fault}");
    assert_eq!(end(&told, "mute"), (Some(Verdict::Failed), "E-IDENTIFY-SILENT".to_owned()));
    assert_eq!(end(&told, "unplugged"), (Some(Verdict::Unknown), "E-REBOOT-AWAY".to_owned()));
    let job = healthy.job();
    assert_eq!(lies(&told, &healthy.stop(), &job), [""; 0]);
    for modules in racks.map(Bench::stop) {
        assert!(modules.iter().all(|module| module.triggers_while_updating == 0));
    }
}
