//! Who is told what by the real program: metrics only who shows the token, and only over TLS, where the rack's file says
//! so; whether it is healthy and ready, everybody.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Command;

use fotarig_tests::{Bench, Process, Scraper, Service, series};
use rustix::process::Signal;

const TOKEN: &str = "Qx3-quite.distinctive-7bT";

/// Puts a certificate for `localhost` into the folder of `bench`, and gives its rack metrics with a token; who may scrape.
fn guarded(bench: &Bench, token: &str) -> Scraper {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(bench.path("metrics.pem"), made.cert.pem()).unwrap();
    std::fs::write(bench.path("metrics.key"), made.signing_key.serialize_pem()).unwrap();
    let scraper = Scraper::somewhere();
    let metrics = format!(
        "[metrics]\nlisten = \"{}\"\ntoken = {token}\n\
         tls = {{ certificate = \"metrics.pem\", key = \"metrics.key\" }}\n\n[rack]",
        scraper.addr
    );
    bench.edit("rack.toml", "[rack]", &metrics);
    Scraper { token: Some(TOKEN.to_owned()), root: Some(made.cert.der().clone()), ..scraper }
}

/// Only who shows the token over TLS is told anything.
fn only_the_owner_scrapes(owner: &Scraper) {
    let (status, body) = owner.answer("/metrics");
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("fotarig_build_info{rack=\"simulated\""), "{body}");
    assert!(!body.contains(TOKEN));
    for wrong in [None, Some("Qx3-quite.distinctive-7b".to_owned())] {
        let stranger = Scraper { token: wrong, ..owner.clone() };
        let (status, body) = stranger.get("/metrics").unwrap();
        assert_eq!((status, body.as_str()), (401, ""));
        assert_ne!(stranger.get("/healthz").unwrap().0, 401, "a probe has no token");
    }
    let plain = Scraper { root: None, ..owner.clone() }.get("/metrics");
    assert!(plain.as_ref().map_or(true, |(status, _)| *status != 200), "it speaks TLS only: {plain:?}");
}

/// No file in the folder, but the one that is the token's own, holds it.
fn in_no_file(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() && !entry.ends_with("token") {
            let bytes = std::fs::read(&entry).unwrap();
            let held = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
            assert!(!held, "the token is in {}", entry.display());
        }
    }
}

#[test]
fn a_run_tells_only_who_shows_the_token_and_it_is_in_no_log() {
    let bench = Bench::start(&["--slots", "2", "--faults", "none", "--seed", "4", "--families", "sim7028"]);
    let owner = guarded(&bench, "{ env = \"FOTARIG_TEST_METRICS_TOKEN\" }");
    let mut command = bench.run();
    command.args(["--continuous", "--log-format", "json", "--events"]).arg(bench.path("events.jsonl"));
    command.env("FOTARIG_TEST_METRICS_TOKEN", TOKEN).env("FOTARIG_LOG", "trace");
    let controller = Process::start(&mut command);
    only_the_owner_scrapes(&owner);
    let (status, ready) = owner.until("/readyz", |status, _| status == 200);
    assert_eq!((status, ready.as_str()), (200, "ok\n"));
    controller.signal(Signal::INT);
    let ended = controller.wait();
    assert!(!ended.out.contains(TOKEN) && !ended.err.contains(TOKEN), "{ended}");
    in_no_file(bench.folder());
    bench.stop();
}

#[test]
fn a_service_tells_only_who_shows_the_token_also_before_its_first_batch() {
    let bench = Bench::start(&["--slots", "1", "--faults", "none", "--seed", "4"]);
    let owner = guarded(&bench, "{ file = \"token\" }");
    std::fs::write(bench.path("token"), format!("{TOKEN}\n")).unwrap();
    let service = Service::start(&bench, &[]);
    only_the_owner_scrapes(&owner);
    assert_eq!(owner.answer("/healthz"), (200, "ok\n".to_owned()));
    let (status, body) = owner.answer("/readyz");
    assert!(status == 503 && body.contains("ledger") && body.contains("bus"), "{body}");
    let elsewhere = Scraper::somewhere();
    let ended = service.process.kill();
    assert!(!ended.out.contains(TOKEN) && !ended.err.contains(TOKEN), "{ended}");
    // Another address on the command line is no way round the token.
    std::fs::remove_file(bench.path("socket")).unwrap();
    let moved = Service::start(&bench, &["--metrics", &elsewhere.addr.to_string()]);
    only_the_owner_scrapes(&Scraper { addr: elsewhere.addr, ..owner });
    moved.process.kill();
    bench.stop();
}

#[test]
fn a_token_or_a_certificate_that_is_not_there_is_named() {
    let bench = Bench::start(&["--slots", "1", "--faults", "none", "--seed", "4"]);
    guarded(&bench, "{ file = \"token\" }");
    let refused = |what: &[&str]| {
        let ended = Process::start(&mut bench.run()).wait();
        assert_eq!(ended.code, Some(2), "{ended}");
        assert!(what.iter().all(|what| ended.err.contains(what)), "{what:?}: {ended}");
        assert_eq!(ended.err.trim_end().lines().count(), 2, "what is wrong, and what to do: {ended}");
    };
    refused(&["rack.toml:", "the credential's file"]);
    std::fs::write(bench.path("token"), "two words\n").unwrap();
    refused(&["rack.toml:", "[metrics] token", "openssl rand -hex 32"]);
    std::fs::write(bench.path("token"), TOKEN).unwrap();
    std::fs::write(bench.path("metrics.key"), "no key\n").unwrap();
    refused(&["[metrics] tls", "metrics.key"]);
    in_no_file(bench.folder());
    bench.stop();
}

#[test]
fn a_controller_whose_ledger_has_no_room_is_healthy_and_not_ready() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: no mounts of one's own here");
        return;
    }
    let bench = Bench::start(&["--slots", "6", "--faults", "none", "--seed", "4", "--families", "bg96"]);
    let disk = bench.path("disk");
    std::fs::create_dir(&disk).unwrap();
    bench.edit("rack.toml", "[rack]", "[ledger]\npath = \"disk/fotarig.sqlite\"\n\n[rack]");
    let scraper = Scraper::somewhere();
    let script = "mount -t tmpfs -o size=8m none \"$1\"; shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-ec", script, "sh"]).arg(&disk);
    let run = bench.run();
    command.arg(run.get_program()).args(run.get_args());
    command.args(["--continuous", "--metrics", &scraper.addr.to_string()]);
    let controller = Process::start(&mut command);
    scraper.until("/readyz", |status, _| status == 200);
    let inside = Path::new("/proc").join(controller.pid().to_string()).join("root");
    let filler = inside.join(disk.strip_prefix("/").unwrap()).join("filler");
    // As much as fits: the error is the point.
    std::fs::write(filler, vec![0; 16 << 20]).unwrap_err();
    let (_, why) = scraper.until("/readyz", |status, _| status == 503);
    assert!(why.contains("the ledger is not known to be writable") && !why.contains("bus"), "{why}");
    assert_eq!(scraper.answer("/healthz"), (200, "ok\n".to_owned()), "its loop turns all the same");
    let free = series(&scraper.answer("/metrics").1)["fotarig_ledger_free_bytes"];
    assert!(free < f64::from(1 << 20), "{free}");
    controller.kill();
    bench.stop();
}
