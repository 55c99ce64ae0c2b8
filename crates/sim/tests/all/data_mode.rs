//! While raw bytes are expected, nothing is interpreted.

use events::Family::{self, Ag35, Bg96, Sim7000, Sim7028};
use proptest::prelude::{Just, Strategy, prop, proptest};
use sim::{Behaviour, Input, Module, ModuleSpec, Output};

use crate::bench::{Bench, package, spec};

#[test]
fn an_at_in_a_block_becomes_content() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    bench.ok("AT+CFSINIT");
    bench.ask("AT+CFSWFILE=1,\"update.zip\",0,10,1000");
    bench.type_in("1234AT\r789AT\r");
    assert_eq!(bench.next_line().as_deref(), Some("OK"));
    assert_eq!(
        bench.next_line().as_deref(),
        Some("AT"),
        "what comes behind the last byte is a command again"
    );
    assert_eq!(bench.ask("AT+CFSGFIS=1,\"update.zip\"").last().map(String::as_str), Some("OK"));
}

#[test]
fn a_package_with_an_at_in_it_has_the_right_size_and_is_corrupt() {
    let file = package(Sim7000, 70_000);
    let mut bench = Bench::new(spec(Sim7000, 0));
    bench.ok("AT+CFSINIT");
    for (place, block) in file.chunks(10_000).enumerate() {
        bench.ask(&format!("AT+CFSWFILE=1,\"update.zip\",{},10000,10000", u8::from(place > 0)));
        if place == 3 {
            bench.type_in("AT\r");
            bench.input(Input::Received(&block[..9_997]));
        } else {
            bench.input(Input::Received(block));
        }
        assert_eq!(bench.next_line().as_deref(), Some("OK"));
    }
    assert_eq!(bench.ask("AT+CFSGFIS=1,\"update.zip\""), ["+CFSGFIS: 70000", "OK"]);
    bench.ok("AT+CFOTA=1");
    bench.pass(600_000);
    let truth = bench.module.truth();
    assert_eq!((truth.corrupt_files, truth.updates_failed, truth.updates_done), (1, 1, 0));
    assert_eq!(bench.ask("AT+CFOTA?"), ["+CFOTA: 7", "OK"]);
}

#[test]
fn a_block_gives_up_after_its_time() {
    for (seed, size) in [(0, None), (1, Some("+CFSGFIS: 4"))] {
        let mut bench = Bench::new(spec(Sim7000, seed));
        bench.ok("AT+CFSINIT");
        bench.ask("AT+CFSWFILE=1,\"update.zip\",0,10000,1000");
        bench.type_in("AT\r\n");
        let asked_at = bench.now_ms;
        assert_eq!(bench.next_line().as_deref(), Some("ERROR"));
        assert!((1_000..1_200).contains(&(bench.now_ms - asked_at)));
        let answer = bench.ask("AT+CFSGFIS=1,\"update.zip\"");
        assert_eq!(answer.first().map(String::as_str), size.or(Some("ERROR")));
    }
}

#[test]
fn the_file_commands_want_the_file_system_held_once() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    assert_eq!(bench.ask("AT+CFSGFIS=1,\"update.zip\""), ["ERROR"]);
    assert_eq!(bench.ask("AT+CFSTERM"), ["ERROR"]);
    bench.ok("AT+CFSINIT");
    assert_eq!(bench.ask("AT+CFSINIT"), ["ERROR"]);
    assert_eq!(bench.ask("AT+CFSDFILE=1,\"update.zip\""), ["ERROR"]);
    assert_eq!(bench.ask("AT+CFSWFILE=1,\"update.zip\",0,10241,1000"), ["ERROR"]);
    assert_eq!(bench.ask("AT+CFSWFILE=1,\"update.zip\",0,100,10001"), ["ERROR"]);
    bench.ok("AT+CFSTERM");
    let mut bench = Bench::new(spec(Sim7000, 0).with([Behaviour::FsHeld]));
    assert_eq!(bench.ask("AT+CFSINIT"), ["ERROR"]);
}

#[test]
fn lfota_loses_what_comes_faster_than_the_line() {
    let file = package(Sim7028, 70_000);
    let mut bench = Bench::new(spec(Sim7028, 0));
    bench.ok("AT+LFOTA=0,70000");
    bench.ask("AT+LFOTA=1,70000");
    bench.input(Input::Received(&file));
    let sent_at = bench.now_ms;
    assert_eq!(bench.next_line().as_deref(), Some("ERROR"));
    assert!(bench.now_ms - sent_at >= 300_000);
    bench.ok("AT+LFOTA=0,70000");
    bench.ask("AT+LFOTA=1,70000");
    bench.send_paced(&file);
    assert_eq!(bench.next_line().as_deref(), Some("OK"));
    assert_eq!(bench.ask("AT+LFOTA?"), ["+LFOTA: 1", "OK"]);
}

#[test]
fn joined_commands_answer_together_and_each_does_its_work() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    bench.play("AT+CSQ;+CNACT=1;+CGATT?\n+CSQ: 27,99\n+CGATT: 1\nOK\n+APP PDP: ACTIVE", &[]);
    assert_eq!(bench.ask("AT+CSQ;+NONE;+CGATT?"), ["+CSQ: 27,99", "ERROR"]);
}

#[test]
fn small_files_go_up_and_packages_do_not() {
    let mut bench = Bench::new(spec(Bg96, 0));
    assert_eq!(bench.ask("AT+QFUPL=\"fota_cacert.pem\",9,10"), ["CONNECT"]);
    bench.type_in("123456789");
    assert_eq!(bench.next_line().as_deref(), Some("+QFUPL: 9,3908"));
    bench.wait_for("OK");
    assert_eq!(bench.ask("AT+QFLST=\"*\""), ["+QFLST: \"fota_cacert.pem\",9", "OK"]);
    bench.ok("AT+QFDEL=\"fota_cacert.pem\"");
    assert_eq!(bench.ask("AT+QFDEL=\"fota_cacert.pem\""), ["ERROR"]);
    assert_eq!(bench.ask("AT+QFUPL=\"update.zip\",200000,60"), ["ERROR"]);
}

#[test]
fn a_root_goes_up_with_acknowledgements() {
    for family in [Ag35, Bg96] {
        for seed in 0..6 {
            for size in [900, 1023, 1024, 1025, 1500, 2048] {
                let pem: Vec<u8> =
                    b"-----BEGIN CERTIFICATE-----\nMIIB\r\n+++AT\r".repeat(60)[..size].to_vec();
                let mut bench = Bench::new(spec(family, seed));
                let prompt = bench.ask(&format!("AT+QFUPL=\"UFS:fota_cacert.pem\",{size},5,1"));
                assert_eq!(prompt, ["CONNECT"]);
                for piece in pem.chunks(1024) {
                    bench.input(Input::Received(piece));
                    bench.pass(10);
                }
                let mut said = vec![bench.next_line().unwrap()];
                if size >= 1024 {
                    assert_eq!(said.remove(0), "A".repeat(size / 1024));
                    said.push(bench.next_line().unwrap());
                }
                said.push(bench.next_line().unwrap());
                said.truncate(2);
                said.sort();
                assert!(said[0].starts_with(&format!("+QFUPL: {size},")) && said[1] == "OK", "{said:?}");
                assert_eq!(
                    bench.ask("AT+QFLST=\"UFS:fota_cacert.pem\""),
                    [format!("+QFLST: \"fota_cacert.pem\",{size}"), "OK".to_owned()]
                );
            }
        }
    }
}

#[test]
fn a_root_has_one_place_under_all_its_names_and_is_what_the_server_is_checked_against() {
    let names =
        ["EUFS:/datatx/fota_cacert.pem", "/datatx/fota_cacert.pem", "UFS:fota_cacert.pem", "fota_cacert.pem"];
    for (name, other) in names.iter().zip(names.iter().cycle().skip(1)) {
        let mut bench = Bench::new(spec(Bg96, 1));
        assert_eq!(bench.ask(&format!("AT+QFUPL=\"{name}\",9,10,1")), ["CONNECT"]);
        bench.type_in("123456789");
        bench.pass(1_000);
        assert_eq!(bench.ask(&format!("AT+QFLST=\"{other}\"")), ["+QFLST: \"fota_cacert.pem\",9", "OK"]);
        bench.ok("AT+QFOTADL=\"https://h:1/none\"");
        bench.wait_for("+QIND: \"FOTA\",\"HTTPEND\",706");
        assert_eq!(bench.root.as_deref(), Some(b"123456789".as_slice()));
        bench.ok(&format!("AT+QFDEL=\"{other}\""));
        bench.ok("AT+QFOTADL=\"https://h:1/none\"");
        bench.wait_for("+QIND: \"FOTA\",\"HTTPEND\",706");
        assert_eq!((bench.fetched.len(), bench.root.take()), (2, None));
    }
}

#[test]
fn c30_one_bg96_in_three_shows_fota_to_its_port() {
    let file = package(Bg96, 120_000);
    for seed in 0..12 {
        let mut bench = Bench::new(spec(Bg96, seed));
        let refused = if seed % 2 == 0 { "ERROR" } else { "+CME ERROR: 22" };
        if seed % 3 != 0 {
            for command in
                ["QFLST=\"/fota/*\"", "QFUPL=\"/fota/update.zip\",120000,60,1", "QFDEL=\"/fota/update.zip\""]
            {
                assert_eq!(bench.ask(&format!("AT+{command}")), [refused], "seed {seed}");
            }
            continue;
        }
        assert_eq!(bench.ask("AT+QFLST=\"/fota/*\""), ["OK"], "seed {seed}");
        assert_eq!(bench.ask("AT+QFUPL=\"/fota/update.zip\",120000,60,1"), ["CONNECT"]);
        bench.send_paced(&file);
        bench.pass(1_000);
        assert_eq!(bench.ask("AT+QFLST=\"/fota/*\""), ["+QFLST: \"/fota/update.zip\",120000", "OK"]);
        bench.ok("AT+QFOTADL=1");
        bench.pass(600_000);
        assert_eq!(bench.module.truth().updates_done, 1, "seed {seed}");
        bench.ok("AT+QFDEL=\"EUFS:/fota/update.zip\"");
        assert_eq!(bench.ask("AT+QFLST=\"/secret/*\""), [refused]);
    }
}

/// What `module` says to `input` when it comes in `pieces`, all at one moment, and time then passes.
fn said(spec: ModuleSpec, pieces: &[&[u8]]) -> (Vec<u8>, Vec<Output>) {
    let mut module = Module::new(spec);
    let mut outputs: Vec<Output> =
        pieces.iter().flat_map(|piece| module.handle(5, Input::Received(piece))).collect();
    outputs.extend(module.handle(900_000, Input::Wake));
    let mut bytes = Vec::new();
    outputs.retain(|output| match output {
        Output::Write(text) => {
            bytes.extend_from_slice(text);
            false
        }
        Output::PortDown | Output::PortUp(_) | Output::Fetch { .. } | Output::StopFetch => true,
    });
    (bytes, outputs)
}

proptest! {
    #[test]
    fn splitting_the_input_anywhere_changes_nothing(
        (input, cuts) in prop::sample::select(vec![
            (Sim7000, "AT\rAT+CFSINIT\rAT+CFSWFILE=1,\"update.zip\",0,5,100\rAT\rATAT+CFSGFIS=1,\"update.zip\"\r\nATI\r"),
            (Sim7028, "noise\rAT+CGMR\rAT+LFOTA=0,4\rAT+LFOTA=1,4\rAT\r\nAT+LFOTA?\rAT+QCRST\rATI\r"),
            (Bg96, "ATE0\rAT+CSQ;+CEREG?;+X\rATE1;+QGMR\rAT+QFUPL=\"a\",3\rAT\r\rAT+QFLST\rAT+QFOTADL=1\rATI\r"),
        ]).prop_flat_map(|input| (Just(input), prop::collection::vec(0..input.1.len(), 0..12))),
        seed in 0..16_u64,
    ) {
        let (family, text) = input;
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut start = 0;
        for cut in cuts {
            pieces.push(&text.as_bytes()[start..cut]);
            start = cut;
        }
        pieces.push(&text.as_bytes()[start..]);
        assert_eq!(said(spec(family, seed), &pieces), said(spec(family, seed), &[text.as_bytes()]));
    }

    #[test]
    fn no_bytes_make_a_module_panic(
        inputs in prop::collection::vec((0..20_000_u64, prop::collection::vec(prop::num::u8::ANY, 0..200)), 0..20),
        seed in 0..64_u64,
    ) {
        for family in Family::ALL {
            let mut module = Module::new(spec(family, seed).with(Behaviour::ALL));
            let mut now_ms = 0;
            for (ms, bytes) in &inputs {
                now_ms += ms;
                module.handle(now_ms, Input::Received(bytes));
            }
        }
    }
}
