//! The controller itself: how late its loop is, its ledger, and the bytes that went through.

use std::collections::{BTreeMap, VecDeque};

use events::{Delivery, Traffic, Vitals};
use prometheus::{Gauge, GaugeVec, Histogram, IntCounterVec};

use crate::MetricsError;
use crate::register::Register;
use crate::slots::Slots;

/// So many of the last vitals the loop's lag is the worst of: they come about once a second, a scrape every fifteen.
const LAGS: usize = 15;
/// Slots whose bytes are remembered, also when they have left the rack.
const SLOTS: usize = 16_384;
/// What a write to the ledger may take, in seconds.
const WRITE_BUCKETS: [f64; 13] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5];

/// What [`Vitals`] tell.
#[derive(Debug)]
pub(crate) struct Rig {
    lag: Gauge,
    lags_us: VecDeque<u64>,
    writes: Histogram,
    /// Without labels: so that it can be absent while the room is not known.
    free: GaugeVec,
    hosted: IntCounterVec,
    hosted_before: BTreeMap<Delivery, u64>,
    serial: BTreeMap<String, Traffic>,
}

impl Rig {
    pub(crate) fn new(register: &Register<'_>) -> Result<Self, MetricsError> {
        let hosted = register.counters(
            "fotarig_hosted_bytes_total",
            &["protocol"],
            "Bytes that the package host has handed out.",
        )?;
        for protocol in Delivery::ALL.into_iter().filter(|way| way.over_the_air()) {
            hosted.with_label_values(&[protocol.name()]);
        }
        Ok(Self {
            lag: register.gauge(
                "fotarig_loop_lag_seconds",
                "How late the controller's loop came to something that was due: the worst of the last 15 seconds.",
            )?,
            lags_us: VecDeque::with_capacity(LAGS),
            writes: register.histogram(
                "fotarig_ledger_write_duration_seconds",
                &WRITE_BUCKETS,
                "What each write to the ledger took.",
            )?,
            free: register.gauges(
                "fotarig_ledger_free_bytes",
                &[],
                "Room on the ledger's disk; absent while it cannot be told.",
            )?,
            hosted,
            hosted_before: BTreeMap::new(),
            serial: BTreeMap::new(),
        })
    }

    pub(crate) fn apply(&mut self, vitals: &Vitals, slots: &Slots) {
        if self.lags_us.len() == LAGS {
            self.lags_us.pop_front();
        }
        self.lags_us.push_back(vitals.loop_lag_us);
        self.lag.set(seconds_of_us(self.lags_us.iter().max().copied().unwrap_or_default()));
        for write_us in &vitals.ledger_write_us {
            self.writes.observe(seconds_of_us(*write_us));
        }
        match vitals.ledger_free_bytes {
            #[expect(clippy::cast_precision_loss, reason = "a gauge of Prometheus is a float")]
            Some(bytes) => self.free.with_label_values::<&str>(&[]).set(bytes as f64),
            None => self.free.reset(),
        }
        for (protocol, bytes) in &vitals.hosted_bytes {
            let before = self.hosted_before.insert(*protocol, *bytes).unwrap_or_default();
            self.hosted.with_label_values(&[protocol.name()]).inc_by(grown(before, *bytes));
        }
        for (slot, traffic) in &vitals.serial {
            self.traffic(slot, *traffic, slots);
        }
    }

    fn traffic(&mut self, slot: &str, now: Traffic, slots: &Slots) {
        let Some(before) = self.serial.get_mut(slot) else {
            if self.serial.len() < SLOTS {
                self.serial.insert(slot.to_owned(), now);
                slots.traffic(slot, now);
            }
            return;
        };
        let received = grown(before.received, now.received);
        let sent = grown(before.sent, now.sent);
        *before = now;
        slots.traffic(slot, Traffic { received, sent });
    }
}

/// By how much a total has grown; one that is smaller than before began anew.
const fn grown(before: u64, now: u64) -> u64 {
    if now >= before { now - before } else { now }
}

#[expect(clippy::cast_precision_loss, reason = "a duration beyond 285 years may be off by a microsecond")]
fn seconds_of_us(us: u64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::grown;

    #[test]
    fn a_total_that_began_anew_counts_from_there() {
        assert_eq!([grown(0, 7), grown(7, 7), grown(7, 9), grown(9, 2)], [7, 0, 2, 2]);
    }
}
