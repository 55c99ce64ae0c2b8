//! The clocks: real time, and the run's time between two events.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::state::Now;

/// Faster than this no run's time goes.
const FASTEST: f64 = 100_000.0;

/// Foretells the run's clock between two events.
pub(crate) struct Pace {
    start: Instant,
    speed: f64,
    recorded: bool,
    heard: Now,
    heard_at: Instant,
}

impl Pace {
    pub(crate) fn new(speed: f64, recorded: bool) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed.min(FASTEST) } else { 1.0 };
        let start = Instant::now();
        Self { start, speed, recorded, heard: Now::default(), heard_at: start }
    }

    /// An event of `now` came.
    pub(crate) fn heard(&mut self, now: Now) {
        if now != self.heard {
            self.heard = now;
            self.heard_at = Instant::now();
        }
    }

    /// Milliseconds since the dashboard began.
    pub(crate) fn real_ms(&self) -> u64 {
        millis(self.start.elapsed())
    }

    /// The two clocks now. Before the first event, and after an hour without one, the run's stands still.
    pub(crate) fn now(&self) -> Now {
        let since = self.heard_at.elapsed().min(Duration::from_secs(3_600));
        let on = if self.heard == Now::default() { 0 } else { millis(since.mul_f64(self.speed)) };
        let unix_ms = if self.recorded {
            self.heard.unix_ms
        } else {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(self.heard.unix_ms, millis)
        };
        Now { unix_ms, run_ms: self.heard.run_ms.saturating_add(on) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
