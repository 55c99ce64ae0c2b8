//! The real binary in a world of USB modules: whole batches while ttys come and go under other numbers.

use events::Family;
use fotarig_tests::usb::{Rack, Scenario};
use fotarig_tests::{Process, lies, report};

const SPEED: f64 = 40.0;

/// The slots of `rack.toml` by udev's stable names instead of port paths: fixed ttys, of which the name stays.
fn by_path(rack: &Rack, scenario: &Scenario) {
    let file = rack.path("rack.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    for unit in &scenario.modules {
        let port = unit.port.as_ref().unwrap();
        let interface = if unit.spec.family == Family::Sim7028 { 0 } else { 2 };
        let (bus, digits) = port.split_once('-').unwrap();
        assert_eq!(bus, "1");
        let tty = format!("/dev/serial/by-path/pci-0000:00:14.0-usb-0:{digits}:1.{interface}-port0");
        text = text.replace(&format!("usb = \"{port}\""), &format!("tty = \"{tty}\""));
    }
    std::fs::write(&file, text).unwrap();
}

#[test]
fn a_batch_on_stable_names_passes_through_every_renumbering() {
    let scenario = Scenario::of(&Family::ALL, 5, SPEED);
    let Some(rack) = Rack::start(&scenario) else { return };
    by_path(&rack, &scenario);
    let before = rack.ttys();
    let ended = Process::start(&mut rack.run()).wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    let after = rack.ttys();
    let job = rack.job();
    let report = report(&rack.path("fotarig.sqlite"), "usb");
    for unit in scenario.modules.iter().filter(|unit| unit.spec.family != Family::Sim7028) {
        let port = unit.port.as_ref().unwrap();
        assert_ne!(before[port], after[port], "{port}: it was never away");
    }
    let modules = rack.stop();
    assert!(modules.iter().all(|module| job.reached(module)), "{modules:#?}");
    assert_eq!(lies(&report, &modules, &job), [""; 0]);
}
