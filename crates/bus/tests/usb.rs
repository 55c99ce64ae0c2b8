//! The real bus of the machine on which the tests run, whatever is plugged in there, be it nothing.

use std::path::Path;

use bus::{BusError, KnownUsb, PortPath, SettleTimes, UsbBus, Warning};

fn start() -> Result<UsbBus, BusError> {
    UsbBus::start(vec![KnownUsb::new(0x2c7c, 0x0296, 2)], SettleTimes::default())
}

#[test]
fn the_first_picture_is_there_at_once() {
    let usb = start().unwrap();
    let topology = usb.topology().borrow().clone();
    assert_eq!(topology.warnings.contains(&Warning::NoUdevd), !Path::new("/run/udev/control").exists());
    let mut found: Vec<PortPath> = topology.modules.keys().chain(topology.hubs.keys()).copied().collect();
    found.sort_unstable();
    let devices = std::fs::read_dir("/sys/bus/usb/devices").into_iter().flatten();
    let names = devices.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut there: Vec<PortPath> = names.filter_map(|name| name.parse().ok()).collect();
    there.sort_unstable();
    assert_eq!(found, there);
}

#[test]
fn doubts_never_block() {
    let usb = start().unwrap();
    for _ in 0..1_000_000 {
        usb.doubt();
    }
}

#[test]
fn its_thread_ends_with_it() {
    let usb = start().unwrap();
    let mut topology = usb.topology();
    assert!(topology.has_changed().is_ok());
    drop(usb);
    assert!(topology.has_changed().is_err(), "the thread has let go of its end");
    assert!(topology.borrow_and_update().hubs.keys().all(|hub| hub.bus() > 0));
}

#[test]
fn several_do_not_disturb_each_other() {
    let (one, other) = (start().unwrap(), start().unwrap());
    drop(one);
    other.doubt();
    assert!(other.topology().has_changed().is_ok());
}
