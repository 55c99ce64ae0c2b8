//! Lives many racks in memory and prints what they add up to; or one, with everything that happened. It must never
//! succeed when a rule of the house was broken.
//!
//! By the environment: `SEEDS` how many, `FROM` the first one, `SLOTS` of each rack, `THREADS`; or `SEED` for one.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use simulate::{live, many};

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn main() -> io::Result<ExitCode> {
    let slots = usize::try_from(number("SLOTS", 32)).unwrap_or(32);
    if let Some(seed) = env::var("SEED").ok().and_then(|text| text.parse().ok()) {
        return one(seed, slots);
    }
    let (from, count) = (number("FROM", 0), number("SEEDS", 1_000));
    let threads = usize::try_from(number("THREADS", 2)).unwrap_or(2);
    let began = Instant::now();
    let progress = |done: u64| {
        if done.is_multiple_of((count / 20).max(1)) {
            eprintln!("{done} of {count} racks, {} s", began.elapsed().as_secs());
        }
    };
    let tally = many(from..from + count, slots, threads, &progress);
    let mut out = io::stdout().lock();
    write!(out, "{tally}")?;
    let wall_s = began.elapsed().as_secs().max(1);
    let times = tally.simulated_s() / u128::from(wall_s);
    writeln!(out, "\n{wall_s} s, {slots} slots a rack, {threads} threads: {times} times real time")?;
    Ok(if tally.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One rack, told in full.
fn one(seed: u64, slots: usize) -> io::Result<ExitCode> {
    let life = live(seed, slots, true)?;
    let mut out = io::stdout().lock();
    for line in &life.log {
        writeln!(out, "{line}")?;
    }
    for divergence in &life.divergences {
        writeln!(out, "DIVERGENCE {divergence}")?;
    }
    Ok(if life.divergences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
