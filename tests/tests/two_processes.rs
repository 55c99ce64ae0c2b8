//! `fotarig run` against `fotarig sim`: nothing shared but PTYs and a TCP port.

use events::Verdict;
use fotarig_tests::{Bench, lies, report};

#[test]
fn a_rack_of_another_process_is_flashed_and_a_second_run_leaves_it_alone() {
    let bench = Bench::start(&["--slots", "9", "--seed", "2", "--faults", "none"]);
    let first = bench.controller().wait();
    assert_eq!(first.code, Some(0), "{first}");
    assert!(first.out.contains("\n9 passed\n"), "{first}");

    let second = bench.controller().wait();
    assert_eq!(second.code, Some(0), "{second}");
    assert!(second.out.contains("\n9 passed earlier\n"), "{second}");
    assert!(!second.out.contains("attempt"), "nothing is flashed: {second}");

    let told = report(&bench.ledger(), "demo");
    assert_eq!((told.units.len(), told.count(Verdict::Passed)), (9, 9), "a second run adds no unit");
    let job = bench.job();
    let modules = bench.stop();
    assert_eq!(lies(&told, &modules, &job), [""; 0]);
    for module in modules {
        assert!(job.reached(&module), "{module:?}");
        let done = (module.triggers as usize, module.updates_done as usize);
        let hops = job.hops(&module);
        assert_eq!(done, (hops, hops), "one trigger for each package: {module:?}");
    }
}
