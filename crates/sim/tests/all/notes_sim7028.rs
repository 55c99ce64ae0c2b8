//! Every example of the SIM7028 FOTA note V1.00, as printed, except the slips named in [`EXCEPTED`].

use events::Family::Sim7028;

use crate::bench::{Bench, package, revision_b, spec};

/// Slips of the note (`families.md`): what is printed, and what the module says instead.
const EXCEPTED: [(&str, &str, &str); 2] =
    [("C1", "AT+CGPADDR?", "ERROR"), ("C5", "+CFOTA: 0", "+CFOTA: 100")];

const NETWORK_STATUS: &str = r#"
AT+CESQ
+CESQ: 99,99,255,255,22,58
OK
AT+CEREG?
+CEREG: 0,1
OK
AT+CGPADDR
+CGPADDR: 0,"11.102.241.134"
OK
"#;

const FTP: &str = r#"
AT+CFOTA=0,0,"183.230.174.137:6047/update.zip",simcom,simcom
OK
+CFOTA: 100
"#;

const HTTP: &str = r#"
AT+CFOTA=0,1,"47.108.134.22:80/update.zip"
OK
+CFOTA: 100
"#;

const TRANSFER: &str = r"
AT+LFOTA=0,5358979
OK
AT+LFOTA=1,5358979
>
<5358979 bytes>
OK
";

const LOCALLY: &str = r"
AT+LFOTA=1,3892224
>
<3892224 bytes>
OK
AT+QCRST
OK
AdupsProcedure 4.0
abup check_delta,Header:0x20, 0x3, 0x17, 0x20
abup check_delta, delta md5 check sucess.
adups_IsPartPackge: NO!
adups_IsPackgeFound ret=1
adups_bl_notify_status:200,0
check old bin
check old bin end, is old bin.
patch forward ...
+FOTA: patch ratio: 1
+FOTA: patch ratio: 3
+FOTA: patch ratio: 4
+FOTA: patch ratio: 6
+FOTA: patch ratio: 7
+FOTA: patch ratio: 9
......
+FOTA: patch ratio: 92
+FOTA: patch ratio: 93
+FOTA: patch ratio: 95
adups_bl_notify_status:201,100
Update done, reboot now ...
bootloader try normal boot system start!
LoadVerifyImageHead read(len=272), Time(ms)->0.
test:VerifyImageHead skip
VerifyImageBody sha256 skip
";

fn bench() -> Bench {
    let mut spec = spec(Sim7028, 0);
    "11.102.241.134".clone_into(&mut spec.network.address);
    Bench::new(spec)
}

#[test]
fn chapter_3_2_1_cfota() {
    let mut bench = bench();
    let (slip, printed, says) = EXCEPTED[1];
    let example = format!("AT+CFOTA=0,0,\"183.230.174.137:6047/fbf_dfota.bin\",simcom,simcom\nOK\n{printed}")
        .replace(printed, says);
    let url = "ftp://simcom:simcom@183.230.174.137:6047/fbf_dfota.bin";
    bench.server.insert(url.to_owned(), package(Sim7028, 70_000));
    bench.play(&example, &[]);
    assert_eq!(slip, "C5");
}

#[test]
fn chapter_3_2_2_lfota() {
    let mut bench = bench();
    bench.play("AT+LFOTA=?\n+LFOTA=<0-1>,8388608\nOK", &[]);
    // "If data has not transfer yet": no OK is printed.
    bench.play("AT+LFOTA?\n+LFOTA: -1", &[]);
    let file = package(Sim7028, 5_358_979);
    bench.play(TRANSFER, &file);
    assert!(bench.now_ms > 300_000, "C8: the time-out is on silence, never on the whole");
    bench.play("AT+LFOTA?\n+LFOTA: 1\nOK", &[]);
}

#[test]
fn chapter_3_2_2_data_does_not_pass_the_check() {
    let mut bench = bench();
    let mut file = package(Sim7028, 70_000);
    file[69_000] ^= 1;
    bench.play(
        "AT+LFOTA=0,70000\nOK\nAT+LFOTA=1,70000\n>\n<70000 bytes>\nOK\nAT+LFOTA?\n+LFOTA: 0\nOK",
        &file,
    );
    assert_eq!(bench.module.truth().corrupt_files, 1);
}

#[test]
fn chapter_4_network_status() {
    let mut bench = bench();
    bench.play(NETWORK_STATUS, &[]);
    let (slip, printed, says) = EXCEPTED[0];
    assert_eq!((slip, bench.ask(printed)), ("C1", vec![says.to_owned()]));
}

#[test]
fn chapter_4_1_ftp() {
    let mut bench = bench();
    let url = "ftp://simcom:simcom@183.230.174.137:6047/update.zip";
    bench.server.insert(url.to_owned(), package(Sim7028, 70_000));
    bench.play(FTP, &[]);
    assert_eq!(bench.fetched, [url]);
}

#[test]
fn chapter_4_2_http() {
    let mut bench = bench();
    let url = "http://47.108.134.22:80/update.zip";
    bench.server.insert(url.to_owned(), package(Sim7028, 70_000));
    bench.play(HTTP, &[]);
    let restarts_at = bench.now_ms + 8_000;
    bench.wait_for("AdupsProcedure 4.0");
    assert!(bench.now_ms >= restarts_at, "\"it will restart in 8s\"");
    bench.wait_for("Update done, reboot now ...");
    bench.pass(20_000);
    assert_eq!(bench.ask("AT+CGMR"), [revision_b(Sim7028), "OK"]);
}

#[test]
fn chapter_4_3_locally() {
    let mut bench = bench();
    bench.play(LOCALLY, &package(Sim7028, 3_892_224));
    bench.pass(20_000);
    assert!(bench.port.is_empty(), "the bridge does not leave the bus");
    assert_eq!(bench.ask("AT+CGMR"), [revision_b(Sim7028), "OK"]);
    let truth = bench.module.truth();
    assert_eq!((truth.triggers, truth.updates_done, truth.updates_failed), (1, 1, 0));
    let said = String::from_utf8_lossy(&bench.said).into_owned();
    assert!(said.contains("Update done, reboot now ...\n\r"), "the loader's lines end LF CR");
}

#[test]
fn chapter_3_3_terminal_failures() {
    let mut bench = bench();
    bench.play("AT+CFOTA=0,1,\"47.108.134.22:80/none.zip\"\nOK\n+CFOTA: 1005", &[]);
    let mut file = package(Sim7028, 70_000);
    file[500] ^= 1;
    bench.server.insert("http://47.108.134.22:80/broken.zip".to_owned(), file);
    bench.play("AT+CFOTA=0,1,\"47.108.134.22:80/broken.zip\"\nOK\n+CFOTA: 1008", &[]);
    let truth = bench.module.truth();
    assert_eq!((truth.updates_failed, truth.corrupt_files, truth.busy), (2, 1, false));
}
