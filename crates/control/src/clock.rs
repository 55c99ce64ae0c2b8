//! Module time: real time by a factor, so that a simulated rack can run faster than a real one.

use std::time::Duration;

use tokio::time::Instant;

/// The clock of a run. With factor 1 it is the monotonic clock; under a paused tokio clock it is virtual.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    factor: f64,
}

impl Clock {
    /// A clock that starts at 0 now and runs `factor` times as fast as real time.
    pub fn new(factor: f64) -> Self {
        Self { origin: Instant::now(), factor }
    }

    /// Milliseconds of module time since the clock was made.
    pub fn now_ms(&self) -> u64 {
        Duration::mul_f64(self.origin.elapsed(), self.factor).as_millis().try_into().unwrap_or(u64::MAX)
    }

    /// When, in real time, the clock shows `at_ms`.
    pub(crate) fn instant(&self, at_ms: u64) -> Instant {
        self.origin + Duration::from_millis(at_ms).div_f64(self.factor) + Duration::from_micros(1)
    }

    /// Sleeps until the clock shows `at_ms`.
    pub async fn sleep_until(&self, at_ms: u64) {
        tokio::time::sleep_until(self.instant(at_ms)).await;
    }

    /// Sleeps for `ms` of module time.
    pub async fn sleep(&self, ms: u64) {
        self.sleep_until(self.now_ms() + ms).await;
    }
}
