//! The real program in the guest.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sim::Truth;

use crate::failed::{Failed, Outcome, ensure};
use crate::rack::{Bench, SPEED, Slots};

/// A batch of sixteen modules in an emulated processor.
const BATCH: Duration = Duration::from_secs(900);

/// Whether the program in the guest knows a command.
pub(super) fn knows(bench: &Bench, command: &str) -> Outcome<bool> {
    let help = bench.guest().run("/host/fotarig --help")?;
    Ok(help.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))))
}

/// `fotarig scan --json` names every port path, once.
pub(super) fn scan(bench: &mut Bench) -> Outcome<String> {
    let found = bench.guest().run("/host/fotarig scan --json")?;
    for place in &bench.places {
        let count = found.matches(&format!("\"{}\"", place.port_path)).count();
        ensure(count > 0, || format!("{} is missing:\n{found}", place.port_path))?;
    }
    Ok(found)
}

/// How the slots of a job are named: by port paths where the program takes them.
pub(super) fn slots(bench: &Bench) -> Outcome<Slots> {
    Ok(if knows(bench, "scan")? { Slots::PortPaths } else { Slots::Ttys })
}

/// Every module to its target, over HTTP and through the port, each with its own reboots.
pub(super) fn batch(bench: &mut Bench) -> Outcome<String> {
    let mut shown = String::new();
    // Some BG96 show no folder to their port: those take the second way.
    for (name, delivery) in [("by-http", "[\"http\"]"), ("by-port", "[\"serial\", \"http\"]")] {
        bench.renew()?;
        bench.write_job(name, slots(bench)?, delivery)?;
        let began = Instant::now();
        let said = bench.guest().run_within(BATCH, &job(name))?;
        let seconds = began.elapsed().as_secs_f64();
        for (place, truth) in bench.places.iter().zip(bench.truths()) {
            flashed_once(&truth, place.model.to).map_err(|Failed(what)| Failed(format!("{what}\n{said}")))?;
        }
        // Writing to a string cannot fail.
        let back = said.matches("port back after").count();
        let _ = writeln!(shown, "{name}: {seconds:.0} s, {back} times a port came back\n{}", tail(&said, 4));
    }
    Ok(shown)
}

/// A whole batch, and in the middle of it every module is off the bus at once and back.
pub(super) fn burst(bench: &mut Bench) -> Outcome<String> {
    bench.renew()?;
    let name = "through-a-burst";
    bench.write_job(name, slots(bench)?, "[\"http\"]")?;
    let mut running = bench.guest().start(&job(name))?;
    running.says(BATCH, "  deliver", 10)?;
    for place in &bench.places {
        bench.reset_bus(place)?;
    }
    let (status, said) = running.wait(BATCH)?;
    ensure(status == 0, || format!("status {status} instead of 0\n{said}"))?;
    for (place, truth) in bench.places.iter().zip(bench.truths()) {
        flashed_once(&truth, place.model.to).map_err(|Failed(what)| Failed(format!("{what}\n{said}")))?;
    }
    Ok(tail(&said, 4))
}

/// The command that runs a job.
pub(super) fn job(name: &str) -> String {
    format!(
        "/host/fotarig run --headless --speed {SPEED} --rack /host/{name}/rack.toml --batch /host/{name}/batch.toml \
         --events /tmp/{name}.jsonl"
    )
}

/// What really happened to a module: one update, to its target, and nothing else.
pub(super) fn flashed_once(truth: &Truth, target: &str) -> Outcome<()> {
    let right = truth.revision.starts_with(target)
        && (truth.updates_done, truth.updates_failed, truth.triggers, truth.triggers_while_updating)
            == (1, 0, 1, 0);
    ensure(right && !truth.busy, || format!("not flashed once: {truth:?}"))
}

/// The last lines of a text.
pub(super) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
