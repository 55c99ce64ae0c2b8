//! What happened to the units that are under way, so that each can be told whole when it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Event, Report, Stamped, UnitReport, Verdict};

/// Units that are kept at most: those of the largest rack, and as many that wait for their resolution.
const UNITS: usize = 4_096;
/// Events of one unit that are kept at most.
const EVENTS: usize = 2_000;

/// The events of each unit that has no verdict that stands.
#[derive(Default)]
pub(super) struct Units(BTreeMap<String, Vec<Arc<Stamped>>>);

impl Units {
    /// Takes the next event; the unit, where it ends one.
    pub(super) fn take(&mut self, stamped: &Arc<Stamped>) -> Option<UnitReport> {
        let id = unit_of(&stamped.event)?;
        let known = self.0.contains_key(id) || self.0.len() < UNITS;
        let mut passing = Vec::new();
        let events = if known { self.0.entry(id.to_owned()).or_default() } else { &mut passing };
        let Event::UnitEnded { slot, verdict, .. } = &stamped.event else {
            if events.len() < EVENTS {
                events.push(stamped.clone());
            }
            return None;
        };
        if !matches!(events.first().map(|first| &first.event), Some(Event::UnitStarted { .. })) {
            // Nobody saw it begin: what is known of it is in this one event.
            let event = Event::UnitStarted { unit: id.to_owned(), slot: slot.clone(), module: None };
            events.insert(0, Arc::new(Stamped { event, ..(**stamped).clone() }));
        }
        events.push(stamped.clone());
        let unit = Report::of(events.iter().map(AsRef::as_ref)).units.pop();
        // An `unknown` is resolved later, perhaps.
        if *verdict != Verdict::Unknown {
            self.0.remove(id);
        }
        unit
    }
}

/// The unit that an event of the report is about.
fn unit_of(event: &Event) -> Option<&str> {
    if let Event::UnitStarted { unit, .. }
    | Event::Routed { unit, .. }
    | Event::AttemptStarted { unit, .. }
    | Event::AttemptEnded { unit, .. }
    | Event::Checkpointed { unit, .. }
    | Event::Resolved { unit, .. }
    | Event::UnitEnded { unit, .. } = event
    {
        return Some(unit);
    }
    if let Event::PhaseStarted { unit, .. } | Event::PhaseEnded { unit, .. } = event {
        return unit.as_deref();
    }
    None
}
