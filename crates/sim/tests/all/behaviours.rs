//! Every behaviour shows where it says it does, and nowhere else.

use std::collections::BTreeSet;

use events::Family::{self, Ag35, Bg96, Sim7000, Sim7028, Sim7080};
use sim::{Behaviour, Input, Output, Usb};

use crate::bench::{Bench, package, revision_b, spec};

/// Behaviours with a test of their own: the PTY runner shows the first, the second would take gigabytes here.
const ELSEWHERE: [Behaviour; 2] = [Behaviour::OtherNumber, Behaviour::Flood];

const FAMILIES: [Family; 5] = Family::ALL;

/// A long day with a module: lines that are typed, `W` seconds of waiting, `B` blocks of a file with their mode,
/// `P` a whole package, `Q` the bytes of an upload.
const DAYS: [(Family, &str); 5] = [
    (
        Sim7000,
        "ATE0 AT+CGSN AT+NONE AT+NONE AT+CNACT=1 AT+CSQ AT+CFSINIT B0 B1 B1 B1 B1 B1 B1 \
         AT+CFSGFIS=1,\"update.zip\" AT+CFSDFILE=1,\"update.zip\" AT+CNACT=1 \
         AT+HTTPTOFS=\"http://h:80/update.zip\",\"/fota/update.zip\" W500 AT+CFOTA=1 W900",
    ),
    (
        Sim7080,
        "ATE0 AT+CGSN AT+NONE AT+NONE AT+CNACT=0,1 AT+CSQ AT+CFSINIT B0 B1 B1 B1 B1 B1 B1 \
         AT+CFSGFIS=1,\"update.zip\" AT+CFSDFILE=1,\"update.zip\" AT+CNACT=0,1 \
         AT+HTTPTOFS=\"http://h:80/update.zip\",\"/fota/update.zip\" W500 AT+CFOTA=1 W900",
    ),
    (
        Sim7028,
        "ATE0 AT+CGSN AT+NONE AT+NONE AT+CSQ AT+LFOTA=0,70000 P W10 AT+LFOTA? AT+QCRST W5 AT+LFOTA? AT+QCRST W300 \
         AT AT+CFOTA=0,1,\"h:80/update.zip\" W600",
    ),
    (
        Ag35,
        "ATE0 AT+CGSN AT+NONE AT+NONE AT+CSQ AT AT+QFUPL=\"UFS:x\",2048,5,1 Q W10 AT+QFOTADL=\"http://h:80/update.zip\" W3000",
    ),
    (
        Bg96,
        "ATE0 AT+CGSN AT+NONE AT+NONE AT+CSQ AT AT+QFUPL=\"UFS:x\",2048,5,1 Q W10 AT+QFOTADL=\"http://h:80/update.zip\" W600",
    ),
];

/// Plays the day and gives all that can be seen of it from outside, with its times.
fn play(family: Family, seed: u64, behaviours: &[Behaviour]) -> Bench {
    let mut bench = Bench::new(spec(family, seed).with(behaviours.iter().copied()));
    let file = package(family, 70_000);
    bench.server.insert("http://h:80/update.zip".to_owned(), file.clone());
    bench.input(Input::PortOpened);
    let mut blocks = file.chunks(10_000);
    let day = DAYS.iter().find(|(its, _)| *its == family).map_or("", |(_, day)| day);
    for line in day.split_whitespace() {
        if let Some(seconds) = line.strip_prefix('W') {
            // Polled on the way, as a controller may.
            for _ in 0..seconds.parse::<u64>().unwrap().div_ceil(5) {
                bench.pass(5_000);
                bench.type_in("AT+CGMR\rAT+CGSN\r");
            }
        } else if let Some(mode) = line.strip_prefix('B') {
            bench.type_in(&format!("AT+CFSWFILE=1,\"update.zip\",{mode},10000,10000\r"));
            bench.pass(1_000);
            bench.input(Input::Received(blocks.next().unwrap()));
        } else if line == "Q" {
            bench.input(Input::Received(&file[..2048]));
        } else if line == "P" {
            bench.type_in("AT+LFOTA=1,70000\r");
            bench.pass(1_000);
            bench.send_paced(&file);
        } else {
            bench.type_in(&format!("{line}\r"));
        }
        bench.pass(3_000);
    }
    bench
}

type Seen<'a> = (&'a [u8], &'a [(u64, Option<Usb>)], Usb, &'a [String]);

fn seen(bench: &Bench) -> Seen<'_> {
    (&bench.said, &bench.port, bench.module.usb(), &bench.fetched)
}

#[test]
fn a_behaviour_shows_in_its_families_and_in_no_other() {
    for family in FAMILIES {
        for seed in [0, 1] {
            let plain = play(family, seed, &[]);
            for behaviour in Behaviour::ALL {
                if ELSEWHERE.contains(&behaviour) {
                    continue;
                }
                let other = play(family, seed, &[behaviour]);
                let shows = seen(&plain) != seen(&other);
                assert_eq!(shows, behaviour.applies_to(family), "{behaviour} on {family}, seed {seed}");
            }
        }
    }
}

#[test]
fn numbers_and_names_are_one_to_one() {
    let numbers: BTreeSet<_> = Behaviour::ALL.iter().filter_map(|behaviour| behaviour.number()).collect();
    assert_eq!(numbers.len(), Behaviour::ALL.len() - 3);
    for behaviour in Behaviour::ALL {
        assert_eq!(Behaviour::parse(behaviour.name()), Some(behaviour));
        if let Some(number) = behaviour.number() {
            assert_eq!(Behaviour::parse(&number.to_string()), Some(behaviour));
        }
        assert!(Family::ALL.iter().any(|family| behaviour.applies_to(*family)), "{behaviour}");
    }
    assert_eq!(Behaviour::parse("5"), Some(Behaviour::StartLost));
    assert_eq!(Behaviour::parse("mute"), Some(Behaviour::Mute));
    assert_eq!(Behaviour::parse("99"), None);
}

fn after(family: Family, seed: u64, behaviour: Behaviour) -> Bench {
    let mut bench = Bench::new(spec(family, seed).with([behaviour]));
    crate::updates::job(&mut bench, Some(package(family, 70_000)));
    bench
}

#[test]
fn an_update_that_only_sounds_wrong_still_succeeds() {
    for family in FAMILIES {
        for seed in [0, 1] {
            for behaviour in [
                Behaviour::StartLost,
                Behaviour::EndLost,
                Behaviour::SilentRecovery,
                Behaviour::Repeats,
                Behaviour::NeverHundred,
                Behaviour::JoinedAndSplit,
                Behaviour::UnrelatedUrcs,
                Behaviour::VersionNotReady,
            ] {
                let bench = after(family, seed, behaviour);
                let truth = bench.module.truth();
                assert_eq!(truth.revision, revision_b(family), "{behaviour} on {family}, seed {seed}");
            }
        }
    }
}

#[test]
fn an_update_that_only_sounds_right_has_failed() {
    for family in FAMILIES {
        for behaviour in [Behaviour::OldVersionStays, Behaviour::DeltaRejected] {
            let truth = after(family, 0, behaviour).module.truth();
            assert_eq!(truth.revision, truth.revision_at_start, "{behaviour} on {family}");
            assert_eq!((truth.updates_failed, truth.busy), (1, false), "{behaviour} on {family}");
        }
    }
    let bench = after(Sim7028, 0, Behaviour::TwoStatuses);
    let said = String::from_utf8_lossy(&bench.said).into_owned();
    let failed = said.find("adups_bl_notify_status:202,100").unwrap();
    assert!(said[failed..].contains("adups_bl_notify_status:201,100") && !said.contains("Update done"));
    assert_eq!(bench.module.truth().updates_failed, 1);
}

#[test]
fn the_power_is_cut_once_and_the_module_comes_back() {
    for family in FAMILIES {
        for seed in 0..32 {
            let mut bench = after(family, seed, Behaviour::PowerCut);
            let truth = bench.module.truth();
            assert_eq!(truth.updates_done + truth.updates_failed, 1, "{family}, seed {seed}");
            let in_download = seed % 4 == 3 && matches!(family, Sim7028 | Ag35 | Bg96);
            assert!(!in_download || truth.updates_failed == 1, "{family}, seed {seed}");
            assert_eq!(bench.ask("AT"), ["OK"], "{family}, seed {seed}");
        }
    }
}

#[test]
fn a_module_that_leaves_never_comes_back() {
    for family in FAMILIES {
        let bench = after(family, 0, Behaviour::Unplugged);
        assert_eq!(bench.port.last().map(|(_, up)| up.is_some()), Some(false), "{family}");
        assert!(bench.module.truth().busy);
    }
    assert!(after(Bg96, 1, Behaviour::ComesAndGoes).port.len() > 100);
}

#[test]
fn a_flood_is_ten_megabytes_a_second_and_a_late_clock_makes_it_no_more() {
    for family in FAMILIES {
        let mut bench = Bench::new(spec(family, 0).with([Behaviour::Flood]));
        bench.input(Input::PortOpened);
        bench.pass(1_000);
        assert!((9_000_000..11_000_000).contains(&bench.said.len()), "{}", bench.said.len());
        let late = bench.module.handle(3_600_000, Input::Wake);
        let bytes: usize =
            late.iter().map(|output| if let Output::Write(text) = output { text.len() } else { 0 }).sum();
        assert!(bytes < 200_000, "{bytes}");
    }
}

#[test]
fn a_sleeping_module_wants_a_byte_first() {
    let mut bench = Bench::new(spec(Sim7028, 0).with([Behaviour::Asleep]));
    bench.type_in("AT\r");
    bench.pass(1_000);
    assert!(bench.said.is_empty());
    assert_eq!(bench.ask("AT"), ["OK"]);
}

#[test]
fn urcs_come_here_when_they_are_told_to() {
    let mut bench = Bench::new(spec(Bg96, 0).with([Behaviour::UrcsElsewhere]));
    assert_eq!(bench.ask("AT+QURCCFG=\"urcport\""), ["+QURCCFG: \"urcport\",\"usbmodem\"", "OK"]);
    bench.ok("AT+QURCCFG=\"urcport\",\"usbat\"");
    bench.ok("AT+QFOTADL=1");
    bench.wait_for("+QIND: \"FOTA\",\"END\",505");
}

#[test]
fn percentages_have_four_spellings() {
    let bench = after(Bg96, 0, Behaviour::PercentSpellings);
    let said = String::from_utf8_lossy(&bench.said).into_owned();
    for spelling in ["\"UPDATING\",1\r", "\"UPDATING\", 2\r", "%\r"] {
        assert!(said.contains(spelling), "{spelling}");
    }
}

#[test]
fn it_comes_back_in_emergency_download_mode_for_good() {
    for family in [Sim7000, Sim7080, Ag35, Bg96] {
        for (seed, product, ttys) in [(0, 0x9008, 1), (1, 0x900e, 0)] {
            let mut bench = after(family, seed, Behaviour::EmergencyDownload);
            let usb = bench.port.last().unwrap().1.clone().unwrap();
            assert_eq!((usb.vendor, usb.product, usb.ttys.len(), usb.at), (0x05c6, product, ttys, None));
            assert_eq!(bench.port.len(), 2, "it left once and came once: {family}");
            bench.said.clear();
            bench.type_in("AT\r");
            bench.pass(3_600_000);
            assert!(bench.said.is_empty() && bench.module.truth().busy, "{family}");
            bench.input(Input::PowerOff);
            assert!(!bench.module.is_coming_back());
            bench.input(Input::PowerOn);
            assert!(bench.module.is_coming_back(), "{family}");
            bench.pass(60_000);
            assert_eq!(bench.port.last().unwrap().1.as_ref(), Some(&usb), "{family}");
        }
    }
}

#[test]
fn after_the_update_it_is_another_product() {
    for (family, product) in [(Sim7000, 0x9206), (Sim7080, 0x9205)] {
        let bench = after(family, 0, Behaviour::OtherProduct);
        let usb = bench.port.last().unwrap().1.clone().unwrap();
        assert_eq!((usb.vendor, usb.product, usb.at), (0x1e0e, product, Some(2)));
        assert!(
            bench.port.iter().flat_map(|(_, usb)| usb).any(|before| before.product != product),
            "{family}"
        );
        let plain = after(family, 0, Behaviour::SameSerial);
        let usb = plain.port.last().unwrap().1.clone().unwrap();
        assert_ne!(usb.product, product);
        assert_eq!(usb.serial.as_deref(), Some("0123456789ABCDEF"));
    }
}

#[test]
fn a_module_that_is_taken_out_is_silent_until_it_is_put_in_again() {
    for family in FAMILIES {
        let mut bench = Bench::new(spec(family, 0));
        bench.input(Input::PowerOff);
        bench.input(Input::PowerOff);
        assert_eq!(bench.port, [(0, None)], "{family}");
        assert!(!bench.module.is_coming_back());
        bench.type_in("AT\r");
        bench.input(Input::PowerCut);
        bench.pass(600_000);
        assert!(bench.said.is_empty() && bench.port.len() == 1, "{family}");
        bench.input(Input::PowerOn);
        bench.input(Input::PowerOn);
        bench.pass(120_000);
        assert!(!bench.module.is_coming_back());
        assert_eq!(
            bench.port.iter().map(|(_, up)| up.is_some()).collect::<Vec<_>>(),
            [false, true],
            "{family}"
        );
        bench.ok("AT");
        bench.input(Input::BusReset);
        bench.ok("AT+CGSN");
    }
}

#[test]
fn a_second_writer_is_heard_and_breaks_no_update() {
    for family in FAMILIES {
        let mut bench = Bench::new(spec(family, 0).with([Behaviour::SecondWriter]));
        bench.pass(60_000);
        let said = String::from_utf8(bench.said.clone()).unwrap();
        assert!(said.matches("AT+CGMI\r").count() >= 3, "{family}: {said}");
        let truth = after(family, 0, Behaviour::SecondWriter).module.truth();
        assert_eq!((truth.revision.as_str(), truth.corrupt_files), (revision_b(family), 0), "{family}");
    }
}
