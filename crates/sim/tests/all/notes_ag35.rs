//! Every example of the AG35 DFOTA guide V1.0, as printed: slips of the guide that an example shows have not to
//! be excepted (C24, the spaces before `START`, is answered as printed).

use events::Family::Ag35;
use sim::Behaviour;

use crate::bench::{Bench, package, revision_b, spec, wrong_package};

const FTP: &str = r#"
AT+QFOTADL="ftp://test:test@124.74.41.170:21/Jun/update-v12-to-v13.zip"
OK
+QIND: "FOTA", "FTPSTART"
+QIND: "FOTA","FTPEND",0
+QIND: "FOTA", "START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
...
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
"#;

const HTTP: &str = r#"
AT+QFOTADL="http://www.quectel.com:100/update.zip"
OK
+QIND: "FOTA","HTTPSTART"
+QIND: "FOTA","HTTPEND",0
+QIND: "FOTA", "START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
...
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
"#;

const LOCAL: &str = r#"
AT+QFOTADL="/data/ufs/update-v13-to-v12.zip"
OK
+QIND: "FOTA", "START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
...
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
"#;

fn proved(bench: &mut Bench) {
    bench.pass(120_000);
    assert_eq!(bench.ask("AT+QGMR"), [revision_b(Ag35), "OK"]);
    let ups: Vec<_> = bench.port.iter().map(|(_, up)| up.is_some()).collect();
    assert_eq!(ups, [false, true, false, true], "the port leaves and comes back twice");
}

#[test]
fn chapter_3_1_from_ftp() {
    let mut bench = Bench::new(spec(Ag35, 0));
    let url = "ftp://test:test@124.74.41.170:21/Jun/update-v12-to-v13.zip";
    bench.server.insert(url.to_owned(), package(Ag35, 100_000));
    bench.play("AT+QFOTADL=?\nOK", &[]);
    bench.play(FTP, &[]);
    proved(&mut bench);
}

#[test]
fn chapter_3_2_from_http() {
    let mut bench = Bench::new(spec(Ag35, 0));
    bench.server.insert("http://www.quectel.com:100/update.zip".to_owned(), package(Ag35, 100_000));
    bench.play(HTTP, &[]);
    proved(&mut bench);
}

/// Puts `file` into the UFS with acknowledgements, and gives what is said behind `CONNECT`.
fn upload(bench: &mut Bench, file: &[u8]) -> Vec<String> {
    assert_eq!(bench.ask(&format!("AT+QFUPL=\"UFS:update-v13-to-v12.zip\",{},5,1", file.len())), ["CONNECT"]);
    bench.send_paced(file);
    bench.pass(20_000);
    let mut said = Vec::new();
    while let Some(line) = bench.next_line() {
        said.push(line);
    }
    said
}

#[test]
fn chapter_3_3_from_the_file_system() {
    let mut bench = Bench::new(spec(Ag35, 0));
    let said = upload(&mut bench, &package(Ag35, 102_400));
    assert_eq!(said[0], "A".repeat(100));
    assert!(said[1].starts_with("+QFUPL: 102400,") && said[2] == "OK", "{said:?}");
    assert_eq!(
        bench.ask("AT+QFLST=\"UFS:update-v13-to-v12.zip\""),
        ["+QFLST: \"update-v13-to-v12.zip\",102400", "OK"]
    );
    bench.play(LOCAL, &[]);
    proved(&mut bench);
}

#[test]
fn chapter_4_errors() {
    let mut damaged = package(Ag35, 100_000);
    damaged[90_000] ^= 1;
    for (file, error) in [(damaged, 505), (wrong_package(Ag35, 100_000), 510)] {
        let mut spec = spec(Ag35, 0);
        spec.preloaded = Some(file.into());
        let mut bench = Bench::new(spec);
        bench.ok("AT+QFOTADL=\"/data/ufs/update.zip\"");
        let end = format!("+QIND: \"FOTA\",\"END\",{error}");
        for _check in 0..3 {
            bench.wait_for("+QIND: \"FOTA\", \"START\"");
            bench.wait_for(&end);
        }
        bench.pass(120_000);
        let truth = bench.module.truth();
        assert_eq!((truth.updates_failed, truth.busy), (1, false));
    }
    let mut bench = Bench::new(spec(Ag35, 0));
    assert_eq!(bench.ask("AT+QFOTADL=\"/data/ufs/none.zip\""), ["ERROR"]);
    assert_eq!(bench.ask("AT+QFOTADL=\"https://h:1/none\""), ["ERROR"]);
    let long = "x".repeat(51);
    assert_eq!(bench.ask(&format!("AT+QFOTADL=\"ftp://{long}:p@h:1/none\"")), ["ERROR"]);
    bench.play("AT+QFOTADL=\"ftp://u:p@h:1/none\"\nOK\n+QIND: \"FOTA\", \"FTPSTART\"\n+QIND: \"FOTA\",\"FTPEND\",601", &[]);
}

#[test]
fn uploads_go_wrong_in_four_ways() {
    let file = package(Ag35, 102_400);
    for (seed, sign) in
        [(0, "+QFUPL: 102400"), (1, "+CME ERROR: 50"), (2, "+QFUPL: 101376"), (3, "+QFUPL: 102400")]
    {
        let mut bench = Bench::new(spec(Ag35, seed).with([Behaviour::UploadTrouble]));
        let said = upload(&mut bench, &file);
        assert!(said.iter().any(|line| line.starts_with(sign)), "{seed}: {said:?}");
        assert_eq!(said[0].starts_with('A'), seed != 0);
    }
}

#[test]
fn failed_checks_and_upgrades_are_tried_again() {
    for (behaviour, error, count, done) in
        [(Behaviour::ChecksFailFirst, 505, 3, true), (Behaviour::FiveFailures, 520, 5, false)]
    {
        let mut spec = spec(Ag35, 0).with([behaviour]);
        spec.preloaded = Some(package(Ag35, 100_000).into());
        let mut bench = Bench::new(spec);
        bench.ok("AT+QFOTADL=\"/data/ufs/update.zip\"");
        bench.pass(3_600_000);
        let said = String::from_utf8_lossy(&bench.said).into_owned();
        assert_eq!(said.matches(&format!("\"END\",{error}")).count(), count, "{behaviour}");
        let truth = bench.module.truth();
        assert_eq!(
            (truth.updates_done, truth.updates_failed),
            (u32::from(done), u32::from(!done)),
            "{behaviour}"
        );
    }
    let mut spec = spec(Ag35, 0).with([Behaviour::RetriesForEver]);
    spec.preloaded = Some(package(Ag35, 100_000).into());
    let mut bench = Bench::new(spec);
    bench.ok("AT+QFOTADL=\"/data/ufs/update.zip\"");
    bench.pass(7_200_000);
    assert!(bench.module.truth().busy);
}
