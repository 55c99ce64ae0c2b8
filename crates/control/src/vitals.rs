//! How the controller itself is: told about once a second, for those who watch.

use std::time::Duration;

use events::{Event, Vitals};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::dispatcher::Controller;

/// Write durations in one event.
const WRITES: usize = 1_000;

/// The beat at which the controller says how it is.
pub(crate) struct Pulse {
    interval: Option<Interval>,
}

impl Pulse {
    pub(crate) fn new(every: Option<Duration>) -> Self {
        let interval = every.map(|every| {
            let mut interval = tokio::time::interval_at(Instant::now() + every, every);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self { interval }
    }

    /// The next beat; how late the loop came to it, microseconds.
    pub(crate) async fn beat(&mut self) -> u64 {
        match &mut self.interval {
            Some(interval) => {
                let due = interval.tick().await;
                due.elapsed().as_micros().try_into().unwrap_or(u64::MAX)
            }
            None => std::future::pending().await,
        }
    }
}

impl Controller {
    pub(crate) fn vitals(&mut self, loop_lag_us: u64) {
        self.ask_record();
        let health = self.stream.ledger().health();
        let mut ledger_write_us = health.write_us;
        ledger_write_us.truncate(WRITES);
        self.stream.tell(Event::Vitals(Vitals {
            loop_lag_us,
            ledger_ok: self.standstill_until_ms.is_none(),
            bus_ok: self.crew.bus().watched(),
            ledger_write_us,
            ledger_free_bytes: health.free_bytes,
            hosted_bytes: self.host.handed_out(),
            in_flight: self.in_flight().try_into().unwrap_or(u64::MAX),
            in_flight_limit: self.setup.limits.in_flight.try_into().unwrap_or(u64::MAX),
            serial: self.slots.iter().map(|slot| (slot.label.clone(), slot.traffic.now())).collect(),
        }));
    }
}
