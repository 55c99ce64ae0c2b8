//! `kill -9` of the controller at pseudo-random moments, against modules in a process of their own, started again each
//! time: every verdict is truthful, no module is triggered twice, no foreign byte gets into a package.
//!
//! `FOTARIG_KILLS` says how often (4), `FOTARIG_SLOTS` how many modules there are (8), `FOTARIG_SEED` chooses modules and
//! moments (1).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::time::Duration;

use events::{Event, Report, Stamped, UnitReport, Verdict};
use fotarig_tests::{Bench, Job, Process, events_of_file, flag, lies, report, slot};
use ledger::Reader;
use sim::{Random, Truth};

/// About as many lines does a run say of each module from its start to its end, when nothing disturbs it.
const LINES: u64 = 20;
/// A kill comes at most this long after the line that it waited for: at once, so that it hits the beginning of what was
/// said, or later, so that it also hits what says nothing.
const LATER_MS: [u64; 2] = [20, 400];

/// Lets a controller come to a moment that `random` chooses, within `lines` that it says, and kills it. What it left
/// behind; `None` when it had ended before.
fn kill(bench: &Bench, random: &mut Random, lines: u64) -> Option<String> {
    let controller = bench.controller();
    // A life without a deed, and one that gets through its share of the work, and all between.
    let lines = random.between(0, lines);
    let longest = LATER_MS[usize::from(random.between(0, 1) == 1)];
    let later = Duration::from_millis(random.between(0, longest));
    for _ in 0..lines {
        controller.next_line()?;
    }
    // The batch may be done before its time: how well it ended is the last run's to show.
    if controller.ended_within(later).is_some() {
        return None;
    }
    let ended = controller.kill();
    assert_eq!(ended.signal, Some(9), "{ended}");
    Some(format!("after {lines} lines and {later:?}: {}", left_behind(bench)))
}

fn left_behind(bench: &Bench) -> String {
    match Reader::open(&bench.ledger()) {
        Ok(ledger) => {
            let triggers = ledger.open_triggers().unwrap().len();
            let data_modes = ledger.open_data_modes().unwrap().len();
            let units = ledger.unfinished_units("demo").unwrap().len();
            format!("{triggers} open triggers, {data_modes} open data modes, {units} unfinished units")
        }
        // It may not have come so far.
        Err(error) => error.to_string(),
    }
}

/// How many units a run expected to have a verdict at its end, and how many it gave one.
fn verdicts_of(events: &[Stamped]) -> (u64, u64) {
    let mut expected = 0;
    let mut given = BTreeSet::new();
    for stamped in events {
        if let Event::Expected { units } = &stamped.event {
            expected = *units;
        } else if let Event::UnitEnded { unit, .. } = &stamped.event {
            given.insert(unit);
        }
    }
    (expected, given.len() as u64)
}

/// What is wrong at the end.
fn wrong(told: &Report, modules: &[Truth], job: &Job) -> Vec<String> {
    let mut wrong = lies(told, modules, job);
    for unit in told.units.iter().filter(|unit: &&UnitReport| unit.verdict.is_none()) {
        wrong.push(format!("{}: unit {} has no verdict", unit.slot, unit.unit));
    }
    for module in modules {
        let unit = slot(told, &module.label);
        if !unit.resolved_later.or(unit.verdict).is_some_and(Verdict::good) {
            wrong.push(format!("{}: the last verdict is not good: {unit:?}", module.label));
        }
        if !job.reached(module) {
            wrong.push(format!("{}: not at its target: {module:?}", module.label));
        }
        // More triggers there may be: a download dies with the controller that served it.
        if module.updates_done as usize != job.hops(module) {
            wrong.push(format!("{}: other updates than its route has: {module:?}", module.label));
        }
    }
    wrong
}

#[test]
fn killed_at_any_moment_it_goes_on_and_tells_the_truth() {
    let (kills, slots, seed) = (flag("FOTARIG_KILLS", 4), flag("FOTARIG_SLOTS", 8), flag("FOTARIG_SEED", 1));
    let replay = format!(
        "FOTARIG_KILLS={kills} FOTARIG_SLOTS={slots} FOTARIG_SEED={seed} cargo nextest run -p fotarig-tests --no-capture -E 'binary(crash)'"
    );
    // A wait that is too long says no more than what it waited for.
    eprintln!("replay: {replay}");
    let bench =
        Bench::start(&["--slots", &slots.to_string(), "--faults", "none", "--seed", &seed.to_string()]);
    let mut random = Random::new(seed);
    let mut struck = 0;
    for left in (1..=kills).rev() {
        let Some(place) = kill(&bench, &mut random, slots * LINES / (left + 1)) else { continue };
        struck += 1;
        eprintln!("kill {struck} {place}");
    }
    let file = bench.path("events.jsonl");
    let last = Process::start(bench.run().arg("--events").arg(&file)).wait();
    let (expected, given) = verdicts_of(&events_of_file(&file));
    let told = report(&bench.ledger(), "demo");
    let job = bench.job();
    let modules = bench.stop();
    eprintln!("{struck} of {kills} kills struck, {} units for {slots} modules", told.units.len());
    for verdict in Verdict::ALL {
        let later =
            told.units.iter().filter(|unit| unit.verdict == Some(verdict) && unit.resolved_later.is_some());
        eprintln!("  {verdict}: {}, of them resolved later: {}", told.count(verdict), later.count());
    }
    let triggers: u32 = modules.iter().map(|module| module.triggers).sum();
    let routes: usize = modules.iter().map(|module| job.hops(module)).sum();
    eprintln!("  {triggers} triggers for {routes} packages on the modules' routes");
    let mut wrong = wrong(&told, &modules, &job);
    if last.code != Some(0) {
        wrong.push(format!("the last run did not end well: {last}"));
    }
    if expected != given {
        wrong.push(format!("{given} units got a verdict in the last run, {expected} were expected"));
    }
    assert!(wrong.is_empty(), "{}\nreplay: {replay}", wrong.join("\n"));
}
