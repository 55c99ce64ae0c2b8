//! Every example of the SIM7000 FOTA note V1.01, as printed.
//!
//! Slips of the note that an example shows: none has to be excepted. C12 (`CNACT=1` and `CNACT=1,1`) is
//! answered both ways; C13 (`HTTPSTOFS`), C16 and C17 stand in the text, not in an answer; C18 (`+CFOTA:<n>`)
//! is what odd seeds answer.

use events::Family::Sim7000;

use crate::bench::{Bench, package, revision_b, spec, wrong_package};

const PDN_AUTO_ACTIVATION: &str = r#"
AT+CPIN?
+CPIN: READY
OK
AT+CGDCONT=1,"IP",""
OK
AT+CSQ
+CSQ: 27,99
OK
AT+CGATT?
+CGATT: 1
OK
AT+COPS?
+COPS: 0,0,"CHN-CT",9
OK
AT+CGNAPN
+CGNAPN: 1,"ctnb"
OK
AT+CNCFG=1,"ctnb","cdma","1234"
OK
AT+CNACT=1
OK
+APP PDP: ACTIVE
AT+CNACT?
+CNACT: 0,1,"10.94.36.44"
OK
"#;

const APN_MANUAL_CONFIGURATION: &str = r#"
AT+CFUN=0
+CPIN: NOT READY
OK
AT+CGDCONT=1,"IP","ctnb"
OK
AT+CFUN=1
OK
+CPIN: READY
AT+CGATT?
+CGATT: 1
OK
AT+CGNAPN
+CGNAPN: 1,"ctnb"
OK
AT+CNCFG=1,"ctnb","cdma","1234"
OK
AT+CNACT=1
OK
+APP PDP: ACTIVE
AT+CNACT?
+CNACT: 0,1,"10.94.36.44"
OK
"#;

const HTTP: &str = r#"
AT+CNACT=1,1
OK
+APP PDP: ACTIVE
AT+HTTPTOFS="http://112.74.93.163:12345/V1___V2/update.zip","/fota/update.zip"
OK
+HTTPTOFS: 200,109285
"#;

const FTP: &str = r#"
AT+CNACT=1,1
OK
+APP PDP: ACTIVE
AT+FTPCID=1
OK
AT+FTPSERV="112.74.93.163"
OK
AT+FTPUN="tmf"
OK
AT+FTPPW="tmf123"
OK
AT+FTPGETNAME="update.zip"
OK
AT+FTPGETPATH="/"
OK
AT+FTPEXTGET=2,1,"update.zip"
OK
AT+FTPTOFSST
+FTPTOFSST: 1,0,10
OK
+FTPEXTGETFILE: 1,0
"#;

const THROUGH_THE_PORT: &str = r#"
AT+CFSINIT
OK
AT+CFSWFILE=1,"update.zip",0,10000,10000
DOWNLOAD
<10000 bytes>
OK
AT+CFSWFILE=1,"update.zip",1,10000,10000
DOWNLOAD
<10000 bytes>
OK
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
Revision:1529B04SIM7000G
OK
";

#[test]
fn chapter_3_1_cfota() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    bench.play("AT+CFOTA=0\nOK\nAT+CFOTA?\n+CFOTA: 8\nOK", &[]);
    let mut bench = Bench::new(spec(Sim7000, 1));
    bench.play("AT+CFOTA?\n+CFOTA:8\nOK", &[]);
}

#[test]
fn chapter_4_1_pdn_auto_activation() {
    Bench::new(spec(Sim7000, 0)).play(PDN_AUTO_ACTIVATION, &[]);
}

#[test]
fn chapter_4_2_apn_manual_configuration() {
    Bench::new(spec(Sim7000, 0)).play(APN_MANUAL_CONFIGURATION, &[]);
}

#[test]
fn chapter_5_2_1_http() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    let url = "http://112.74.93.163:12345/V1___V2/update.zip";
    bench.server.insert(url.to_owned(), package(Sim7000, 109_285));
    bench.play(HTTP, &[]);
    assert_eq!(bench.fetched, [url]);
}

#[test]
fn chapter_5_2_2_ftp() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    let url = "ftp://tmf:tmf123@112.74.93.163:21/update.zip";
    bench.server.insert(url.to_owned(), package(Sim7000, 109_285));
    bench.play(FTP, &[]);
    assert_eq!(bench.fetched, [url]);
}

#[test]
fn chapter_5_2_3_to_5_4_through_the_port() {
    let mut bench = Bench::new(spec(Sim7000, 0));
    let file = package(Sim7000, 109_285);
    bench.play(THROUGH_THE_PORT, &file);
    // "Repeat Step 3 until the delta file is all sent to the modem."
    for block in file[20_000..].chunks(10_000) {
        let size = block.len();
        let step = format!("AT+CFSWFILE=1,\"update.zip\",1,{size},10000\nDOWNLOAD\n<{size} bytes>\nOK");
        bench.play(&step, block);
    }
    bench.play("AT+CFSGFIS=1,\"update.zip\"\n+CFSGFIS: 109285\nOK\nAT+CFSTERM\nOK", &[]);
    bench.play(UPDATE, &[]);
    bench.pass(60_000);
    bench.play(RESULT, &[]);
    let truth = bench.module.truth();
    assert_eq!((truth.updates_done, truth.updates_failed, truth.busy), (1, 0, false));
    assert_eq!(truth.revision, revision_b(Sim7000));
    assert_eq!(bench.port.iter().map(|(_, up)| up.is_some()).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn chapter_5_3_the_update_fails() {
    let mut spec = spec(Sim7000, 0);
    spec.preloaded = Some(wrong_package(Sim7000, 70_000).into());
    let mut bench = Bench::new(spec);
    bench.play(UPDATE_FAILS, &[]);
    bench.pass(60_000);
    bench.play("AT+CFOTA?\n+CFOTA: 7\nOK\nAT+GMR\nRevision:1529B03SIM7000G\nOK", &[]);
}
