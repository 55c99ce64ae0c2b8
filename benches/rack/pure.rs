//! What needs no ports: screens, machines, racks in memory.

use std::thread;
use std::time::{Duration, Instant};

use benches::{Cell, Given, Rehearsal, SCREENS, Screen};

use crate::Failure;
use crate::measured::percentile;
use crate::table::{Row, Unit};

const THREADS: usize = 2;
/// Frames of each screen.
const FRAMES: usize = 300;
/// How long machines are run.
const MACHINES: Duration = Duration::from_secs(3);
/// Procedures that are prepared at once.
const PREPARED: usize = 20;
/// Racks in memory, and their slots.
const RACKS: u64 = 24;
const SLOTS: usize = 64;

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    Ok(vec![frames(), machines()?, racks()?])
}

fn frames() -> Row {
    let mut worst = (0.0, "", 0.0);
    for (name, key) in SCREENS {
        let Ok(mut screen) = Screen::of(key);
        let mut times: Vec<f64> = (0..FRAMES)
            .map(|_| {
                screen.go_on();
                let began = Instant::now();
                let Ok(()) = screen.draw();
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        let p99 = percentile(&mut times, 99.0);
        if p99 > worst.0 {
            worst = (p99, name, percentile(&mut times, 50.0));
        }
    }
    let note = format!(
        "p99 of the slowest screen ({}), 200 columns by 60 lines; its median {:.2} ms",
        worst.1, worst.2
    );
    Row::new("a dashboard frame at 256 slots", Unit::Milliseconds, worst.0).at_most(2.0).note(note)
}

fn machines() -> Result<Row, Failure> {
    let rehearsals: Vec<Rehearsal> = Cell::all().into_iter().map(Rehearsal::of).collect();
    if let Some(failed) = rehearsals.iter().find(|rehearsal| !rehearsal.passed()) {
        return Err(format!("{:?} does not pass", failed.cell).into());
    }
    let a_second: f64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| replays_a_second(&rehearsals))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    let inputs: usize = rehearsals.iter().map(Rehearsal::inputs).sum();
    let note = format!(
        "{THREADS} threads; every family by every delivery in turn, {} inputs each on average",
        inputs / rehearsals.len()
    );
    Ok(Row::new("whole procedures through the pure machine", Unit::PerSecond, a_second)
        .at_least(50_000.0)
        .note(note))
}

/// Whole procedures a second on one thread. What the machines are given is prepared outside of the measured time.
fn replays_a_second(rehearsals: &[Rehearsal]) -> f64 {
    let (mut took, mut count) = (Duration::ZERO, 0_u32);
    while took < MACHINES {
        let prepared: Vec<(&Rehearsal, Given)> = (0..PREPARED)
            .flat_map(|_| rehearsals.iter().map(|rehearsal| (rehearsal, rehearsal.given())))
            .collect();
        count += u32::try_from(prepared.len()).unwrap_or_default();
        let began = Instant::now();
        for (rehearsal, given) in prepared {
            rehearsal.replay(given);
        }
        took += began.elapsed();
    }
    f64::from(count) / took.as_secs_f64()
}

fn racks() -> Result<Row, Failure> {
    let began = Instant::now();
    let tally = simulate::many(0..RACKS, SLOTS, THREADS, &|_| {});
    let took_s = began.elapsed().as_secs_f64();
    if !tally.bad.is_empty() {
        return Err(format!("racks in memory diverge from the model: {:?}", tally.bad).into());
    }
    let simulated_s = f64::from(u32::try_from(tally.simulated_s())?);
    let note = format!(
        "{RACKS} racks on {THREADS} threads, every fault and crash among them, watched by the reference model"
    );
    let row = Row::new("racks of 64 modules in memory / real time", Unit::Times, simulated_s / took_s);
    Ok(row.at_least(2_000.0).note(note))
}
