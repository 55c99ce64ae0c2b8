//! Slots by port path: the real binary finds its modules by udev, and follows them through every renumbering.

use events::Family;
use fotarig_tests::usb::{Rack, Scenario};
use fotarig_tests::{Process, lies, report};

const SPEED: f64 = 40.0;

#[test]
fn sixteen_modules_pass_by_port_path() {
    let scenario = Scenario::of(&Family::ALL, 16, SPEED);
    let Some(rack) = Rack::start(&scenario) else { return };
    let ended = Process::start(&mut rack.run()).wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    let job = rack.job();
    let report = report(&rack.path("fotarig.sqlite"), "usb");
    let modules = rack.stop();
    assert!(modules.iter().all(|module| job.reached(module)), "{modules:#?}");
    assert_eq!(lies(&report, &modules, &job), [""; 0]);
}
