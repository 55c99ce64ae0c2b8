//! Every example of the BG96 DFOTA guide V1.1, as printed, except the slips named in [`EXCEPTED`].

use events::Family::Bg96;
use sim::Input;

use crate::bench::{Bench, package, revision_b, spec, wrong_package};

/// Slips of the guide: where, what is printed, and what the module says instead.
const EXCEPTED: [(&str, &str, &str); 1] = [(
    "4.2's last line; 3.1.2 and 4.1 print END there",
    "+QIND: \"FOTA\",\"RESTORE\", 100%",
    "+QIND: \"FOTA\",\"END\",0",
)];

const APN_AND_NETWORK: &str = r#"
AT+QCFGEXT="fota_apn",0,"Telstra.internet"
OK
AT+QCFGEXT="fota_apn"
+QCFGEXT: "fota_apn",0,"Telstra.internet","",""
OK
AT+CSQ;+CEREG?;+CGREG?;+COPS?
+CSQ: 26,99
+CEREG: 0,1
+CGREG: 0,4
+COPS: 0,0,"Telstra Mobile Telstra",8
OK
"#;

const FROM_HTTPS: &str = r#"
AT+QFOTADL="https://www.quectel.com:100/update.zip"
OK
+QIND: "FOTA","HTTPSTART"
+QIND: "FOTA","HTTPEND",0
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING", 1%
+QIND: "FOTA","UPDATING", 2%
....
+QIND: "FOTA","UPDATING", 100%
+QIND: "FOTA","RESTORE", 1%
+QIND: "FOTA","RESTORE", 2%
...
+QIND: "FOTA","RESTORE", 100%
+QIND: "FOTA","END",0
"#;

const FROM_FILE_SYSTEM: &str = r#"
AT+QFOTADL=1
OK
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING", 1%
+QIND: "FOTA","UPDATING", 2%
...
+QIND: "FOTA","UPDATING", 100%
+QIND: "FOTA","RESTORE", 1%
+QIND: "FOTA","RESTORE", 2%
...
+QIND: "FOTA","RESTORE", 100%
"#;

const RESUMED: &str = r#"
+QIND: "FOTA","Last upgrade was not finished,continue upgrade"
+QIND: "FOTA","RESTORE",1%
+QIND: "FOTA","RESTORE",2%
••••
+QIND: "FOTA","RESTORE",100%
+QIND: "FOTA","END",0
"#;

const RESUMED_WITH_START: &str = r#"
+QIND: "FOTA","Last upgrade was not finished,continue upgrade"
+QIND: "FOTA","START"
+QIND: "FOTA","RESTORE",1%
+QIND: "FOTA","RESTORE",2%
...
+QIND: "FOTA","RESTORE",100%
+QIND: "FOTA","END",0
"#;

#[test]
fn chapter_4_1_from_https() {
    let mut spec = spec(Bg96, 0);
    spec.network.csq = (26, 99);
    spec.network.cgreg = 4;
    "Telstra Mobile Telstra".clone_into(&mut spec.network.operator);
    spec.network.access = 8;
    let mut bench = Bench::new(spec);
    bench.server.insert("https://www.quectel.com:100/update.zip".to_owned(), package(Bg96, 100_000));
    bench.play(APN_AND_NETWORK, &[]);
    bench.play("AT+QFOTADL=?\nOK", &[]);
    bench.play(FROM_HTTPS, &[]);
    for line in ["RDY", "+CFUN: 1", "APP RDY", "+CPIN: READY", "+QUSIM: 1"] {
        bench.wait_for(line);
    }
    bench.pass(2_000);
    assert_eq!(bench.ask("AT+QGMR"), [revision_b(Bg96), "OK"]);
    assert_eq!(bench.ask("ATI"), ["Quectel", "BG96", "Revision: BG96MAR02A08M1G", "OK"]);
    assert_eq!(bench.port.iter().map(|(_, up)| up.is_some()).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn chapter_4_2_from_the_file_system() {
    let mut spec = spec(Bg96, 0);
    spec.preloaded = Some(package(Bg96, 100_000).into());
    let mut bench = Bench::new(spec);
    bench.play(FROM_FILE_SYSTEM, &[]);
    let (_, printed, says) = EXCEPTED[0];
    assert_eq!(bench.next_line().as_deref(), Some(says), "instead of a second {printed}");
}

#[test]
fn chapter_3_1_1_and_3_1_2_power_cut_in_restore() {
    for (seed, example) in [(0, RESUMED), (1, RESUMED_WITH_START)] {
        let mut spec = spec(Bg96, seed);
        spec.preloaded = Some(package(Bg96, 100_000).into());
        let mut bench = Bench::new(spec);
        bench.ok("AT+QFOTADL=1");
        bench.wait_for("+QIND: \"FOTA\",\"RESTORE\", 2%");
        bench.input(Input::PowerCut);
        bench.play(example, &[]);
        bench.pass(30_000);
        assert_eq!(bench.module.truth().revision, revision_b(Bg96));
        assert_eq!(bench.module.truth().updates_done, 1);
    }
}

#[test]
fn chapter_5_errors() {
    let mut damaged = package(Bg96, 100_000);
    damaged[90_000] ^= 1;
    for (file, error) in [(None, 505), (Some(damaged), 506), (Some(wrong_package(Bg96, 100_000)), 511)] {
        let mut spec = spec(Bg96, 0);
        spec.preloaded = file.map(Into::into);
        let mut bench = Bench::new(spec);
        bench.play("AT+QFOTADL=1\nOK\n+QIND: \"FOTA\",\"START\"", &[]);
        assert_eq!(bench.next_line(), Some(format!("+QIND: \"FOTA\",\"END\",{error}")));
        assert!(bench.port.is_empty(), "it exits from DFOTA without a reboot");
        bench.pass(1_000);
        assert_eq!(bench.ask("AT+QGMR"), ["BG96MAR02A07M1G_01.007.01.007", "OK"]);
    }
    let mut bench = Bench::new(spec(Bg96, 0));
    bench.play(
        "AT+QFOTADL=\"http://h:1/none\"\nOK\n+QIND: \"FOTA\",\"HTTPSTART\"\n+QIND: \"FOTA\",\"HTTPEND\",706",
        &[],
    );
    assert_eq!(bench.ask("AT+QFOTADL=\"ftp://h:1/none\""), ["ERROR"]);
}
