//! The controller as a service: whatever its clients do, the rack goes on.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use events::Verdict;
use fotarig_tests::{Bench, CTL, Client, DASHBOARD, PATIENCE, Process, Service, fotarig, lies, report};
use rustix::process::Signal;

fn bench() -> Bench {
    Bench::start(&["--slots", "6", "--seed", "4", "--faults", "none"])
}

fn start(bench: &Bench, service: &Service) {
    let batch = bench.path("batch.toml");
    assert_eq!(service.does(&["start", &batch.display().to_string()]), "ok\n");
}

/// It says so when the record is complete.
fn the_batch_ends(service: &Service) {
    service.process.complaint("the batch has ended");
}

/// Every module passed, and that is true.
fn all_passed(bench: Bench) {
    let told = report(&bench.ledger(), "demo");
    let job = bench.job();
    let modules = bench.stop();
    assert_eq!(lies(&told, &modules, &job), [""; 0]);
    assert!(modules.iter().all(|module| job.reached(module)), "{modules:#?}");
}

#[test]
fn a_batch_is_seen_whole_beside_a_client_that_never_reads() {
    let bench = bench();
    let service = Service::start(&bench, &["--units", "6"]);
    let stuck = Client::greeted(&service.socket, DASHBOARD);
    let mut watching = Client::greeted(&service.socket, DASHBOARD);
    start(&bench, &service);
    let events = watching.events_until("run_ended");
    // In whichever order.
    let mut awaited = vec!["the batch has ended", "it took nothing for 10 s"];
    while !awaited.is_empty() {
        let line = service.process.complaint("");
        awaited.retain(|text| !line.contains(text));
    }
    let ended = events.iter().filter(|event| event["event"] == "unit_ended");
    let passed: BTreeSet<&str> = ended
        .filter(|event| event["verdict"] == "passed")
        .filter_map(|event| event["slot"].as_str())
        .collect();
    assert_eq!(passed.len(), 6, "{events:#?}");
    let seqs: Vec<u64> =
        events.iter().filter_map(|event| event["seq"].as_u64()).filter(|seq| *seq > 0).collect();
    let gap = seqs.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!((seqs.first(), gap), (Some(&1), None), "every event, once, in order");

    let mut late = Client::greeted(&service.socket, DASHBOARD);
    let again = late.events_until("run_ended");
    assert_eq!(again.iter().filter(|event| event["event"] == "unit_ended").count(), 6, "{again:#?}");
    let status = service.does(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["state"], &status["verdicts"]["passed"]), (&"ended".into(), &6.into()), "{status}");
    drop(stuck);
    all_passed(bench);
}

#[test]
fn hostile_clients_are_sent_away_with_the_reason() {
    let bench = bench();
    let service = Service::start(&bench, &[]);
    let silent = &mut Client::connect(&service.socket);
    let sent_away = |said: &str| {
        let mut client = Client::connect(&service.socket);
        client.say(said);
        client.sent_away()
    };
    for (said, why) in [
        ("\0\u{1}garbage\n".to_owned(), "that is not a hello"),
        ("{}\n".to_owned(), "that is not a hello: missing field `fotarig`"),
        ("[".repeat(60_000) + "\n", "that is not a hello"),
        (DASHBOARD.replace(":1,", ":2,") + "\n", "it speaks version 2 of the protocol"),
        (format!("{CTL}\nwhat?\n"), "that is not a request"),
        (format!("{CTL}\n{{\"id\":1,\"action\":{{\"action\":\"explode\"}}}}\n"), "unknown variant `explode`"),
    ] {
        let told = sent_away(&said);
        assert!(told.contains(why), "{why:?} is not in {told:?}");
    }
    let endless = sent_away(&"x".repeat(1_000_000));
    assert!(endless.contains("a line of more than 65536 bytes") || endless == "without a word", "{endless}");
    assert_eq!(silent.sent_away(), "it did not say hello");
    assert_eq!(service.does(&["status"]), "simulated: idle\n");
}

#[test]
fn more_clients_than_there_is_room_for_are_told_so() {
    let bench = bench();
    let service = Service::start(&bench, &[]);
    let mut attached: Vec<Client> = (0..64).map(|_| Client::greeted(&service.socket, DASHBOARD)).collect();
    for client in &mut attached {
        // Taken in for good.
        client.events_until("note");
    }
    let ended = service.ctl(&["status"]);
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(ended.err.contains("64 clients are attached already"), "{ended}");
}

#[test]
fn actions_are_carried_out_or_refused_with_the_reason_and_named() {
    let bench = bench();
    let service = Service::start(&bench, &[]);
    assert!(service.refuses(&["pause"]).contains("no batch is under way"));
    assert!(service.refuses(&["start", "/etc/hostname"]).contains("/etc/hostname"));
    let mut client = Client::greeted(&service.socket, CTL);
    client.say("{\"id\":7,\"action\":{\"action\":\"start\",\"batch\":\"nowhere.toml\"}}\n");
    let answer = client.line().unwrap();
    let beside_the_rack = bench.path("nowhere.toml").display().to_string();
    assert_eq!(answer["answer"], 7);
    assert!(answer["refused"].as_str().is_some_and(|why| why.contains(&beside_the_rack)), "{answer}");
    assert_eq!(service.ctl(&["expect", "A1", "123"]).code, Some(2), "no IMEI");
    start(&bench, &service);
    assert!(service.refuses(&["start", "/etc/hostname"]).contains("a batch is under way"));
    assert!(service.refuses(&["retry", "Z9"]).contains("there is no slot Z9"));
    assert!(service.refuses(&["retry", "A1"]).contains("its module is being worked on"));
    let line = service.process.line("(past the point of no return)");
    let past = line.split_whitespace().nth(1).unwrap_or_default();
    // From its host it may still be downloading, which can be stopped.
    let abort = service.ctl(&["abort", past]);
    assert!(abort.code == Some(0) || abort.err.contains("it is past its trigger"), "{abort}");
    assert_eq!(service.does(&["pause"]), "ok\n");
    assert!(service.refuses(&["pause"]).contains("it is paused already"));
    assert_eq!(service.does(&["quarantine", "A6"]), "ok\n");
    assert!(service.refuses(&["quarantine", "A6"]).contains("in quarantine already"));
    assert!(service.does(&["status"]).contains("paused"));
    assert_eq!(service.does(&["stop"]), "ok\n");
    service.process.line("stopped by ");
    service.process.complaint("the batch has ended");
    service.process.signal(Signal::TERM);
    let ended = service.process.wait();
    assert_eq!(ended.code, Some(0), "no batch was interrupted: {ended}");
    assert!(ended.out.contains("@socket: retry Z9: refused, there is no slot Z9"), "{ended}");
    assert!(!service.socket.exists(), "its socket goes with it");
}

#[test]
fn an_abort_past_the_trigger_is_refused() {
    let bench = Bench::start(&["--slots", "1", "--seed", "4", "--faults", "none", "--families", "bg96"]);
    let service = Service::start(&bench, &["--units", "1"]);
    start(&bench, &service);
    service.process.line("port left");
    let why = service.refuses(&["abort", "A1"]);
    assert!(why.contains("it is past its trigger: it is seen through to its resolution"), "{why}");
    Client::greeted(&service.socket, DASHBOARD).events_until("run_ended");
    the_batch_ends(&service);
    all_passed(bench);
}

#[test]
fn sigterm_sees_through_what_is_past_its_trigger() {
    let bench = bench();
    let batch = bench.path("batch.toml").display().to_string();
    let service = Service::start(&bench, &["--batch", &batch]);
    let mut watching = Client::greeted(&service.socket, DASHBOARD);
    service.process.line("recording the trigger");
    service.process.signal(Signal::TERM);
    service.process.complaint("stopping");
    watching.events_until("run_ended");
    assert_eq!(watching.sent_away(), "the service ends");
    let ended = service.process.wait();
    assert_eq!(ended.code, Some(130), "{ended}");
    let told = report(&bench.ledger(), "demo");
    assert!(told.units.iter().all(|unit| unit.verdict.is_some()), "{told:#?}");
    assert_eq!(bench.controller().wait().code, Some(0), "the next run brings the rest to their target");
    all_passed(bench);
}

#[test]
fn a_service_without_a_batch_tells_whom_an_earlier_run_left_past_its_trigger() {
    let bench = Bench::start(&["--slots", "1", "--seed", "4", "--faults", "none", "--families", "bg96"]);
    let controller = bench.controller();
    controller.line("port left");
    controller.kill();
    let service = Service::start(&bench, &["--until-done"]);
    let told = service.process.complaint("1 module was left past its trigger (A1 IMEI ");
    assert!(told.contains("start a batch"), "{told}");
    let seen = Client::greeted(&service.socket, DASHBOARD).events_until("note");
    assert!(
        seen.iter().any(|event| event["text"].as_str().is_some_and(|text| text.contains("A1 IMEI "))),
        "{seen:?}"
    );
    start(&bench, &service);
    the_batch_ends(&service);
    let told = report(&bench.ledger(), "demo");
    let unit = &told.units[0];
    assert!(
        told.units.len() == 1 && unit.resolved_later.or(unit.verdict) == Some(Verdict::Passed),
        "{told:#?}"
    );
    let triggers: Vec<u32> = bench.stop().iter().map(|module| module.triggers).collect();
    assert_eq!(triggers, [1], "it was followed up, not triggered again");
}

#[test]
fn a_socket_of_the_living_is_left_alone_and_one_of_the_dead_replaced() {
    let bench = bench();
    let service = Service::start(&bench, &[]);
    let mode = std::fs::metadata(&service.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660, "owner and group only");
    let second = Process::start(&mut Service::command(&bench, &[])).wait();
    assert_eq!(second.code, Some(4), "{second}");
    let holder = format!("is held by another service: fotarig serve, process {}", service.process.pid());
    assert!(second.err.contains(&holder), "{second}");
    assert_eq!(service.does(&["status"]), "simulated: idle\n", "it was not disturbed");
    service.process.kill();
    assert!(bench.path("socket").exists(), "left behind");
    let third = Service::start(&bench, &[]);
    assert_eq!(third.does(&["status"]), "simulated: idle\n");
    third.process.kill();
    std::fs::remove_file(bench.path("socket")).unwrap();
    std::fs::write(bench.path("socket"), "precious").unwrap();
    let fourth = Process::start(&mut Service::command(&bench, &[])).wait();
    assert_eq!(fourth.code, Some(4), "{fourth}");
    assert_eq!(std::fs::read_to_string(bench.path("socket")).unwrap(), "precious");
}

#[test]
fn a_first_batch_that_cannot_begin_ends_the_service() {
    let bench = bench();
    let mut command = Service::command(&bench, &["--batch", "/etc/hostname"]);
    let ended = Process::start(&mut command).wait();
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.err.contains("/etc/hostname"), "{ended}");
    assert!(!bench.path("socket").exists(), "its socket goes with it");
}

#[test]
fn a_killed_dashboard_costs_the_batch_nothing() {
    let bench = bench();
    let service = Service::start(&bench, &["--units", "6"]);
    let mut command = Command::new("script");
    let attach = format!("exec {} attach --socket {}", fotarig().display(), service.socket.display());
    command.args(["--quiet", "--command", &attach, "/dev/null"]).env("TERM", "xterm");
    let dashboard = Process::start(&mut command);
    start(&bench, &service);
    service.process.line("recording the trigger");
    let ended = dashboard.kill();
    assert!(ended.out.contains('\u{1b}'), "it was on its terminal: {ended}");
    Client::greeted(&service.socket, DASHBOARD).events_until("run_ended");
    the_batch_ends(&service);
    all_passed(bench);
}

#[test]
fn what_was_recorded_is_replayed_and_bad_lines_are_named() {
    let bench = bench();
    let recording = bench.path("events.jsonl").display().to_string();
    let service = Service::start(&bench, &["--units", "6", "--events", &recording]);
    start(&bench, &service);
    service.process.complaint("the batch has ended");
    let lived = service.process.kill().out;
    let replay = |path: &str| Process::start(Command::new(fotarig()).args(["replay", path])).wait();
    let replayed = replay(&recording);
    assert_eq!(replayed.code, Some(0), "{replayed}");
    let told = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("          -- ")).map(ToOwned::to_owned).collect()
    };
    assert_eq!(told(&replayed.out), told(&lived));

    let text = std::fs::read_to_string(&recording).unwrap();
    let cut_off = bench.path("cut-off.jsonl");
    std::fs::write(&cut_off, &text[..text.len() - 10]).unwrap();
    assert_eq!(
        replay(&cut_off.display().to_string()).code,
        Some(0),
        "a controller was killed while it wrote"
    );
    let damaged = bench.path("damaged.jsonl");
    std::fs::write(&damaged, text.replacen("\n{", "\n%{", 1)).unwrap();
    let refused = replay(&damaged.display().to_string());
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{refused}");
    assert!(refused.err.contains("damaged.jsonl: line 2, column 1: no event"), "{refused}");
    assert!(refused.err.contains("sed 2d"), "{refused}");
}

#[test]
fn sighup_reads_the_policy_again() {
    let bench = Bench::start(&["--slots", "1", "--seed", "3", "--faults", "mute", "--families", "sim7028"]);
    let batch = bench.path("batch.toml").display().to_string();
    let service = Service::start(&bench, &["--batch", &batch]);
    service.process.line("failed");
    bench.edit("batch.toml", "[policy]", "[policy]\nstop_after_failures = 0\nnonsense = 1");
    service.process.signal(Signal::HUP);
    let stays = service.process.complaint("the batch's policy stays as it was");
    assert!(stays.contains("batch.toml"), "{stays}");
    bench.edit("batch.toml", "stop_after_failures = 0\nnonsense = 1", "stop_after_failures = 2");
    service.process.signal(Signal::HUP);
    service.process.line("the batch's policy was read again");
    service.does(&["retry", "A1"]);
    // The first failure counts: it is a second in a row.
    service.process.line("halted by stop_after_failures: 2 modules failed in a row");
    service.process.complaint("the batch has ended");
    bench.stop();
}

#[test]
fn systemd_hears_that_it_is_ready_alive_and_stopping() {
    let bench = Bench::start(&["--slots", "1", "--seed", "4", "--faults", "none"]);
    let heard = UnixDatagram::bind(bench.path("notify")).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let until = |wanted: &str| {
        let mut message = [0; 4096];
        while !String::from_utf8_lossy(&message).contains(wanted) {
            message = [0; 4096];
            heard.recv(&mut message).unwrap_or_else(|error| panic!("{wanted} was never said: {error}"));
        }
    };
    let mut command = Service::command(&bench, &[]);
    command.env("NOTIFY_SOCKET", bench.path("notify")).env("WATCHDOG_USEC", "2000000");
    let service = Process::start(&mut command);
    until("READY=1");
    until("WATCHDOG=1");
    let batch = bench.path("batch.toml");
    let mut ctl = Command::new(fotarig());
    ctl.arg("ctl").arg("--socket").arg(bench.path("socket")).arg("start").arg(batch);
    assert_eq!(Process::start(&mut ctl).wait().code, Some(0));
    until("STATUS=batch demo on simulated");
    until("WATCHDOG=1");
    service.signal(Signal::TERM);
    until("STOPPING=1");
    assert_eq!(service.wait().code, Some(130));
    bench.stop();
}
