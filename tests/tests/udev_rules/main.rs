//! The rules of `udev-rules/`, run over recorded devices: every id that a rack may have, and devices that are none of
//! its business. Where a `udevadm verify` is at hand it reads them too.

mod evaluate;
mod recording;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::evaluate::{Outcome, evaluate, glob};
use crate::recording::Recording;
use crate::rules::{Rule, parse};

const RULES: &str = "70-fotarig.rules";
const PLACE: &str = "69-fotarig-place.rules.example";
const MODULES: [&str; 5] = ["2c7c-0296", "2c7c-0435", "1e0e-9001", "1e0e-9205", "1e0e-9206"];
const BRIDGES: [&str; 5] = ["10c4-ea60", "1a86-7523", "0403-6001", "0403-6010", "0403-6011"];
const EMERGENCIES: [&str; 2] = ["05c6-9008", "05c6-900e"];
const OTHERS: [&str; 4] =
    ["046d-c31c-keyboard", "05c6-90b2-another-modem", "2c7c-0125-another-modem", "1546-1102-cdc-acm"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../udev-rules")
}

fn read(name: &str) -> Vec<Rule> {
    let text = fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    parse(&text).unwrap_or_else(|unknown| panic!("{name}: {unknown}"))
}

fn outcome(device: &Recording, action: &str) -> Outcome {
    evaluate(&[&read(RULES)], device, action)
        .unwrap_or_else(|unknown| panic!("{}: {unknown}", device.kernel()))
}

fn flag<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a str> {
    outcome.set.get(name).map(String::as_str)
}

/// The USB device of a recording, and its ttys, of which there is at least one.
fn parts(name: &str) -> (Recording, Vec<Recording>) {
    let mut all = Recording::all(name);
    let device = all.remove(0);
    assert_eq!(device.properties["DEVTYPE"], "usb_device", "{name}");
    let ids = (&device.chain[0].attributes["idVendor"], &device.chain[0].attributes["idProduct"]);
    assert!(name.starts_with(&format!("{}-{}", ids.0, ids.1)), "{name} holds {ids:?}");
    (device, all.into_iter().filter(|port| port.subsystem() == "tty").collect())
}

/// Group, mode and the one name that stays of every tty.
fn ports_are_open(device: &Recording, ttys: &[Recording]) {
    for tty in ttys {
        let got = outcome(tty, "add");
        assert_eq!((got.group.as_deref(), got.mode.as_deref()), (Some("dialout"), Some("0660")));
        assert_eq!(got.links, [format!("fotarig/{}-if{}", device.kernel(), tty.interface())]);
        assert!(got.written.is_empty() && got.run.is_empty(), "{got:?}");
    }
}

#[test]
fn a_module_is_the_racks_alone() {
    for name in MODULES {
        let (device, ttys) = parts(name);
        assert!(ttys.iter().any(|tty| tty.interface() == "02"), "{name}: the AT port is recorded");
        ports_are_open(&device, &ttys);
        for part in std::iter::once(&device).chain(&ttys) {
            let got = outcome(part, "add");
            assert_eq!(flag(&got, "ID_FOTARIG"), Some("module"), "{name}");
            assert_eq!(flag(&got, "ID_MM_DEVICE_IGNORE"), Some("1"), "{name}");
        }
        for tty in &ttys {
            assert_eq!(flag(&outcome(tty, "add"), "ID_MM_PORT_IGNORE"), Some("1"), "{name}");
        }
        let got = outcome(&device, "add");
        assert!(got.written.iter().eq([(&"power/control".to_owned(), &"on".to_owned())]), "{got:?}");
        assert_eq!(
            (got.group, got.mode, got.links.len()),
            (None, None, 0),
            "{name}: the node of the bus stays"
        );
    }
}

#[test]
fn only_the_ag35_is_told_to_the_driver() {
    for name in MODULES.iter().chain(&BRIDGES).chain(&EMERGENCIES) {
        for part in Recording::all(name) {
            let run = outcome(&part, "add").run;
            if *name == "2c7c-0435" && part.subsystem() == "usb" {
                let [load, tell] = run.as_slice() else { panic!("{run:?}") };
                assert_eq!(load, "builtin: kmod load option", "first the driver");
                assert!(tell.contains("echo 2c7c 0435 ff >new_id"), "{tell}");
                assert!(tell.contains("grep -q 2c7c.0435 new_id ||"), "told once: {tell}");
            } else {
                assert!(run.is_empty(), "{name}: {run:?}");
            }
        }
    }
}

#[test]
fn a_modules_network_is_left_alone() {
    let net = Recording::all("2c7c-0296").into_iter().find(|part| part.subsystem() == "net").unwrap();
    let got = outcome(&net, "add");
    assert_eq!(flag(&got, "NM_UNMANAGED"), Some("1"));
    assert_eq!(flag(&got, "ID_MM_PORT_IGNORE"), Some("1"));
    assert_eq!((got.group, got.links.len()), (None, 0));
}

#[test]
fn an_emergency_is_open_but_untouched() {
    for name in EMERGENCIES {
        let (device, ttys) = parts(name);
        ports_are_open(&device, &ttys);
        let got = outcome(&device, "add");
        assert_eq!((got.group.as_deref(), got.mode.as_deref()), (Some("dialout"), Some("0664")), "{name}");
        assert!(got.written.is_empty() && got.run.is_empty() && got.links.is_empty(), "{name}: {got:?}");
        for part in std::iter::once(&device).chain(&ttys) {
            assert_eq!(flag(&outcome(part, "add"), "ID_MM_DEVICE_IGNORE"), Some("1"), "{name}");
        }
    }
}

#[test]
fn a_bridge_is_open_and_still_anybodys() {
    for name in BRIDGES {
        let (device, ttys) = parts(name);
        assert!(!ttys.is_empty(), "{name}");
        ports_are_open(&device, &ttys);
        for part in std::iter::once(&device).chain(&ttys) {
            let got = outcome(part, "add");
            assert!(got.set.keys().eq(["ID_FOTARIG"]), "{name}: {got:?}");
            assert!(got.written.is_empty(), "{name}: {got:?}");
        }
    }
}

#[test]
fn a_place_marks_its_own_bridges() {
    let (place, own) = (read(PLACE), read(RULES));
    let marked = |device: &Recording| evaluate(&[&place, &own], device, "add").unwrap();
    // Recorded at 1-2.6: one of the example's ports.
    let (device, ttys) = parts("1546-1102-cdc-acm");
    for tty in &ttys {
        let got = marked(tty);
        assert_eq!(got.links, [format!("fotarig/1-2.6-if{}", tty.interface())]);
        assert_eq!((flag(&got, "ID_FOTARIG"), flag(&got, "ID_MM_PORT_IGNORE")), (Some("rack"), Some("1")));
    }
    assert_eq!(marked(&device).written["power/control"], "on");
    // Recorded at 1-1.6: none of them.
    let (elsewhere, _) = parts("10c4-ea60");
    assert_eq!(flag(&marked(&elsewhere), "ID_FOTARIG"), Some("bridge"));
}

#[test]
fn what_is_not_the_racks_gets_nothing() {
    for name in OTHERS {
        for part in Recording::all(name) {
            assert_eq!(outcome(&part, "add"), Outcome::default(), "{name}: {}", part.kernel());
        }
    }
}

#[test]
fn the_flags_outlast_later_events_and_nothing_happens_at_the_removal() {
    for name in MODULES {
        for part in Recording::all(name) {
            assert_eq!(outcome(&part, "remove"), Outcome::default(), "{name}");
            for action in ["bind", "change", "move"] {
                assert_eq!(outcome(&part, action), outcome(&part, "add"), "{name}: {action}");
            }
        }
    }
}

#[test]
fn unknown_syntax_fails() {
    for line in [
        "KERNEL==\"x\" GROUP=\"y\"",
        "PROGRAM==\"x\"",
        "ATTR{x}!=\"y\"",
        "ATTRS{x}=\"y\"",
        "OWNER=\"x\"",
        "SYMLINK-=\"x\"",
        "ENV{x}=\"a\\\"",
        "KERNEL==\"x\", \\",
        "KERNEL==e\"x\"",
        "GOTO=\"nowhere\"",
        "LABEL=\"unreached\"",
        "nonsense",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
    let (device, _) = parts("2c7c-0296");
    for line in
        ["SYMLINK+=\"$major\"", "SYMLINK+=\"$id\"", "KERNEL==\"[!a]\"", "KERNEL==\"$id\"", "GROUP=\"%c\""]
    {
        let rules = parse(line).unwrap();
        assert!(evaluate(&[&rules], &device, "add").is_err(), "{line}");
    }
}

#[test]
fn patterns_fit_as_in_a_shell() {
    for (pattern, text) in
        [("1-2.[1-8]", "1-2.6"), ("?*", "x"), ("a|b*", "bcd"), ("", ""), ("tty[AU]*", "ttyUSB0")]
    {
        assert_eq!(glob(pattern, text), Ok(true), "{pattern} {text}");
    }
    for (pattern, text) in
        [("1-2.[1-8]", "1-2.60"), ("1-2.[1-8]", "1-2.6:1.0"), ("?*", ""), ("a|b", "ab"), ("x", "")]
    {
        assert_eq!(glob(pattern, text), Ok(false), "{pattern} {text}");
    }
}

#[test]
fn udevadm_finds_nothing_to_complain_about() {
    let verify = |name: &str| {
        let file = tempfile::Builder::new().suffix(".rules").tempfile().unwrap();
        fs::copy(folder().join(name), file.path()).unwrap();
        Command::new("udevadm").args(["verify", "--resolve-names=never"]).arg(file.path()).output()
    };
    let known = Command::new("udevadm").args(["verify", "--help"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        println!("no `udevadm verify` here (it came with systemd 254): read by this test's own reader alone");
        return;
    }
    for name in [RULES, PLACE] {
        let output = verify(name).unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
