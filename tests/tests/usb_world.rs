//! The world in which USB racks are tested, seen through libudev itself: what is there, what comes and goes, and that
//! modules answer where they should.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use events::Family;
use fotarig_tests::Process;
use fotarig_tests::usb::{Rack, Scenario, Unit, imei_of, port_of};
use sim::Behaviour;

const FOUR_TTYS: [Family; 4] = [Family::Bg96, Family::Ag35, Family::Sim7000, Family::Sim7080];
const SPEED: f64 = 40.0;

/// A tty as libudev shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tty {
    name: String,
    interface: u8,
    port: String,
    ids: String,
    serial: String,
}

impl Tty {
    fn parse(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["tty", name, interface, port, ids, serial] = words[..] else { panic!("{line}") };
        let interface = u8::from_str_radix(interface, 16).unwrap();
        let [name, port, ids, serial] = [name, port, ids, serial].map(str::to_owned);
        Self { name, interface, port, ids, serial }
    }
}

/// libudev in the rack's world.
struct Watch(Process);

impl Watch {
    /// With what it has enumerated.
    fn start(rack: &Rack, arguments: &[&str]) -> (Self, Vec<String>) {
        let process = Process::start(rack.command(env!("CARGO_BIN_EXE_udev-watch")).args(arguments));
        let mut found = Vec::new();
        loop {
            match process.next_line().unwrap().trim_end() {
                "enumerated" => return (Self(process), found),
                line => found.push(line.to_owned()),
            }
        }
    }

    /// The names of the next `count` ttys of which `action` is said.
    fn events(&self, action: &str, count: usize) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        while names.len() < count {
            let line = self.0.next_line().unwrap();
            if let Some(rest) = line.strip_prefix(action) {
                names.insert(rest.split_whitespace().next().unwrap().to_owned());
            }
        }
        names
    }
}

fn ttys(rack: &Rack) -> Vec<Tty> {
    Watch::start(rack, &[]).1.iter().map(|line| Tty::parse(line)).collect()
}

fn names(ttys: &BTreeMap<u8, String>) -> BTreeSet<String> {
    ttys.values().cloned().collect()
}

/// One AT command, from a process in the rack's world; asked again until it is answered, for a module that boots is deaf.
fn ask(rack: &Rack, tty: &str, command: &str) -> String {
    let script = "exec 3<>\"$1\"; while true; do printf '%s\\r' \"$2\" >&3; while read -r -t 1 line <&3; do \
                  echo \"$line\"; case $line in OK*) exit;; esac; done; done";
    let mut shell = rack.command("bash");
    let ended = Process::start(shell.args(["-c", script, "ask", tty, command])).wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.out
}

fn all_are_enumerated(count: usize) {
    let scenario = Scenario::of(&FOUR_TTYS, count, SPEED);
    let Some(rack) = Rack::start(&scenario) else { return };
    println!("{count} modules: {} ms", rack.setup_ms());
    let found = ttys(&rack);
    assert_eq!(found.len(), 4 * count);
    let known = rack.ttys();
    for unit in &scenario.modules {
        let port = unit.port.as_ref().unwrap();
        let its: Vec<&Tty> = found.iter().filter(|tty| tty.port == *port).collect();
        let listed: BTreeMap<u8, String> = its.iter().map(|tty| (tty.interface, tty.name.clone())).collect();
        assert_eq!((its.len(), &listed), (4, &known[port]), "{port}");
        assert!(its.iter().all(|tty| tty.serial == unit.spec.imei && tty.ids == its[0].ids), "{its:?}");
    }
    assert!(rack.stop().iter().all(|module| module.triggers == 0));
}

#[test]
fn one_module_is_enumerated() {
    all_are_enumerated(1);
}

#[test]
fn eight_modules_are_enumerated() {
    all_are_enumerated(8);
}

#[test]
fn sixty_four_modules_are_enumerated() {
    all_are_enumerated(64);
}

#[test]
fn a_module_that_is_put_in_again_has_other_ttys_and_answers_there() {
    for arguments in [&[][..], &["kernel"]] {
        let Some(rack) = Rack::start(&Scenario::of(&FOUR_TTYS, 4, SPEED)) else { return };
        let (watch, _) = Watch::start(&rack, arguments);
        let port = port_of(1);
        let before = rack.ttys();
        rack.replug(&port);
        let after = rack.ttys();
        assert_eq!(watch.events("remove", 4), names(&before[&port]));
        assert_eq!(watch.events("add", 4), names(&after[&port]));
        assert!(names(&before[&port]).is_disjoint(&names(&after[&port])), "{before:?} {after:?}");
        assert!(before.iter().all(|(other, ttys)| *other == port || after[other] == *ttys));
        assert!(ask(&rack, &after[&port][&2], "AT+CGSN").contains(&imei_of(1)));
        assert!(!Path::new("/sys/bus/usb/devices").join(&port).exists(), "the machine's own sysfs");
    }
}

#[test]
fn a_remove_event_takes_the_hub_for_the_parent() {
    let Some(rack) = Rack::start(&Scenario::of(&FOUR_TTYS, 1, SPEED)) else { return };
    let (watch, _) = Watch::start(&rack, &[]);
    rack.unplug(&port_of(0));
    for _ in 0..4 {
        let line = watch.0.next_line().unwrap();
        // libudev passes over what is no more: the nearest `usb_device` that is still there is not the module.
        assert!(line.starts_with("remove /dev/ttyUSB") && line.ends_with(" 1-1.1\n"), "{line}");
    }
}

#[test]
fn everything_is_put_in_again_in_a_burst_while_the_watcher_is_stopped() {
    let Some(rack) = Rack::start(&Scenario::of(&FOUR_TTYS, 16, SPEED)) else { return };
    let (watch, _) = Watch::start(&rack, &[]);
    watch.0.signal(rustix::process::Signal::STOP);
    let before = rack.ttys();
    rack.replug_all();
    let after = rack.ttys();
    watch.0.signal(rustix::process::Signal::CONT);
    watch.events("remove", 64);
    assert_eq!(watch.events("add", 64), after.values().flat_map(names).collect());
    assert_eq!(ttys(&rack).len(), 64);
    for (port, ttys) in &before {
        assert!(names(ttys).is_disjoint(&names(&after[port])), "{port}");
    }
}

#[test]
fn another_unit_comes_to_a_port_and_the_first_to_another() {
    let mut scenario = Scenario::of(&FOUR_TTYS, 1, SPEED);
    scenario.modules.push(Unit::new(Family::Bg96, 1).in_drawer());
    scenario.ports.push(port_of(1));
    let Some(rack) = Rack::start(&scenario) else { return };
    rack.unplug(&port_of(0));
    assert_eq!(ttys(&rack), []);
    rack.plug(&port_of(0), "A2");
    rack.plug(&port_of(1), "A1");
    let now = rack.ttys();
    assert!(ask(&rack, &now[&port_of(0)][&2], "AT+CGSN").contains(&imei_of(1)));
    assert!(ask(&rack, &now[&port_of(1)][&2], "AT+CGSN").contains(&imei_of(0)));
}

#[test]
fn a_tty_that_is_held_comes_late() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Bg96], 1, SPEED)) else { return };
    let port = port_of(0);
    rack.hold(&port);
    rack.replug(&port);
    let found: Vec<u8> = rack.ttys()[&port].keys().copied().collect();
    assert_eq!((found, ttys(&rack).len()), (vec![0, 1, 3], 3));
    let (watch, _) = Watch::start(&rack, &[]);
    rack.release(&port);
    assert_eq!(watch.events("add", 1), BTreeSet::from([rack.ttys()[&port][&2].clone()]));
    assert!(ask(&rack, &rack.ttys()[&port][&2], "AT+CGSN").contains(&imei_of(0)));
}

#[test]
fn events_that_are_lost_leave_only_what_sysfs_shows() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Bg96], 2, SPEED)) else { return };
    let (watch, _) = Watch::start(&rack, &[]);
    rack.lose_events(true);
    rack.replug(&port_of(0));
    rack.lose_events(false);
    let before = rack.ttys();
    rack.replug(&port_of(1));
    assert_eq!(watch.events("remove", 4), names(&before[&port_of(1)]), "these are the first to be heard");
    assert_eq!(ttys(&rack).len(), 8);
}

#[test]
fn without_udevd_the_kernel_speaks_and_devices_are_uninitialised() {
    let mut scenario = Scenario::of(&[Family::Bg96], 1, SPEED);
    scenario.udevd = false;
    let Some(rack) = Rack::start(&scenario) else { return };
    let (watch, found) = Watch::start(&rack, &["kernel"]);
    assert_eq!(found.iter().filter(|line| line.ends_with(" uninitialised")).count(), 4, "{found:?}");
    rack.reset(&port_of(0));
    assert_eq!(watch.events("add", 4), names(&rack.ttys()[&port_of(0)]));
}

#[test]
fn a_bridge_is_one_tty_and_its_serial_number_may_be_everyones() {
    let mut scenario = Scenario::of(&[Family::Sim7028], 4, SPEED);
    scenario.unit("A2").bridge = Some((0x1a86, 0x7523));
    // CDC-ACM.
    scenario.unit("A3").bridge = Some((0x2341, 0x0043));
    for unit in &mut scenario.modules {
        unit.spec.behaviours.insert(Behaviour::SameSerial);
    }
    let Some(rack) = Rack::start(&scenario) else { return };
    let found = ttys(&rack);
    let ids: Vec<&str> = found.iter().map(|tty| tty.ids.as_str()).collect();
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(["10c4:ea60", "1a86:7523", "2341:0043"].iter().all(|one| ids.contains(one)), "{ids:?}");
    assert!(found.iter().all(|tty| tty.serial == "0123456789ABCDEF" && tty.interface == 0));
    for (place, (_, ttys)) in rack.ttys().iter().enumerate() {
        assert!(ask(&rack, &ttys[&0], "AT+CGSN").contains(&imei_of(place)));
    }
}

#[test]
fn siblings_of_usb_3_are_tied_to_their_ports() {
    let mut scenario = Scenario::of(&[Family::Bg96], 1, SPEED);
    scenario.usb3 = true;
    let Some(rack) = Rack::start(&scenario) else { return };
    let mut command = rack.command("readlink");
    command.args([
        "-e",
        "/sys/bus/usb/devices/1-1.1.1/port/peer",
        "/sys/bus/usb/devices/1-1.1.1/port/device",
    ]);
    let ended = Process::start(&mut command).wait();
    let wanted = [
        "/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.1/2-1.1:1.0/2-1.1-port1",
        "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.1/1-1.1.1",
    ];
    assert_eq!(ended.out.lines().collect::<Vec<_>>(), wanted, "{ended}");
}

#[test]
fn the_loopback_interface_is_up_and_the_folders_are_there() {
    let Some(rack) = Rack::start(&Scenario::of(&[], 0, SPEED)) else { return };
    let script = "exec 3<>/dev/udp/127.0.0.1/9 && echo up; ls -d /run/lock /dev/shm /dev/null";
    let ended = Process::start(rack.command("bash").args(["-c", script])).wait();
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 4), "{ended}");
    let folder: PathBuf = rack.folder().to_owned();
    rack.stop();
    assert!(!folder.exists());
}
