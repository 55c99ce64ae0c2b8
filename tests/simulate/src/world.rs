//! The rack on the virtual clock: whatever is due happens at its time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use control::Presence;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::bus::presence;
use crate::rack::Rack;

/// How long the world sleeps when nothing is due.
const LONG_MS: u64 = 3_600_000;

/// One rack and its time.
pub(crate) struct World {
    rack: Mutex<Rack>,
    began: Instant,
    changed: Notify,
    pub(crate) presence: watch::Sender<Arc<Presence>>,
}

impl World {
    pub(crate) fn new(rack: Rack) -> Arc<Self> {
        let presence = watch::Sender::new(Arc::new(presence(&rack)));
        Arc::new(Self { rack: Mutex::new(rack), began: Instant::now(), changed: Notify::new(), presence })
    }

    /// Milliseconds of the rack's life.
    pub(crate) fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    /// The rack, now.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Rack> {
        let mut rack = self.rack.lock().unwrap_or_else(PoisonError::into_inner);
        rack.now_ms = self.now_ms();
        rack
    }

    /// Something may be due earlier than it was.
    pub(crate) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Lets things happen at their time, for ever.
    pub(crate) async fn live(self: Arc<Self>) {
        loop {
            let answers = {
                let mut rack = self.lock();
                let answers = rack.tick();
                if std::mem::take(&mut rack.moved) {
                    self.presence.send_replace(Arc::new(presence(&rack)));
                }
                answers
            };
            for (reply, result) in answers {
                reply(result);
            }
            let next_ms = self.lock().next_ms().unwrap_or_else(|| self.now_ms() + LONG_MS);
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                () = sleep_until(self.began + Duration::from_millis(next_ms)) => {}
            }
        }
    }
}
