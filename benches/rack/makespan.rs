//! Racks of `fotarig sim`, flashed from the first question to the last verdict: one module of each kind, and 256 of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use benches::{Cell, Rehearsal};
use events::{Delivery, Event, Family, Stamped, Verdict};
use fotarig_tests::Bench;

use crate::Failure;
use crate::folder::LIMITS;
use crate::measured::percentile;
use crate::recorded::Controller;
use crate::table::{Row, Unit};

/// How many times faster than real time the racks live whose length is compared.
const SPEED: &str = "8";
/// Slower where it counts what a rig adds: what the controller and the simulation themselves take appears so many times
/// longer in module time.
const SLOW: &str = "2";
/// Four families, each by up to five deliveries in turn. SIM7000 is left out: its simulated modules need one package or
/// two, and it does what SIM7080 does.
const FAMILIES: (&str, usize) = ("--families=sim7028,bg96,sim7080,ag35", 20);
/// The same without AG35, whose update takes twice as long as any other.
const SHORT_FAMILIES: (&str, usize) = ("--families=sim7028,bg96,sim7080", 15);

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    // A rack of one module of each kind has next to nothing to do: it may live beside the others.
    let beside = thread::spawn(|| {
        flash(SLOW, SHORT_FAMILIES.0, SHORT_FAMILIES.1).map_err(|failure| failure.to_string())
    });
    eprintln!("          one of each kind");
    let few = flash(SPEED, FAMILIES.0, FAMILIES.1)?;
    eprintln!("          256");
    let many = flash(SPEED, FAMILIES.0, 256)?;
    let slow = beside.join().map_err(|_| "the slow rack panicked")??;
    let note = format!(
        "{:.1} s and {:.1} s of module time, {SPEED} times as fast as real time",
        many.lasted_s, few.lasted_s
    );
    let makespan =
        Row::new("makespan of 256 modules / of one of each kind", Unit::Times, many.lasted_s / few.lasted_s);
    Ok(vec![makespan.at_most(1.02).note(note), added(&slow)?])
}

fn added(slow: &Flashed) -> Result<Row, Failure> {
    let slowest =
        slow.added_s.iter().max_by(|one, other| one.1.total_cmp(other.1)).ok_or("no module was there")?;
    let mut all: Vec<f64> = slow.added_s.values().copied().collect();
    let note = format!(
        "the worst of {} kinds ({}), {SLOW} times as fast as real time and in module time; median {:.2} s. What the same \
         procedure and module take on a virtual clock is taken off",
        all.len(),
        slowest.0,
        percentile(&mut all, 50.0)
    );
    Ok(Row::new("time added to one module", Unit::Seconds, *slowest.1).at_most(0.5).note(note))
}

/// What one run took.
struct Flashed {
    /// From its first event to its last, seconds of module time.
    lasted_s: f64,
    /// What each kind took more than with a rig that costs nothing, seconds of module time.
    added_s: BTreeMap<String, f64>,
}

fn flash(speed: &'static str, families: &str, slots: usize) -> Result<Flashed, Failure> {
    // With seed 0 all modules of a kind take the same time.
    let simulation =
        Bench::start_at(speed, &["--seed", "0", "--faults", "none", families, "--slots", &slots.to_string()]);
    let rack = simulation.path("rack.toml");
    fs::write(&rack, fs::read_to_string(&rack)? + LIMITS)?;
    let told = Controller::start(simulation.folder(), speed.parse()?, &[]).finish()?;
    let mut ends = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for stamped in &told {
        note(stamped, &mut ends, &mut kinds)?;
    }
    if ends.len() != slots {
        return Err(format!("{} of {slots} modules passed", ends.len()).into());
    }
    let mut added_s = BTreeMap::new();
    for (slot, cell) in kinds.iter().filter(|(_, cell)| cell.delivery != Delivery::Https) {
        let began_ms = told.first().map(|first| first.run_ms).unwrap_or_default();
        let ideal_ms = rehearsed_ms(*cell, simulation.folder())?;
        let took_ms = ends.get(slot).copied().unwrap_or_default() - began_ms;
        // A delivery that cannot work is tried before the next one: the first slot of a kind is the one that counts.
        let kind = added_s.entry(format!("{} by {}", cell.family, cell.delivery));
        kind.or_insert(seconds(took_ms) - seconds(ideal_ms));
    }
    let lasted_ms = told.last().map(|last| last.run_ms).unwrap_or_default();
    simulation.stop();
    Ok(Flashed { lasted_s: seconds(lasted_ms), added_s })
}

/// Notes when each slot's module passed, and by which delivery.
fn note(
    stamped: &Stamped,
    ends: &mut BTreeMap<String, u64>,
    kinds: &mut BTreeMap<String, Cell>,
) -> Result<(), Failure> {
    if let Event::UnitEnded { slot, verdict, fault, .. } = &stamped.event {
        if *verdict != Verdict::Passed {
            return Err(format!("slot {slot}: {verdict}, {fault:?}").into());
        }
        ends.insert(slot.clone(), stamped.run_ms);
    }
    if let Event::UnitStarted { slot, module: Some(module), .. } = &stamped.event {
        kinds.insert(slot.clone(), Cell { family: module.family, delivery: Delivery::Http });
    }
    if let Event::AttemptStarted { slot, delivery, .. } = &stamped.event
        && let Some(cell) = kinds.get_mut(slot)
    {
        cell.delivery = *delivery;
    }
    Ok(())
}

/// How long it takes on a virtual clock, between the same simulated module and the same procedure alone.
fn rehearsed_ms(cell: Cell, folder: &Path) -> Result<u64, Failure> {
    let of_family = |name: &str| name.starts_with(&format!("{}-", cell.family.name()));
    for entry in fs::read_dir(folder.join("packages"))? {
        let entry = entry?;
        if of_family(&entry.file_name().to_string_lossy()) {
            let rehearsal = Rehearsal::with(cell, &fs::read(entry.path())?);
            return Ok(rehearsal.whole_ms);
        }
    }
    Err(format!("no package for {}", Family::name(cell.family)).into())
}

fn seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}
