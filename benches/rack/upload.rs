//! Packages through many ports at once: as fast as they go, and at the rate that a vendor allows.

use std::collections::BTreeMap;

use events::{Checkpoint, Event, Stamped};

use crate::Failure;
use crate::folder::Work;
use crate::peer;
use crate::recorded::Played;
use crate::table::{Row, Unit};

const PORTS: usize = 32;
/// So much faster than real time the modules live: where nothing is paced that only shortens what comes after the upload.
const SPEED: f64 = 20.0;
const PACED_SPEED: f64 = 8.0;
/// The vendor's safe rate of the SIM7028, bytes a second of module time.
const RATE: f64 = 8192.0;

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    Ok(vec![fast()?, paced()?])
}

/// Bytes as a number to divide.
fn bytes(work: Work) -> f64 {
    f64::from(u32::try_from(work.bytes()).unwrap_or(u32::MAX))
}

fn fast() -> Result<Row, Failure> {
    let work = Work::Upload;
    let megabytes = bytes(work) * 32.0 / 1e6;
    let spans = spans(&Played::start(work, PORTS, SPEED)?.controller(&[]).finish()?)?;
    let began = spans.iter().map(|(began, _)| *began).fold(f64::INFINITY, f64::min);
    let ended = spans.iter().map(|(_, ended)| *ended).fold(0.0, f64::max);
    let played = Played::start(work, PORTS, SPEED)?;
    let peer = peer::run(work, played.folder(), None)?;
    let row =
        Row::new("32 ports × 5 MB at once, not paced", Unit::MegabytesPerSecond, megabytes / (ended - began));
    let note = "SIM7000: blocks of 10,000 bytes, each with its command and its answer";
    Ok(row.at_least(100.0).peer(megabytes / peer.seconds).note(note))
}

fn paced() -> Result<Row, Failure> {
    let work = Work::PacedUpload;
    let percent = |seconds: f64| 100.0 * bytes(work) / seconds / (RATE * PACED_SPEED);
    let slowest = |seconds: &mut dyn Iterator<Item = f64>| percent(seconds.fold(0.0, f64::max));
    let spans = spans(&Played::start(work, PORTS, PACED_SPEED)?.controller(&[]).finish()?)?;
    let ours = slowest(&mut spans.iter().map(|(began, ended)| ended - began));
    let played = Played::start(work, PORTS, PACED_SPEED)?;
    let peer = peer::run(work, played.folder(), Some(RATE * PACED_SPEED))?;
    let row = Row::new("32 ports × 1 MB at once, paced: of the rate, the slowest", Unit::Percent, ours);
    let note = format!(
        "SIM7028: 1,024 bytes at a time, 8,192 bytes a second, {PACED_SPEED} times as fast as real time"
    );
    Ok(row.at_least(98.0).peer(slowest(&mut peer.seconds_each.into_iter())).note(note))
}

/// When each slot's module began to count raw bytes and when it had them all, seconds since 1970.
fn spans(told: &[Stamped]) -> Result<Vec<(f64, f64)>, Failure> {
    let mut began = BTreeMap::new();
    let mut spans = Vec::new();
    for stamped in told {
        let Event::Checkpointed { slot, checkpoint, .. } = &stamped.event else { continue };
        let at_s = std::time::Duration::from_millis(stamped.unix_ms).as_secs_f64();
        match checkpoint {
            Checkpoint::DataMode { .. } => drop(began.insert(slot.clone(), at_s)),
            Checkpoint::DataModeOver => spans.extend(began.remove(slot).map(|began| (began, at_s))),
            Checkpoint::Trigger => {}
        }
    }
    if spans.len() == PORTS {
        Ok(spans)
    } else {
        Err(format!("{} of {PORTS} uploads ended", spans.len()).into())
    }
}
