//! A slot in words.

use events::{SlotState, Verdict};

use crate::face::Face;
use crate::find::spent_ms;
use crate::state::{Slot, State};
use crate::text::clean;
use crate::time::{permille, span};

/// The first word of a cell: verdict, phase or state.
pub(crate) fn word(slot: &Slot) -> &'static str {
    let face = Face::of(slot);
    match slot.unit.phase {
        Some(now) if face.at_work() => now.phase.name(),
        _ => face.word(),
    }
}

/// What stands beside it: how far it is, or how long it has taken.
pub(crate) fn value(slot: &Slot, state: &State) -> String {
    match Face::of(slot) {
        Face::Done(_) => span(spent_ms(slot, state)),
        Face::Past | Face::Busy | Face::Away => match share(slot, state) {
            Some((permille, true)) => format!("{:>3} %", permille / 10),
            _ => in_phase(slot, state),
        },
        Face::Waiting | Face::Held | Face::Quarantined => {
            span(state.now.run_ms.saturating_sub(slot.since_ms))
        }
        Face::Unlabelled | Face::Empty => String::new(),
    }
}

/// How long the phase, or the port's absence, has lasted.
pub(crate) fn in_phase(slot: &Slot, state: &State) -> String {
    let since = slot.unit.away_since_ms.or(slot.unit.phase.map(|now| now.since_ms)).unwrap_or(slot.since_ms);
    span(state.now.run_ms.saturating_sub(since))
}

/// How far the phase is in thousandths, and whether that is measured (`true`) or foretold from what the batch has taught.
pub(crate) fn share(slot: &Slot, state: &State) -> Option<(u64, bool)> {
    let now = slot.unit.phase?;
    if let Some((phase, done, total)) = slot.unit.progress
        && phase == now.phase
        && total > 0
    {
        return permille(done.min(total), total).map(|share| (share, true));
    }
    let attempt = slot.unit.attempt.as_ref()?;
    let usual = state.learned.phase_ms(slot.unit.family()?, attempt.delivery, now.phase)?;
    let spent = state.now.run_ms.saturating_sub(now.since_ms);
    permille(spent.min(usual), usual.max(1)).map(|share| (share.min(950), false))
}

/// What a person does with the slot now, in a word or two; empty when there is nothing to do.
pub(crate) fn prompt(slot: &Slot) -> &'static str {
    match Face::of(slot) {
        Face::Done(Verdict::Unknown) if slot.present => "leave it in",
        Face::Done(_) if slot.present => "remove",
        Face::Done(_) | Face::Empty => "insert",
        Face::Held => "leave it in",
        Face::Past => "do not touch",
        Face::Away | Face::Busy | Face::Waiting => "wait",
        Face::Quarantined => "do not use",
        Face::Unlabelled => "not used",
    }
}

/// One line that says how the slot is.
pub(crate) fn headline(slot: &Slot, state: &State) -> String {
    let face = Face::of(slot);
    match face {
        Face::Done(verdict) => done(slot, verdict),
        Face::Past | Face::Away | Face::Busy => under_way(slot, state, face),
        Face::Waiting | Face::Held | Face::Quarantined => {
            let reason = slot.reason().unwrap_or_default();
            format!("{}: {reason}", face.word())
        }
        Face::Unlabelled => "a port that the rack's file does not name: shown, never touched".to_owned(),
        Face::Empty => "empty".to_owned(),
    }
}

fn done(slot: &Slot, verdict: Verdict) -> String {
    let Some(outcome) = &slot.unit.outcome else { return verdict.name().to_owned() };
    let later = outcome.first.map(|first| format!(" · first {first}, resolved later")).unwrap_or_default();
    if let Some(fault) = &outcome.fault {
        return format!("{verdict} · {} · {}{}{later}", fault.code, fault.message, attempt(slot));
    }
    let before = slot.unit.module.as_ref().map(|module| module.revision.as_str()).unwrap_or_default();
    let after = outcome.revision.as_deref().unwrap_or(before);
    let way = if before == after { after.to_owned() } else { format!("{before} → {after}") };
    format!("{verdict} in {} · {way}{later}", span(outcome.duration_ms))
}

fn attempt(slot: &Slot) -> String {
    slot.unit.attempt.as_ref().map(|own| format!(" (attempt {})", own.number)).unwrap_or_default()
}

fn under_way(slot: &Slot, state: &State, face: Face) -> String {
    let mut parts = vec![word(slot).to_owned()];
    if let Some((share, true)) = share(slot, state) {
        parts.push(format!("{} %", share / 10));
    }
    parts.push(in_phase(slot, state));
    if face == Face::Away {
        parts.push("port away".to_owned());
    }
    if let Some(left) = state.learned.slot_ms(slot, state.now.run_ms) {
        parts.push(left_in_words(left));
    }
    if let Some(own) = &slot.unit.attempt {
        parts.push(format!("attempt {} by {}", own.number, own.delivery));
        parts.push(format!("{} → {}", own.hop.from, own.hop.to));
    }
    parts.join(" · ")
}

/// How long it will still take, in words.
fn left_in_words(left_ms: u64) -> String {
    if left_ms < 1_000 { "longer than usual".to_owned() } else { format!("about {} left", span(left_ms)) }
}

/// What is going on in a slot at work, shorter than its headline.
pub(crate) fn going_on(slot: &Slot, state: &State) -> String {
    let attempt = slot.unit.attempt.as_ref().map(|own| format!("attempt {} by {}", own.number, own.delivery));
    let left = state.learned.slot_ms(slot, state.now.run_ms).map(left_in_words);
    attempt.into_iter().chain(left).collect::<Vec<_>>().join(" · ")
}

/// One line that says what to do.
pub(crate) fn advice(slot: &Slot) -> String {
    let face = Face::of(slot);
    let of_fault = slot.unit.fault().map(|fault| format!("what to do: {}", fault.code.what.action()));
    match (face, &slot.state) {
        (Face::Done(verdict), _) if verdict.good() => {
            if slot.present {
                "remove the module".to_owned()
            } else {
                "insert the next module".to_owned()
            }
        }
        (Face::Done(_) | Face::Held, _) => of_fault.unwrap_or_else(|| prompt(slot).to_owned()),
        (Face::Past | Face::Away, _) if slot.unit.past_no_return => {
            "past the point of no return: do not unplug it".to_owned()
        }
        (Face::Past | Face::Away | Face::Busy, _) => slot.unit.faults.last().map_or_else(
            || "nothing has been flashed yet".to_owned(),
            |(number, fault)| format!("attempt {number} failed: {}  {}", fault.code, fault.message),
        ),
        (Face::Waiting, _) => "it starts by itself".to_owned(),
        (Face::Quarantined, SlotState::Quarantined { .. }) => {
            "check cable, contacts and power of the slot, then release it (Q)".to_owned()
        }
        (Face::Quarantined | Face::Unlabelled, _) => "name it in the rack's file to use it".to_owned(),
        (Face::Empty, _) => "insert a module".to_owned(),
    }
}

/// Slot, model and IMEI.
pub(crate) fn title(slot: &Slot) -> String {
    let mut parts = vec![slot.name.clone()];
    if let Some(module) = slot.module() {
        parts.push(clean(&module.model));
        parts.push(format!("IMEI {}", module.imei.short()));
    }
    if let Some(imei) = &slot.expected {
        parts.push(format!("label {imei}"));
    }
    parts.join("  ")
}
