//! Programs that work, fail, are missing, hang, talk without end, and do not listen.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use config::{Hook, Hooks, Rack};
use events::{Event, Rule, Stamped, UnitReport, Verdict};
use tempfile::TempDir;
use tokio::sync::broadcast;

use super::{Bounds, follow};
use crate::command::report::samples::{NASTY, run_of, started, unit, unit_ended};

/// No test waits longer for a program that it wants to see end.
const LONG: Duration = Duration::from_secs(60);

/// A folder with a program in it.
struct Bench {
    folder: TempDir,
    program: PathBuf,
}

impl Bench {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("hook");
        fs::write(&program, format!("cd '{}'\n{script}\n", folder.path().display())).unwrap();
        Self { folder, program }
    }

    fn hook(&self, argument: &str) -> Option<Hook> {
        // Read by a shell: a file that was just written cannot be executed while another test forks.
        hook(&["sh", self.program.to_str().unwrap(), argument])
    }

    /// The same program for everything.
    fn hooks(&self) -> Hooks {
        let hook = |argument| self.hook(argument);
        Hooks { on_passed: hook("passed"), on_failed: hook("failed"), on_halt: hook("halt") }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn hook(words: &[&str]) -> Option<Hook> {
    let slot = "[[slot]]\nlabel = \"1\"\nusb = \"1-1\"\n";
    let text = format!("[rack]\nname = \"r\"\n{slot}[hooks]\non_passed = {words:?}\n");
    Rack::parse(text, "rack.toml").unwrap().hooks.on_passed
}

fn bounds() -> Bounds {
    Bounds { at_once: 4, waiting: 256, time: LONG, at_the_end: LONG }
}

/// Runs the hooks over `events`; what was told.
async fn told(hooks: Hooks, bounds: Bounds, earlier: Vec<Stamped>, events: Vec<Event>) -> Vec<String> {
    let (sender, receiver) = broadcast::channel(4096);
    for stamped in run_of(events) {
        sender.send(Arc::new(stamped)).unwrap();
    }
    drop(sender);
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    follow(hooks, bounds, earlier, receiver.into(), move |text| tell.lock().unwrap().push(text)).await;
    let told = told.lock().unwrap();
    assert!(told.iter().all(|text| !text.contains(char::is_control)), "{told:?}");
    told.clone()
}

fn passed() -> Vec<Event> {
    unit(1, "A1", "A07", Verdict::Passed)
}

#[tokio::test]
async fn each_verdict_is_told_to_its_program_with_the_unit_of_the_report() {
    let bench = Bench::new("cat > \"$1.$$\"; cat $1.* > $1.all");
    let mut events = vec![started()];
    events.extend(unit(1, "A1", NASTY, Verdict::Passed));
    events.push(Event::Halted { rule: Rule::Canary, reason: "A2 did not pass".into() });
    assert_eq!(told(bench.hooks(), bounds(), Vec::new(), events.clone()).await, [""; 0]);
    let unit: UnitReport = serde_json::from_str(&bench.read("passed.all")).unwrap();
    assert_eq!(events::Report::of(&run_of(events)).units, [unit]);
    let halt: serde_json::Value = serde_json::from_str(&bench.read("halt.all")).unwrap();
    assert_eq!(halt, serde_json::json!({ "rule": "canary", "reason": "A2 did not pass" }));

    for (number, verdict) in (2..).zip(Verdict::ALL) {
        let bench = Bench::new("cat > /dev/null; echo \"$1\" >> called");
        told(bench.hooks(), bounds(), Vec::new(), unit_of(number, verdict)).await;
        assert_eq!(bench.read("called"), if verdict.good() { "passed\n" } else { "failed\n" });
    }
}

fn unit_of(number: u32, verdict: Verdict) -> Vec<Event> {
    unit(number, "A1", "A07", verdict)
}

#[tokio::test]
async fn what_is_resolved_later_is_told_again_and_whole() {
    let bench = Bench::new("cat > $1.json");
    let mut events = unit(1, "A1", "A07", Verdict::Unknown);
    events.push(unit_ended("u1", "A1", Verdict::Passed));
    told(bench.hooks(), bounds(), Vec::new(), events.clone()).await;
    let first: UnitReport = serde_json::from_str(&bench.read("failed.json")).unwrap();
    let later: UnitReport = serde_json::from_str(&bench.read("passed.json")).unwrap();
    assert_eq!((first.resolved_later, later.resolved_later), (None, Some(Verdict::Passed)));

    // The run before recorded it, this one resolves it; and one of which nothing is known is told all the same.
    let bench = Bench::new("cat > $1.json");
    let last = events.pop().unwrap();
    told(bench.hooks(), bounds(), run_of(events), vec![last.clone()]).await;
    let whole: UnitReport = serde_json::from_str(&bench.read("passed.json")).unwrap();
    assert_eq!(whole, later);
    assert_eq!(bench.read("failed.json"), "", "what was told by the run before is not told again");
    told(bench.hooks(), bounds(), Vec::new(), vec![last]).await;
    let bare: UnitReport = serde_json::from_str(&bench.read("passed.json")).unwrap();
    assert_eq!((bare.verdict, bare.imei), (Some(Verdict::Passed), None));
}

#[tokio::test]
async fn a_program_that_fails_is_shown_with_its_first_line() {
    let bench = Bench::new("printf '\\n  \\033[31mno paper\\nand more\\n' >&2; exit 3");
    let told = told(bench.hooks(), bounds(), Vec::new(), passed()).await;
    assert_eq!(told, ["[hooks] on_passed sh: exit status: 3: \\u{1b}[31mno paper"]);
}

#[tokio::test]
async fn a_program_that_is_not_there_or_cannot_run_is_shown() {
    let nowhere = Hooks { on_passed: hook(&["/nowhere/lamp"]), ..Hooks::default() };
    assert_eq!(
        told(nowhere, bounds(), Vec::new(), passed()).await,
        ["[hooks] on_passed /nowhere/lamp: cannot be started: there is no such program"]
    );
    let folder = Hooks { on_passed: hook(&["/"]), ..Hooks::default() };
    let told = told(folder, bounds(), Vec::new(), passed()).await;
    assert!(told.len() == 1 && told[0].contains("cannot be started: "), "{told:?}");
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_its_children() {
    let bench = Bench::new("sleep 600 & echo $! > child; wait");
    let bounds = Bounds { time: Duration::from_secs(3), ..bounds() };
    let told = told(bench.hooks(), bounds, Vec::new(), passed()).await;
    assert!(told.len() == 1 && told[0].ends_with("was stopped after 3 s"), "{told:?}");
    let child = bench.read("child");
    assert!(!child.is_empty());
    let status = || fs::read_to_string(format!("/proc/{}/status", child.trim())).unwrap_or_default();
    // A signal takes its time.
    while !status().is_empty() && !status().contains("State:\tZ") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_program_that_talks_without_end_or_does_not_listen_is_no_trouble() {
    let mut events = passed();
    // More than any pipe holds.
    events.insert(
        2,
        Event::Routed {
            unit: "u1".into(),
            slot: "A1".into(),
            target: "T".repeat(1 << 20),
            route: Vec::new(),
        },
    );
    let bench = Bench::new("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo done > done");
    assert_eq!(told(bench.hooks(), bounds(), Vec::new(), events.clone()).await, [""; 0]);
    assert_eq!(bench.read("done"), "done\n");
    let bench = Bench::new("exec 0<&-; echo done > done");
    assert_eq!(told(bench.hooks(), bounds(), Vec::new(), events.clone()).await, [""; 0]);
    assert_eq!(bench.read("done"), "done\n");
    let bench = Bench::new("cat | wc -c > size");
    assert_eq!(told(bench.hooks(), bounds(), Vec::new(), events).await, [""; 0]);
    assert!(bench.read("size").trim().parse::<usize>().unwrap() > 1 << 20);
}

#[tokio::test]
async fn what_a_program_leaves_running_holds_nobody_up() {
    let bench = Bench::new("sleep 600 & echo $! > child");
    assert_eq!(told(bench.hooks(), bounds(), Vec::new(), passed()).await, [""; 0]);
    let child: i32 = bench.read("child").trim().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn no_more_run_or_wait_than_may() {
    let bench = Bench::new(
        "echo begun >> begun; while [ $(wc -l < begun) -lt 2 ]; do sleep 0.02; done; echo x >> done",
    );
    let bounds = Bounds { at_once: 2, waiting: 3, ..bounds() };
    let events = (1..=8).flat_map(|number| unit_of(number, Verdict::Passed)).collect();
    let told = told(bench.hooks(), bounds, Vec::new(), events).await;
    let left_out = told.iter().filter(|text| text.ends_with("left out, 3 programs wait already")).count();
    let ran = bench.read("done").lines().count();
    assert!(left_out + ran == 8 && ran >= 5 && told.len() == left_out, "{ran} ran, {told:?}");
}

#[tokio::test]
async fn the_end_of_the_run_is_not_waited_for_without_end() {
    let bench = Bench::new("sleep 600");
    let bounds = Bounds { at_once: 1, at_the_end: Duration::from_millis(100), ..bounds() };
    let events = (1..=3).flat_map(|number| unit_of(number, Verdict::Passed)).collect();
    let told = told(bench.hooks(), bounds, Vec::new(), events).await;
    assert_eq!(told, ["hooks: 3 programs were stopped or not started: the run has ended"]);
}

#[tokio::test]
async fn events_that_were_missed_are_said() {
    let (sender, receiver) = broadcast::channel(2);
    for stamped in run_of(passed()) {
        sender.send(Arc::new(stamped)).unwrap();
    }
    drop(sender);
    let told = Mutex::new(Vec::new());
    follow(Hooks::default(), bounds(), Vec::new(), receiver.into(), |text| told.lock().unwrap().push(text))
        .await;
    let told = told.into_inner().unwrap();
    assert!(told.len() == 1 && told[0].contains("events were missed"), "{told:?}");
}
