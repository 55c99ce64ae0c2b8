//! Slots by port path: the real binary finds its modules by udev, and follows them through every renumbering, while
//! modules are taken out, swapped, or come back as something else.

use std::collections::BTreeSet;

use events::{Event, Family, Verdict};
use fotarig_tests::usb::{Rack, Scenario, Unit, port_of};
use fotarig_tests::{Process, events_of_file, lies, report, slot};
use rustix::process::Signal;
use sim::Behaviour;

const SPEED: f64 = 40.0;

/// Modules of all families, each with one more re-enumeration in its job than the notes tell.
fn restless(count: usize) -> Scenario {
    let mut scenario = Scenario::of(&Family::ALL, count, SPEED);
    for unit in &mut scenario.modules {
        unit.spec.behaviours.insert(Behaviour::MoreReenumerations);
    }
    scenario
}

fn one(family: Family, behaviour: Behaviour, seed: u64) -> Scenario {
    let mut scenario = Scenario::of(&[family], 1, SPEED);
    let spec = &mut scenario.unit("A1").spec;
    spec.behaviours.insert(behaviour);
    spec.seed = seed;
    scenario
}

/// The batch runs; `meanwhile` is called once a line with `line` in it has been said.
fn batch(rack: &Rack, arguments: &[&str], line: &str, meanwhile: impl FnOnce(&Process)) -> Option<i32> {
    let process = Process::start(rack.run().args(arguments));
    process.line(line);
    meanwhile(&process);
    let ended = process.wait();
    println!("{ended}");
    ended.code
}

/// Every module passed, each in one job, and the record is true.
fn all_pass(rack: Rack) {
    let job = rack.job();
    let report = report(&rack.path("fotarig.sqlite"), "usb");
    let modules = rack.stop();
    assert_eq!(lies(&report, &modules, &job), [""; 0]);
    assert!(modules.iter().all(|module| job.reached(module)), "{modules:#?}");
    assert_eq!(report.count(Verdict::Passed), modules.len());
    let jobs: BTreeSet<_> = report.units.iter().map(|unit| (&unit.slot, &unit.imei)).collect();
    assert_eq!(jobs.len(), report.units.len(), "a job was lost and begun again");
}

#[test]
fn sixteen_modules_pass_by_port_path() {
    let Some(rack) = Rack::start(&restless(16)) else { return };
    assert_eq!(batch(&rack, &[], "batch usb", |_| {}), Some(0));
    all_pass(rack);
}

#[test]
fn a_burst_while_the_controller_is_stopped_costs_no_job() {
    let Some(rack) = Rack::start(&restless(16)) else { return };
    let ended = batch(&rack, &[], "past the point of no return", |process| {
        process.signal(Signal::STOP);
        rack.reset_all();
        process.signal(Signal::CONT);
    });
    assert_eq!(ended, Some(0));
    all_pass(rack);
}

#[test]
fn sixty_four_modules_leave_and_return_at_once_and_no_job_is_lost() {
    // Slower than the others: sixty-four modules take their time on the bus, however fast their clock runs.
    let Some(rack) = Rack::start(&Scenario::of(&Family::ALL, 64, SPEED / 2.0)) else { return };
    assert_eq!(batch(&rack, &[], "past the point of no return", |_| rack.reset_all()), Some(0));
    all_pass(rack);
}

#[test]
fn a_module_in_the_place_of_one_that_was_triggered_is_not_touched() {
    let mut scenario = Scenario::of(&[Family::Bg96], 1, SPEED);
    scenario.modules.push(Unit { name: "other".to_owned(), ..Unit::new(Family::Bg96, 5).in_drawer() });
    let Some(rack) = Rack::start(&scenario) else { return };
    let ended = batch(&rack, &[], "past the point of no return", |_| {
        rack.unplug(&port_of(0));
        rack.plug(&port_of(0), "other");
    });
    assert_eq!(ended, Some(1));
    let report = report(&rack.path("fotarig.sqlite"), "usb");
    let unit = slot(&report, "A1");
    let fault = unit.fault.as_ref().unwrap();
    assert_eq!((unit.verdict, fault.code.what.name()), (Some(Verdict::Unknown), "SWAPPED"), "{unit:#?}");
    let job = rack.job();
    let modules = rack.stop();
    let other = modules.iter().find(|module| module.label == "other").unwrap();
    assert_eq!(other.triggers, 0, "the newcomer was flashed");
    assert_eq!(lies(&report, &modules, &job), [""; 0]);
}

#[test]
fn emergency_download_mode_is_told_and_left_alone() {
    for (family, seed) in [(Family::Ag35, 2), (Family::Sim7000, 3)] {
        let Some(rack) = Rack::start(&one(family, Behaviour::EmergencyDownload, seed)) else { return };
        assert_eq!(batch(&rack, &[], "batch usb", |_| {}), Some(1));
        let report = report(&rack.path("fotarig.sqlite"), "usb");
        let unit = slot(&report, "A1");
        assert_eq!(unit.verdict, Some(Verdict::Unknown), "{unit:#?}");
        assert_eq!(unit.fault.as_ref().unwrap().code.to_string(), "E-REBOOT-EDL");
        let job = rack.job();
        assert_eq!(lies(&report, &rack.stop(), &job), [""; 0]);
    }
}

#[test]
fn another_product_number_and_one_serial_number_for_all_pass() {
    let mut scenario = Scenario::of(&[Family::Bg96, Family::Sim7080], 4, SPEED);
    for unit in &mut scenario.modules {
        unit.spec.behaviours.extend([Behaviour::OtherProduct, Behaviour::SameSerial]);
    }
    let Some(rack) = Rack::start(&scenario) else { return };
    assert_eq!(batch(&rack, &[], "batch usb", |_| {}), Some(0));
    all_pass(rack);
}

#[test]
fn a_tty_that_comes_late_is_waited_for() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Sim7000], 1, SPEED)) else { return };
    let ended = batch(&rack, &[], "past the point of no return", |process| {
        rack.hold(&port_of(0));
        rack.reset(&port_of(0));
        process.line("port left");
        rack.release(&port_of(0));
    });
    assert_eq!(ended, Some(0));
    all_pass(rack);
}

#[test]
fn what_comes_and_goes_unheard_is_found_by_looking() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Ag35, Family::Bg96], 2, SPEED)) else { return };
    let ended = batch(&rack, &[], "past the point of no return", |_| {
        rack.lose_events(true);
        rack.reset_all();
    });
    assert_eq!(ended, Some(0));
    all_pass(rack);
}

#[test]
fn without_udevd_the_kernels_events_do() {
    let scenario = Scenario { udevd: false, ..restless(4) };
    let Some(rack) = Rack::start(&scenario) else { return };
    assert_eq!(batch(&rack, &[], "batch usb", |_| {}), Some(0));
    all_pass(rack);
}

#[test]
fn no_more_modules_of_one_hub_are_under_way_than_it_can_feed() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Bg96], 5, SPEED)) else { return };
    let file = rack.path("rack.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "\n[limits]\nper_hub = 1\nstagger = \"1ms\"\n").unwrap();
    // Four are behind one hub, the fifth behind another.
    let events = rack.path("events.jsonl");
    let arguments = ["--events", events.to_str().unwrap()];
    assert_eq!(batch(&rack, &arguments, "waits: limit of hub 1-1.1", |_| {}), Some(0));
    let (mut under_way, mut most) = (BTreeSet::new(), 0);
    for stamped in events_of_file(&events) {
        if let Event::AttemptStarted { slot, .. } = &stamped.event {
            under_way.insert(slot.clone());
            most = most.max(under_way.iter().filter(|slot| *slot != "A5").count());
        } else if let Event::AttemptEnded { slot, .. } = &stamped.event {
            under_way.remove(slot);
        }
    }
    assert_eq!(most, 1);
    all_pass(rack);
}

#[test]
fn an_unlabelled_port_is_left_alone_unless_all_are_wanted() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Sim7000], 2, SPEED)) else { return };
    let file = rack.path("rack.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&port_of(1), "1-4.4.4")).unwrap();
    assert_eq!(batch(&rack, &[], "unlabelled", |_| {}), Some(0));
    let truths = rack.truths();
    assert_eq!(truths.iter().map(|module| module.triggers).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(batch(&rack, &["--all-ports"], "batch usb", |_| {}), Some(0));
    let report = report(&rack.path("fotarig.sqlite"), "usb");
    assert_eq!(slot(&report, &port_of(1)).verdict, Some(Verdict::Passed));
    let job = rack.job();
    assert_eq!(lies(&report, &rack.stop(), &job), [""; 0]);
}

#[test]
fn in_a_continuous_run_the_next_module_starts_by_itself_and_a_passed_one_does_not() {
    let mut scenario = Scenario::of(&[Family::Bg96], 1, SPEED);
    scenario.modules.push(Unit { name: "next".to_owned(), ..Unit::new(Family::Bg96, 5).in_drawer() });
    let Some(rack) = Rack::start(&scenario) else { return };
    let process = Process::start(rack.run().arg("--continuous"));
    process.line("passed, runs");
    rack.unplug(&port_of(0));
    process.line("taken out");
    rack.plug(&port_of(0), "next");
    process.line("passed, runs");
    rack.unplug(&port_of(0));
    rack.plug(&port_of(0), "A1");
    process.line("passed earlier in this batch");
    process.signal(Signal::INT);
    let ended = process.wait();
    assert_eq!(ended.code, Some(130), "{ended}");
    let modules = rack.truths();
    assert!(modules.iter().all(|module| module.triggers == 1), "{modules:#?}");
    all_pass(rack);
}
