//! A batch as a person reads it: date, slot and what happened, with the AT conversation.

use std::io::{self, Write};

use events::{Checkpoint, Direction, Event, Stamped};
use ledger::{LedgerError, Reader};

use crate::command::report::{clean, wall_clock};
use crate::reader::lines::words;

/// Writes `batch` to `out`, a page of the ledger at a time.
pub(super) fn export(reader: &Reader, batch: &str, out: &mut dyn Write) -> Result<(), LedgerError> {
    let mut place = 0;
    loop {
        let (events, last) = reader.events_of_batch_after(batch, place)?;
        if events.is_empty() {
            return Ok(());
        }
        place = last;
        events.iter().try_for_each(|stamped| write(stamped, out)).map_err(unwritten)?;
    }
}

/// What could not be written is the copy, whatever it is written to.
pub(super) fn unwritten(source: io::Error) -> LedgerError {
    LedgerError::Copy { path: "the copy".into(), source }
}

fn write(stamped: &Stamped, out: &mut dyn Write) -> io::Result<()> {
    let time = wall_clock(stamped.unix_ms);
    if let Event::RunStarted { run, batch, rack, lot, operator, version, .. } = &stamped.event {
        let named = |what: &str, name: &Option<String>| match name {
            Some(name) => format!(", {what} {}", clean(name)),
            None => String::new(),
        };
        let (lot, operator) = (named("lot", lot), named("operator", operator));
        let (batch, rack) = (clean(batch), clean(rack));
        return writeln!(
            out,
            "\n{time}  batch {batch} on {rack}{lot}{operator}; run {run}, fotarig {version}"
        );
    }
    let Some((slot, text)) = said(&stamped.event) else { return Ok(()) };
    let slot = clean(slot);
    for line in text.lines() {
        writeln!(out, "{time}  {slot:<6} {}", clean(line.trim_start()))?;
    }
    Ok(())
}

/// Slot and text of an event: also of those that lines on a screen leave out.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are told as on every screen")]
fn said(event: &Event) -> Option<(&str, String)> {
    Some(match event {
        Event::Transcript { slot, direction, text, .. } => {
            let mark = match direction {
                Direction::Sent => '>',
                Direction::Received => '<',
            };
            (slot, format!("{mark} {}", clean(text)))
        }
        Event::Plugged { slot, usb, ttys, .. } => {
            let usb = usb.as_ref().map(|usb| format!(" {usb}")).unwrap_or_default();
            (slot, format!("plugged in:{usb} {}", ttys.join(" ")))
        }
        Event::PhaseEnded { slot, phase, duration_ms, .. } => {
            (slot, format!("{phase} took {}.{} s", duration_ms / 1000, duration_ms / 100 % 10))
        }
        Event::Checkpointed { slot, checkpoint: Checkpoint::DataMode { timeout_ms }, .. } => {
            (slot, format!("the module counts raw bytes, for {} s at most", timeout_ms / 1000))
        }
        Event::Checkpointed { slot, checkpoint: Checkpoint::DataModeOver, .. } => {
            (slot, "the module counts raw bytes no more".to_owned())
        }
        other => return words(other),
    })
}
