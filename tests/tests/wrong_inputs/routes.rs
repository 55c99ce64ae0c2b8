//! A module for which the batch has no package.

use events::Verdict;
use fotarig_tests::{Bench, report};

#[test]
fn a_module_without_a_route_is_refused_and_left_alone() {
    let bench = Bench::start(&["--slots", "2", "--seed", "1", "--faults", "none", "--families", "bg96"]);
    bench.edit("batch.toml", "from = \"BG96MAR02A07M1G\"", "from = \"BG96MAR02A08M1G\"");
    let ended = bench.controller().wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("E-PREFLIGHT-ROUTE") && ended.out.contains("what to do"), "{ended}");
    let told = report(&bench.ledger(), "demo");
    assert_eq!(told.count(Verdict::Refused), 2, "{told:#?}");
    for unit in &told.units {
        let fault = unit.fault.as_ref().map(|fault| fault.code.to_string());
        assert_eq!((fault.as_deref(), unit.attempts.len()), (Some("E-PREFLIGHT-ROUTE"), 0), "{unit:#?}");
    }
    for module in bench.stop() {
        assert_eq!((module.triggers, &module.revision), (0, &module.revision_at_start), "{module:?}");
    }
}

#[test]
fn a_module_without_a_target_is_refused_and_left_alone() {
    let bench = Bench::start(&["--slots", "1", "--seed", "1", "--faults", "none", "--families", "bg96"]);
    bench.edit("batch.toml", "[[target]]\nmodel = \"BG96\"\n", "[[target]]\nmodel = \"BG95\"\n");
    let ended = bench.controller().wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("E-PREFLIGHT-TARGET"), "{ended}");
    assert!(bench.stop().iter().all(|module| module.triggers == 0));
}
