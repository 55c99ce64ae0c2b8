//! `scan`, `doctor` and `slots learn` in a world of USB modules.

use std::collections::BTreeSet;

use events::Family;
use fotarig_tests::usb::{Rack, Scenario, Unit, imei_of, port_of};
use fotarig_tests::{Ended, Process, fotarig};
use serde_json::Value;
use sim::Behaviour;

const SPEED: f64 = 40.0;

fn say(rack: &Rack, arguments: &[&str]) -> Ended {
    Process::start(rack.command(fotarig()).args(arguments)).wait()
}

fn json(ended: &Ended) -> Vec<Value> {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

#[test]
fn a_scan_of_sixty_four_modules_is_right_and_complete() {
    let scenario = Scenario::of(&Family::ALL, 64, SPEED);
    let Some(rack) = Rack::start(&scenario) else { return };
    let rack_file = rack.path("rack.toml");
    let ended = say(&rack, &["scan", "--json", "--identify", "--rack", rack_file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let found = json(&ended);
    assert_eq!(found.len(), 64);
    let ttys = rack.ttys();
    for (place, unit) in scenario.modules.iter().enumerate() {
        let entry = found.iter().find(|entry| entry["slot"] == *unit.name).unwrap();
        assert_eq!(entry["port"], port_of(place), "{entry}");
        assert_eq!(entry["imei"], imei_of(place), "{entry}");
        assert_eq!(entry["revision"], *unit.spec.revision, "{entry}");
        let listed: BTreeSet<&str> =
            entry["ttys"].as_array().unwrap().iter().filter_map(|tty| tty["path"].as_str()).collect();
        assert_eq!(listed, ttys[&port_of(place)].values().map(String::as_str).collect(), "{entry}");
        let family =
            if unit.spec.family == Family::Sim7028 { Value::Null } else { unit.spec.family.name().into() };
        assert_eq!(entry["family"], family, "{entry}");
    }
}

#[test]
fn a_scan_shows_what_comes_and_goes() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Bg96], 2, SPEED)) else { return };
    let process = Process::start(rack.command(fotarig()).args(["scan", "--watch"]));
    process.line("1-1.1.2");
    rack.unplug(&port_of(1));
    process.line("- unlabelled");
    rack.plug(&port_of(1), "A2");
    process.line("+ unlabelled");
}

fn checks(ended: &Ended, weight: &str) -> BTreeSet<String> {
    let found = json(ended).into_iter().filter(|finding| finding["weight"] == weight);
    found.filter_map(|finding| Some(finding["check"].as_str()?.to_owned())).collect()
}

#[test]
fn the_doctor_finds_each_of_these() {
    let mut scenario = Scenario::of(&[Family::Bg96], 9, SPEED);
    scenario.udevd = false;
    scenario.modules[8].port = Some("1-1.1.5".to_owned());
    for place in 4..8 {
        scenario.modules[place].port = Some(format!("1-1.1.{}", place + 2));
    }
    let Some(rack) = Rack::start(&scenario) else { return };
    let rack_file = rack.path("rack.toml");
    let text = std::fs::read_to_string(&rack_file).unwrap();
    std::fs::write(&rack_file, text.replace("1-1.1.5", "1-4.4.4")).unwrap();
    let auto = rack
        .command("sh")
        .args([
            "-c",
            "mkdir -p /sys/bus/usb/devices/1-1.1.1/power && \
        echo auto > /sys/bus/usb/devices/1-1.1.1/power/control",
        ])
        .status()
        .unwrap();
    assert!(auto.success());
    let tty = rack.ttys()[&port_of(1)][&2].clone();
    let holder =
        Process::start(rack.command("sh").args(["-c", "exec 3<>$0; echo held; exec sleep 1000", &tty]));
    holder.line("held");
    let ended = say(&rack, &["doctor", "--json", "--rack", rack_file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(4), "{ended}");
    let holds = |ended: &Ended| {
        let held = format!("{tty} is held open by sleep");
        json(ended).iter().any(|found| found["text"].as_str().is_some_and(|text| text.contains(&held)))
    };
    assert!(holds(&ended) && checks(&ended, "blocks").contains("holder"), "{ended}");
    let warned = checks(&ended, "warns");
    for check in ["udev", "rules", "autosuspend", "hub", "label"] {
        assert!(warned.contains(check), "{check}: {ended}");
    }
    drop(holder);
    assert!(!holds(&say(&rack, &["doctor", "--json"])));
}

#[test]
fn the_doctor_knows_a_module_without_a_driver_and_one_in_emergency_mode() {
    let mut scenario = Scenario::of(&[Family::Ag35], 2, SPEED);
    scenario.unit("A1").spec.behaviours.insert(Behaviour::EmergencyDownload);
    scenario.unit("A1").spec.seed = 2;
    let Some(rack) = Rack::start(&scenario) else { return };
    let ended = Process::start(&mut rack.run()).wait();
    assert_eq!(ended.code, Some(1), "{ended}");
    let script =
        "for tty in /sys/bus/usb/devices/1-1.1.2/*:*/ttyUSB*; do rm -rf $tty; done; rm -rf /sys/class/tty/*";
    assert!(rack.command("sh").args(["-c", script]).status().unwrap().success());
    let ended = say(&rack, &["doctor", "--json"]);
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(checks(&ended, "warns").contains("emergency"), "{ended}");
    assert!(checks(&ended, "blocks").contains("driver"), "{ended}");
}

#[test]
fn the_doctor_knows_modem_manager_and_ttys_that_may_not_be_opened_and_a_ledger_without_a_folder() {
    let Some(rack) = Rack::start(&Scenario::of(&[Family::Bg96], 1, SPEED)) else { return };
    let manager = rack.path("ModemManager");
    std::fs::copy("/bin/sleep", &manager).unwrap();
    let _runs = Process::start(rack.command(&manager).arg("1000"));
    let rack_file = rack.path("rack.toml");
    let text = std::fs::read_to_string(&rack_file).unwrap();
    let elsewhere = text.replace("[ledger]\npath = \"", "[ledger]\npath = \"nowhere/");
    assert_ne!(elsewhere, text, "{text}");
    std::fs::write(&rack_file, elsewhere).unwrap();
    let doctor = ["doctor", "--json", "--rack", rack_file.to_str().unwrap()];
    let ended = say(&rack, &doctor);
    assert_eq!(ended.code, Some(4), "{ended}");
    let blocked = checks(&ended, "blocks");
    assert!(blocked.contains("modemmanager") && blocked.contains("disk"), "{ended}");

    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let program = fotarig();
    let ended =
        Process::start(rack.command("setpriv").args(nobody).arg(program).args(["doctor", "--json"])).wait();
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(checks(&ended, "blocks").contains("permission"), "{ended}");
}

#[test]
fn labels_are_learned_by_plugging_and_the_files_comments_stay() {
    let mut scenario = Scenario::of(&[Family::Bg96], 1, SPEED);
    scenario.modules.extend((1..3).map(|place| Unit::new(Family::Bg96, place).in_drawer()));
    scenario.ports.extend([port_of(1), port_of(2)]);
    let Some(rack) = Rack::start(&scenario) else { return };
    let file = rack.path("learned.toml");
    std::fs::write(
        &file,
        "# ours\n[rack]\nname = \"line\"\n\n[[slot]]\nlabel = \"B1\" # first\nusb = \"1-9\"\n",
    )
    .unwrap();
    let learn = ["slots", "learn", "--rack", file.to_str().unwrap(), "--labels", "B2,B3"];
    let process = Process::start(rack.command(fotarig()).args(learn));
    process.line("Plug one module after the other");
    rack.plug(&port_of(1), "A2");
    process.line("1-1.1.2 is B2");
    rack.plug(&port_of(2), "A3");
    let ended = process.wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# ours\n") && text.contains("# first"), "{text}");
    assert!(text.contains("label = \"B3\"\nusb = \"1-1.1.3\""), "{text}");
    let scanned = json(&say(&rack, &["scan", "--json", "--rack", file.to_str().unwrap()]));
    assert!(scanned.iter().any(|entry| entry["slot"] == "B2" && entry["kind"] == "module"), "{scanned:?}");
}
