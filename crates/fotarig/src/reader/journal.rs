//! The event stream as log lines, each in the spans of its slot and its attempt: faults as warnings, a line for each
//! verdict, every step for whoever asks for `FOTARIG_LOG=fotarig=debug`, the conversation with `trace`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use control::Unhurried;
use events::{Event, Fault, Level, SlotState, What};
use tokio::sync::broadcast::error::RecvError;
use tracing::{Span, debug, enabled, error, error_span, info, trace, warn};

use crate::reader::lines::words;

/// What the lines go by in `FOTARIG_LOG`.
const TARGET: &str = "fotarig::rack";

/// Logs events until the run ends. It blocks while stderr does.
pub(crate) async fn follow(mut events: Unhurried) {
    let mut journal = Journal::default();
    loop {
        match events.next().await {
            Ok(stamped) if heard(&stamped.event) => journal.take(&stamped.event),
            Ok(stamped) => journal.learn(&stamped.event),
            Err(RecvError::Lagged(missed)) => {
                warn!(target: TARGET, missed, "events are not in the log: whoever takes it is too slow");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Whether the event makes a line that somebody wants.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is no line of its own is a step")]
fn heard(event: &Event) -> bool {
    match event {
        Event::AttemptEnded { .. }
        | Event::UnitEnded { .. }
        | Event::Halted { .. }
        | Event::Note { .. }
        | Event::Slot { state: SlotState::Held { .. } | SlotState::Quarantined { .. }, .. } => true,
        Event::RunStarted { .. } | Event::RunEnded { .. } | Event::Acted { .. } | Event::Paused { .. } => {
            enabled!(target: TARGET, tracing::Level::INFO)
        }
        Event::Transcript { .. } => enabled!(target: TARGET, tracing::Level::TRACE),
        Event::Vitals(_) | Event::Progress { .. } | Event::Answered { .. } | Event::Step { .. } => false,
        _ => enabled!(target: TARGET, tracing::Level::DEBUG),
    }
}

/// The spans that are open. Those of errors, so that no filter takes slot and attempt from a line that it lets through.
#[derive(Default)]
struct Journal {
    slots: BTreeMap<String, Span>,
    /// The attempt under way, or the last one of the module, by slot.
    attempts: BTreeMap<String, Attempt>,
}

struct Attempt {
    id: String,
    span: Span,
    /// What it failed with: the module's verdict may say it again.
    fault: Option<Fault>,
    over: bool,
}

impl Journal {
    /// Logs the event.
    fn take(&mut self, event: &Event) {
        self.learn(event);
        self.span(event).in_scope(|| self.log(event));
        if let Event::AttemptEnded { slot, attempt, fault, .. } = event {
            let (id, span, fault) = (attempt.clone(), self.span(event), fault.clone());
            self.attempts.insert(slot.clone(), Attempt { id, span, fault, over: true });
        }
    }

    /// Keeps in mind which attempt is under way.
    fn learn(&mut self, event: &Event) {
        if let Event::AttemptStarted { slot, attempt, number, .. } = event {
            let parent = self.slot(slot);
            let span = error_span!(target: TARGET, parent: parent, "attempt", attempt = %attempt, number);
            let attempt = Attempt { id: attempt.clone(), span, fault: None, over: false };
            self.attempts.insert(slot.clone(), attempt);
        } else if let Event::UnitStarted { slot, .. } = event {
            self.attempts.remove(slot);
        }
    }

    /// The innermost span of the event: what happens in a slot belongs to the attempt that is under way there.
    fn span(&mut self, event: &Event) -> Span {
        let (slot, id) = place(event);
        let Some(slot) = slot else { return Span::none() };
        let span = self.slot(slot);
        let here = self.attempts.get(slot);
        match (id, here) {
            (Some(id), Some(attempt)) if attempt.id == id => attempt.span.clone(),
            // One that an earlier run began.
            (Some(id), _) => error_span!(target: TARGET, parent: span, "attempt", attempt = %id),
            (None, Some(attempt)) if !attempt.over => attempt.span.clone(),
            (None, _) => span,
        }
    }

    fn slot(&mut self, slot: &str) -> Span {
        let span = || error_span!(target: TARGET, parent: None, "slot", slot = %slot);
        self.slots.entry(slot.to_owned()).or_insert_with(span).clone()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what is no line of its own is a step, or nothing")]
    fn log(&self, event: &Event) {
        match event {
            Event::AttemptEnded { fault: Some(fault), .. } => warned(fault),
            Event::UnitEnded { slot, verdict, fault, revision, duration_ms, .. } => {
                let told = self.attempts.get(slot).and_then(|attempt| attempt.fault.as_ref());
                if let Some(fault) = fault.as_ref().filter(|fault| Some(*fault) != told) {
                    warned(fault);
                }
                let (verdict, seconds) = (verdict.name(), duration_ms / 1000);
                info!(target: TARGET, verdict, revision, seconds, "{verdict}");
            }
            Event::RunStarted { .. }
            | Event::RunEnded { .. }
            | Event::Acted { .. }
            | Event::Paused { .. }
            | Event::Note { level: Level::Info, slot: None, .. } => {
                said(event, |text| info!(target: TARGET, "{text}"));
            }
            Event::Halted { .. }
            | Event::Slot { state: SlotState::Held { .. } | SlotState::Quarantined { .. }, .. } => {
                said(event, |text| warn!(target: TARGET, "{text}"));
            }
            Event::Note { level: Level::Warning, text, .. } => warn!(target: TARGET, "{}", masked(text)),
            Event::Note { level: Level::Error, text, .. } => error!(target: TARGET, "{}", masked(text)),
            Event::Transcript { direction, text, .. } => {
                trace!(target: TARGET, ?direction, "{}", masked(text));
            }
            _ => said(event, |text| debug!(target: TARGET, "{text}")),
        }
    }
}

/// A warning, unless somebody wanted it: a stop interrupts a hundred modules.
fn warned(fault: &Fault) {
    let (code, class, text) = (fault.code, fault.code.class(), masked(&fault.message));
    if code.what == What::Interrupted {
        info!(target: TARGET, %code, %class, "{text}");
    } else {
        warn!(target: TARGET, %code, %class, "{text}");
    }
}

/// `text` without the tokens of the package host: a log may be read by more people than may have the packages. Passwords
/// are masked before an event is told.
fn masked(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = text.split_once("/p/") else { return Cow::Borrowed(text) };
    let token = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    Cow::Owned(format!("{before}/p/***{}", masked(&rest[token..])))
}

/// Says what the lines say of the event, where they say anything.
fn said(event: &Event, say: impl FnOnce(&str)) {
    if let Some((_, text)) = words(event) {
        say(&masked(&text));
    }
}

/// Slot and attempt of which the event tells.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is left is the whole rack's")]
fn place(event: &Event) -> (Option<&str>, Option<&str>) {
    match event {
        Event::AttemptStarted { slot, attempt, .. }
        | Event::AttemptEnded { slot, attempt, .. }
        | Event::Checkpointed { slot, attempt, .. }
        | Event::Resolved { slot, attempt, .. } => (Some(slot), Some(attempt)),
        Event::PhaseStarted { slot, attempt, .. }
        | Event::PhaseEnded { slot, attempt, .. }
        | Event::Transcript { slot, attempt, .. } => (Some(slot), attempt.as_deref()),
        Event::Slot { slot, .. }
        | Event::Plugged { slot, .. }
        | Event::Unplugged { slot }
        | Event::UnitStarted { slot, .. }
        | Event::Routed { slot, .. }
        | Event::PortLost { slot }
        | Event::PortBack { slot, .. }
        | Event::UnitEnded { slot, .. }
        | Event::PassedEarlier { slot, .. } => (Some(slot), None),
        Event::Note { slot, .. } => (slot.as_deref(), None),
        Event::Acted { action, .. } => (action.slot(), None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_token_of_the_package_host_is_masked_wherever_it_stands() {
        let said = "AT+QFOTADL=\"http://h:1/p/6D0W1C3YJ1QXEAAD5T8TZNP1RR/update.zip\", then ftp://h/p/0ABC/x";
        assert_eq!(masked(said), "AT+QFOTADL=\"http://h:1/p/***/update.zip\", then ftp://h/p/***/x");
        assert_eq!(masked("/p/"), "/p/***");
        assert_eq!(masked("no answer to AT"), "no answer to AT");
    }
}
