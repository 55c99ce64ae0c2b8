//! The log on stderr: a fault with its slot and its attempt, a line for each verdict, in each form, on a pipe and in the
//! journal.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use events::AttemptReport;
use fotarig_tests::{Bench, Process, Service, report};
use serde_json::Value;

/// One module whose only attempt fails by its update.
fn bench() -> Bench {
    let faults = ["--slots", "1", "--seed", "3", "--faults", "delta-rejected", "--families", "sim7028"];
    let bench = Bench::start(&faults);
    bench.edit("batch.toml", "[policy]", "[policy]\nattempts = 1");
    bench
}

/// The attempt that failed, as the record has it.
fn attempt(bench: &Bench) -> AttemptReport {
    let mut told = report(&bench.ledger(), "demo");
    let unit = told.units.pop().unwrap();
    assert_eq!((told.units.len(), unit.slot.as_str(), unit.attempts.len()), (0, "A1", 1), "{unit:?}");
    unit.attempts.into_iter().next().unwrap()
}

fn command(bench: &Bench, level: Option<&str>, form: &str) -> Command {
    let mut command = bench.run();
    command.args(["--log-format", form]).env_remove("FOTARIG_LOG").env_remove("JOURNAL_STREAM");
    if let Some(level) = level {
        command.env("FOTARIG_LOG", level);
    }
    command
}

fn lines<'a>(text: &'a str, part: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(part)).collect()
}

#[test]
fn a_fault_is_one_warning_with_its_slot_and_its_attempt_for_people() {
    let bench = bench();
    let ended = Process::start(&mut command(&bench, None, "human")).wait();
    let id = attempt(&bench).attempt;
    assert_eq!(ended.err.lines().count(), 1, "a warning, and nothing else when nobody asks: {ended}");
    let spans = format!(" WARN slot{{slot=A1}}:attempt{{attempt={id} number=1}}: ");
    assert!(ended.err.contains(&spans) && ended.err.contains("code=E-UPDATE-FAILED class=module"), "{ended}");
    assert!(!ended.err.contains('\u{1b}'), "no colour on a pipe: {ended}");
    bench.stop();
}

#[test]
fn the_same_as_json_with_the_verdict_and_each_step_where_they_are_asked_for() {
    let bench = bench();
    let ended = Process::start(&mut command(&bench, Some("fotarig=debug"), "json")).wait();
    let id = attempt(&bench).attempt;
    let lines: Vec<Value> = ended.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |level: &str| lines.iter().filter(|line| line["level"] == level).collect::<Vec<&Value>>();
    let [fault] = of("WARN")[..] else { panic!("one warning: {ended}") };
    let [slot, attempt] = &fault["spans"].as_array().unwrap()[..] else { panic!("two spans: {fault}") };
    assert_eq!((&slot["name"], &slot["slot"]), (&"slot".into(), &"A1".into()), "{fault}");
    assert_eq!((&attempt["name"], &attempt["attempt"]), (&"attempt".into(), &id.into()), "{fault}");
    assert_eq!(
        (&fault["fields"]["code"], &fault["fields"]["class"]),
        (&"E-UPDATE-FAILED".into(), &"module".into())
    );
    let verdicts: Vec<&Value> =
        of("INFO").into_iter().filter(|line| line["span"]["name"] == "slot").collect();
    let [verdict] = verdicts[..] else { panic!("one line for the unit: {ended}") };
    assert_eq!(verdict["fields"]["verdict"], "failed");
    for step in ["deliver", "trigger", "trigger resolved: FailedBack"] {
        let told = of("DEBUG").into_iter().find(|line| line["fields"]["message"] == step);
        assert_eq!(told.map(|line| &line["span"]["name"]), Some(&"attempt".into()), "{step}: {ended}");
    }
    bench.stop();
}

#[test]
fn the_journal_gets_priorities_and_no_time_and_no_colour() {
    for (form, warning) in [("human", "<4> WARN slot{slot=A1}:attempt{"), ("json", "<4>{\"level\":\"WARN\",")]
    {
        let bench = bench();
        let path = bench.path("journal");
        let file = File::create(&path).unwrap();
        let stream = file.metadata().map(|found| format!("{}:{}", found.dev(), found.ino())).unwrap();
        let mut command = command(&bench, Some("fotarig=info"), form);
        command.env("JOURNAL_STREAM", &stream).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        assert_eq!(command.status().unwrap().code(), Some(1));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(lines(&text, warning).len(), 1, "{text}");
        assert_eq!(lines(&text, "<6>").len(), 3, "begin, verdict, end: {text}");
        let year = format!("{}-", 1970 + unix_s() / 31_556_952);
        assert!(!text.contains(&year) && !text.contains('\u{1b}'), "{text}");
        bench.stop();
    }
}

/// Seconds since 1970.
fn unix_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn another_stream_is_no_journal() {
    let bench = bench();
    let ended = Process::start(command(&bench, None, "human").env("JOURNAL_STREAM", "8:12345")).wait();
    assert!(ended.err.lines().all(|line| !line.starts_with('<')) && ended.err.contains("Z  WARN"), "{ended}");
    bench.stop();
}

#[test]
fn a_service_tells_each_verdict_without_being_asked() {
    let bench = bench();
    let batch = bench.path("batch.toml").display().to_string();
    let service = Service::start(&bench, &["--batch", &batch, "--until-done"]);
    let fault = service.process.complaint(" WARN ");
    assert!(fault.contains("slot{slot=A1}:attempt{attempt="), "{fault}");
    let verdict = service.process.complaint("verdict=\"failed\"");
    assert!(verdict.contains(" INFO slot{slot=A1}: "), "{verdict}");
    service.process.complaint("the batch has ended");
    service.process.kill();
    bench.stop();
}
