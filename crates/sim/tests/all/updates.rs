//! Packages are checked, truths are kept.

use std::collections::BTreeSet;

use events::Family::{self, Ag35, Bg96, Sim7000, Sim7028, Sim7080};
use sim::{Behaviour, FetchEvent, Input};

use crate::bench::{Bench, package, revision_a, revision_b, spec, wrong_package};

const FAMILIES: [Family; 5] = Family::ALL;
const URL: &str = "http://h:80/update.zip";

/// Fetches over HTTP and triggers.
fn trigger(bench: &mut Bench) {
    match bench.module.spec().family {
        family @ (Sim7000 | Sim7080) => {
            bench.ok(if family == Sim7000 { "AT+CNACT=1" } else { "AT+CNACT=0,1" });
            bench.ok("AT+HTTPTOFS=\"http://h:80/update.zip\",\"/fota/update.zip\"");
            bench.pass(10_000);
            bench.ask("AT+CFOTA=1");
        }
        Sim7028 => bench.ok("AT+CFOTA=0,1,\"h:80/update.zip\""),
        Ag35 | Bg96 => bench.ok("AT+QFOTADL=\"http://h:80/update.zip\""),
    }
}

/// Delivers `file` over HTTP, triggers, and waits until the module is idle again.
pub(crate) fn job(bench: &mut Bench, file: Option<Vec<u8>>) {
    bench.server.extend(file.map(|file| (URL.to_owned(), file)));
    trigger(bench);
    bench.pass(1_800_000);
}

#[test]
fn the_right_package_brings_the_new_revision_and_a_wrong_one_the_old() {
    for family in FAMILIES {
        for seed in 0..24 {
            let mut good = Bench::new(spec(family, seed));
            job(&mut good, Some(package(family, 70_000)));
            let truth = good.module.truth();
            assert_eq!(truth.revision, revision_b(family), "{family} {seed}");
            assert_eq!(
                (truth.triggers, truth.updates_done, truth.updates_failed, truth.busy),
                (1, 1, 0, false)
            );
            assert_eq!(good.ask("AT"), ["OK"], "{family} {seed}");

            let mut bad = Bench::new(spec(family, seed));
            job(&mut bad, Some(wrong_package(family, 70_000)));
            let truth = bad.module.truth();
            assert_eq!(truth.revision, truth.revision_at_start);
            assert_eq!(
                (truth.triggers, truth.updates_done, truth.updates_failed, truth.busy),
                (1, 0, 1, false)
            );
            assert_eq!(bad.ask("AT"), ["OK"], "{family} {seed}");
        }
    }
}

#[test]
fn a_package_is_for_one_step_only() {
    for family in FAMILIES {
        let mut bench = Bench::new(spec(family, 0));
        job(&mut bench, Some(package(family, 70_000)));
        job(&mut bench, Some(package(family, 70_000)));
        let truth = bench.module.truth();
        assert_eq!((truth.triggers, truth.updates_done, truth.updates_failed), (2, 1, 1), "{family}");
    }
}

#[test]
fn a_power_cut_anywhere_leaves_one_of_the_two_revisions() {
    for family in FAMILIES {
        for cut_after in (0..600).step_by(7) {
            let mut bench = Bench::new(spec(family, cut_after));
            bench.server.insert(URL.to_owned(), package(family, 70_000));
            bench.type_in("ATE0\r");
            bench.pass(100);
            trigger(&mut bench);
            bench.pass(cut_after * 500);
            bench.input(Input::PowerCut);
            bench.pass(1_800_000);
            let truth = bench.module.truth();
            assert!(!truth.busy, "{family} {cut_after}");
            assert_eq!(truth.updates_done + truth.updates_failed, 1, "{family} {cut_after}");
            assert_eq!(truth.revision == revision_b(family), truth.updates_done == 1);
            assert_eq!(bench.ask("AT"), ["OK"], "{family} {cut_after}");
        }
    }
}

#[test]
fn what_arrives_while_it_updates_is_remembered() {
    let mut module = spec(Bg96, 0);
    module.preloaded = Some(package(Bg96, 70_000).into());
    let mut bench = Bench::new(module);
    bench.ok("AT+QFOTADL=1");
    bench.type_in("AT\r");
    bench.pass(30_000);
    bench.type_in("AT+QFOTADL=1\rAT+CSQ\r");
    bench.pass(900_000);
    bench.ok("AT");
    let truth = bench.module.truth();
    assert_eq!(truth.commands_while_updating, ["AT", "AT+QFOTADL=1", "AT+CSQ"]);
    assert_eq!((truth.triggers, truth.triggers_while_updating, truth.updates_done), (1, 1, 1));
}

#[test]
fn a_second_trigger_during_the_download_is_refused_and_counted() {
    for (family, trigger) in
        [(Sim7028, "AT+CFOTA=0,1,\"h:80/update.zip\""), (Bg96, "AT+QFOTADL=\"http://h:80/update.zip\"")]
    {
        let mut bench = Bench::new(spec(family, 0));
        bench.ok(trigger);
        assert_eq!(bench.ask(trigger), ["ERROR"]);
        let truth = bench.module.truth();
        assert_eq!((truth.triggers, truth.triggers_while_updating, truth.busy), (1, 1, true));
    }
}

#[test]
fn without_a_package_a_sim7000_starts_nothing() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    assert_eq!(bench.ask("AT+CFOTA=1"), ["ERROR"]);
    assert_eq!((bench.module.truth().triggers, bench.module.truth().busy), (0, false));
}

#[test]
fn https_to_fs_reports_how_far_it_is() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    assert_eq!(
        bench.ask("AT+HTTPTOFS=\"http://h:80/update.zip\",\"/fota/update.zip\""),
        ["ERROR"],
        "there is no bearer yet"
    );
    bench.ok("AT+CNACT=1");
    bench.ok("AT+HTTPTOFS=\"http://h:80/update.zip\",\"/fota/update.zip\",50,5");
    bench.pass(1_000);
    bench.input(Input::Fetch(&FetchEvent::Progress { bytes: 4_000, total: Some(70_000) }));
    let rest =
        |answer: Vec<String>| answer.into_iter().filter(|line| line.starts_with("+HTTP")).collect::<Vec<_>>();
    assert_eq!(rest(bench.ask("AT+HTTPTOFSRL?")), ["+HTTPTOFSRL: 1,4000,70000"]);
    assert_eq!(
        rest(bench.ask("AT+HTTPTOFS?")),
        ["+HTTPTOFS: 1,\"http://h:80/update.zip\",\"/fota/update.zip\""]
    );
    bench.wait_for("+HTTPTOFS: 404,0");
    assert_eq!(bench.ask("AT+HTTPTOFSRL?"), ["+HTTPTOFSRL: 0,0,0", "OK"]);
}

#[test]
fn the_same_seed_says_the_same_and_another_seed_another() {
    for family in FAMILIES {
        let said: BTreeSet<Vec<u8>> = [3, 3, 5]
            .into_iter()
            .map(|seed| {
                let mut bench = Bench::new(spec(family, seed));
                job(&mut bench, Some(package(family, 70_000)));
                bench.said
            })
            .collect();
        assert_eq!(said.len(), 2, "{family}");
    }
}

#[test]
fn specs_and_truths_have_a_json_form() {
    let spec = spec(Bg96, 3).with([Behaviour::StartLost, Behaviour::Mute]);
    let text = serde_json::to_string(&spec).unwrap();
    assert!(text.contains("[\"start-lost\",\"mute\"]"), "{text}");
    assert_eq!(serde_json::from_str::<sim::ModuleSpec>(&text).unwrap(), spec);
    let truth = Bench::new(spec).module.truth();
    let text = serde_json::to_string(&truth).unwrap();
    assert_eq!(serde_json::from_str::<sim::Truth>(&text).unwrap(), truth);
    assert_eq!(revision_a(Bg96), "BG96MAR02A07M1G");
}
