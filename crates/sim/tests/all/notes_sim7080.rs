//! Every example of the SIM7080 FOTA note V1.01, as printed.
//!
//! Slips of the note that an example shows: none has to be excepted. C19 (`CNACT=1,1`) means index 1 here; C20
//! (`HTTPTOFSRL?` answered with the other name) is what odd seeds answer.

use events::Family::Sim7080;

use crate::bench::{Bench, package, revision_b, spec, wrong_package};

const HTTP: &str = r#"
AT+CNACT=1,1
OK
+APP PDP: 1,ACTIVE
AT+HTTPTOFS="http://112.74.93.163:12345/V1___V2/update.zip","/fota/update.zip"
OK
+HTTPTOFS: 200,109285
"#;

const UPDATE: &str = r#"
AT+CFOTA=1
OK
+CFOTA: "Start to update"
+CFOTA: "Updating",0
……
+CFOTA: "Update successfully, please wait for reset"
"#;

const UPDATE_FAILS: &str = r#"
AT+CFOTA=1
OK
+CFOTA: "Start to update"
+CFOTA: "Updating",0
……
+CFOTA: "Update failed, please wait for reset"
"#;

const RESULT: &str = r"
AT+CFOTA?
+CFOTA: 6
OK
AT+GMR
Revision:1951B02SIM7080G
OK
";

#[test]
fn chapters_4_2_to_4_4_over_http() {
    let mut bench = Bench::new(spec(Sim7080, 0));
    let url = "http://112.74.93.163:12345/V1___V2/update.zip";
    bench.server.insert(url.to_owned(), package(Sim7080, 109_285));
    bench.play(HTTP, &[]);
    bench.play(UPDATE, &[]);
    bench.pass(60_000);
    bench.play(RESULT, &[]);
    assert_eq!(bench.module.truth().revision, revision_b(Sim7080));
}

#[test]
fn chapter_4_3_the_update_fails() {
    let mut spec = spec(Sim7080, 0);
    spec.preloaded = Some(wrong_package(Sim7080, 70_000).into());
    let mut bench = Bench::new(spec);
    bench.play(UPDATE_FAILS, &[]);
    bench.pass(60_000);
    bench.play("AT+CFOTA?\n+CFOTA: 7\nOK", &[]);
}

#[test]
fn bearers_have_indexes() {
    let mut bench = Bench::new(spec(Sim7080, 1));
    bench.play("AT+CNCFG=0,1,\"iot\"\nOK\nAT+CNACT=0,1\nOK\n+APP PDP: 0,ACTIVE", &[]);
    let answer = bench.ask("AT+CNACT?");
    assert_eq!(answer[..2], ["+CNACT: 0,1,\"10.94.36.44\"", "+CNACT: 1,0,\"0.0.0.0\""]);
    assert_eq!(answer.len(), 5);
    assert_eq!(bench.ask("AT+HTTPTOFSRL?"), ["+HTTPTOFS: 0,0,0", "OK"]);
    assert_eq!(bench.ask("AT+CNACT=4,1"), ["ERROR"]);
}
