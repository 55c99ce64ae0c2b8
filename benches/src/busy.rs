//! A rack all of whose slots have had three modules: its event stream, and its metrics.

use events::{Delivery, Event, Family, Stamped, Traffic, Vitals};
use metrics::Metrics;

use crate::SLOTS;
use crate::story::{FAILED, PASSED, Story, labels};

/// Modules that each slot has had.
const MODULES: usize = 3;
/// Of so many modules one fails.
const FAILS: usize = 20;

/// The events of the rack's run so far.
pub fn busy_stream() -> Vec<Stamped> {
    let slots = labels(SLOTS);
    let mut told = Story::begun("b", &slots);
    for (place, slot) in slots.iter().cycle().take(MODULES * SLOTS).enumerate() {
        let end = if place % FAILS == 0 { FAILED } else { PASSED };
        told.module(slot, Family::ALL[place % Family::ALL.len()], end);
    }
    told.tell(vitals(&slots));
    told.events
}

fn vitals(slots: &[String]) -> Event {
    let traffic = Traffic { received: 10_000, sent: 5_000 };
    Event::Vitals(Vitals {
        ledger_ok: true,
        ledger_write_us: vec![900; 20],
        ledger_free_bytes: Some(1 << 36),
        hosted_bytes: [(Delivery::Http, 1 << 20)].into(),
        serial: slots.iter().map(|slot| (slot.clone(), traffic)).collect(),
        ..Vitals::default()
    })
}

/// The rack's metrics.
///
/// # Panics
/// When they contradict one another, as no released version does.
pub fn busy_metrics() -> Metrics {
    let metrics = Metrics::new("line3-rack2", "0.1.0");
    let metrics = metrics.unwrap_or_else(|error| panic!("the metrics contradict one another: {error}"));
    for event in &busy_stream() {
        metrics.apply(event);
    }
    metrics
}
