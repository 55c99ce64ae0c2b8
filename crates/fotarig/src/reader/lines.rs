//! One line per event, for pipes and logs.

use std::time::Duration;

use control::Unhurried;
use events::{Checkpoint, Event, Level, SlotState, Stamped};
use tokio::sync::broadcast::error::RecvError;

use crate::command::report::print;
use crate::reader::tally::Tally;

/// How often the batch's state is printed at most, in real time.
const SUMMARY_EVERY: Duration = Duration::from_secs(5);

/// Prints events until the run ends. It blocks while stdout does.
pub(crate) async fn follow(mut events: Unhurried) {
    let mut tally = Tally::default();
    let mut changed = false;
    let mut summary = tokio::time::interval(SUMMARY_EVERY);
    summary.tick().await;
    loop {
        let text = tokio::select! {
            event = events.next() => match event {
                Ok(stamped) => {
                    changed |= tally.take(&stamped.event);
                    line(&stamped).map(|line| line + "\n")
                }
                Err(RecvError::Lagged(missed)) => Some(format!("({missed} events are not shown: the reader of this output is too slow)\n")),
                Err(RecvError::Closed) => return,
            },
            _ = summary.tick(), if changed => {
                changed = false;
                Some(format!("          -- {}\n", tally.line()))
            }
        };
        if let Some(text) = text
            && print(&text).is_err()
        {
            return;
        }
    }
}

/// The line for an event; `None` for those that only matter to screens.
pub(crate) fn line(stamped: &Stamped) -> Option<String> {
    let (slot, text) = words(&stamped.event)?;
    let run_ms = stamped.run_ms;
    let (minutes, seconds, tenths) = (run_ms / 60_000, run_ms / 1000 % 60, run_ms / 100 % 10);
    Some(format!("{minutes:4}:{seconds:02}.{tenths}  {slot:<6} {text}"))
}

/// Slot and text of an event; `None` for those that only matter to screens.
#[expect(clippy::wildcard_enum_match_arm, reason = "what only matters to screens, a log leaves out")]
pub(crate) fn words(event: &Event) -> Option<(&str, String)> {
    Some(match event {
        Event::RunStarted { batch, rack, slots, .. } => {
            ("", format!("batch {batch} on {rack}, {} slots", slots.len()))
        }
        Event::Slot { slot, state } => return state_words(slot, state),
        Event::PortLost { .. } | Event::PortBack { .. } | Event::Unplugged { .. } => {
            return port_words(event);
        }
        Event::Acted { .. } | Event::Paused { .. } | Event::Halted { .. } => return operator_words(event),
        Event::UnitStarted { slot, module: Some(module), .. } => {
            (slot, format!("{} IMEI {} runs {}", module.model, module.imei, module.revision))
        }
        Event::UnitStarted { slot, module: None, .. } => (slot, "could not be identified".to_owned()),
        Event::Routed { slot, target, route, .. } => {
            let hops: Vec<&str> = route.iter().map(|hop| hop.to.as_str()).collect();
            (slot, format!("route to {target}: {}", hops.join(" > ")))
        }
        Event::AttemptStarted { slot, number, hop, delivery, .. } => {
            (slot, format!("attempt {number}: {} > {} by {delivery}", hop.from, hop.to))
        }
        Event::PhaseStarted { slot, phase, past_no_return, .. } => {
            let past = if *past_no_return { "  (past the point of no return)" } else { "" };
            (slot, format!("{phase}{past}"))
        }
        Event::Checkpointed { slot, to, checkpoint: Checkpoint::Trigger, .. } => {
            (slot, format!("recording the trigger towards {to}"))
        }
        Event::Resolved { slot, resolution, .. } => (slot, format!("trigger resolved: {resolution:?}")),
        Event::AttemptEnded { .. } | Event::UnitEnded { .. } | Event::PassedEarlier { .. } => {
            return ended(event);
        }
        Event::Note { slot, level, text } => {
            let mark = match level {
                Level::Info => "",
                Level::Warning => "warning: ",
                Level::Error => "error: ",
            };
            (slot.as_deref().unwrap_or_default(), format!("{mark}{text}"))
        }
        Event::RunEnded { stopped, .. } => {
            ("", stopped.clone().unwrap_or_else(|| "the run has ended".to_owned()))
        }
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is no port's is told elsewhere")]
fn port_words(event: &Event) -> Option<(&str, String)> {
    Some(match event {
        Event::PortLost { slot } => (slot, "port left".to_owned()),
        Event::PortBack { slot, away_ms } => (slot, format!("port back after {} s", away_ms / 1000)),
        Event::Unplugged { slot } => (slot, "taken out".to_owned()),
        _ => return None,
    })
}

fn state_words<'a>(slot: &'a str, state: &SlotState) -> Option<(&'a str, String)> {
    let text = match state {
        SlotState::Empty => "empty".to_owned(),
        SlotState::Waiting { reason } => format!("waits: {reason}"),
        SlotState::Held { reason } => format!("held: {reason}"),
        SlotState::Quarantined { reason } => format!("in quarantine: {reason}"),
        SlotState::Unlabelled => {
            "unlabelled: in no [[slot]] of the rack's file, so it is left alone".to_owned()
        }
        SlotState::Busy | SlotState::Done => return None,
    };
    Some((slot, text))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what nobody asked for is told elsewhere")]
fn operator_words(event: &Event) -> Option<(&str, String)> {
    Some(match event {
        Event::Acted { by, action, refused } => {
            let refused = refused.as_ref().map(|why| format!(": refused, {why}")).unwrap_or_default();
            (action.slot().unwrap_or_default(), format!("{by}: {action}{refused}"))
        }
        Event::Paused { paused: true } => ("", "paused: nothing new is started".to_owned()),
        Event::Paused { paused: false } => ("", "goes on".to_owned()),
        Event::Halted { rule, reason } => ("", format!("halted by {}: {reason}", rule.key())),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what this screen has no use for, it leaves out")]
fn ended(event: &Event) -> Option<(&str, String)> {
    match event {
        Event::AttemptEnded { slot, outcome, fault, .. } => {
            let fault = fault.as_ref().map(|fault| format!(": {fault}")).unwrap_or_default();
            Some((slot, format!("attempt {}{fault}", outcome.name())))
        }
        Event::UnitEnded { slot, verdict, fault, revision, duration_ms, .. } => {
            let revision = revision.as_ref().map(|revision| format!(", runs {revision}")).unwrap_or_default();
            let took = format!(" in {}:{:02}", duration_ms / 60_000, duration_ms / 1000 % 60);
            let fault = fault.as_ref().map(|fault| {
                format!("\n{:>16} {fault}\n{:>16} what to do: {}", "", "", fault.code.what.action())
            });
            Some((
                slot,
                format!("{} {verdict}{revision}{took}{}", verdict.symbol(), fault.unwrap_or_default()),
            ))
        }
        Event::PassedEarlier { slot, module } => {
            Some((slot, format!("= IMEI {} passed earlier in this batch: left alone", module.imei)))
        }
        _ => None,
    }
}
