//! The one numbered stream of public events: the ledger first, then whoever reads along.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use events::{Event, Stamped};
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::outside::{Ledger, Reply};

/// Events that a reader may lag behind before it is cut off.
const READER_EVENTS: usize = 65_536;

/// Numbers events and hands them on.
pub(crate) struct Stream {
    seq: u64,
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    readers: broadcast::Sender<Arc<Stamped>>,
}

impl Stream {
    pub(crate) fn new(clock: Clock, ledger: Arc<dyn Ledger>) -> Self {
        Self { seq: 0, clock, ledger, readers: broadcast::Sender::new(READER_EVENTS) }
    }

    pub(crate) fn readers(&self) -> &broadcast::Sender<Arc<Stamped>> {
        &self.readers
    }

    /// Publishes `event`.
    pub(crate) fn tell(&mut self, event: Event) {
        let stamped = self.stamp(event);
        if stamped.event.recorded() {
            self.ledger.append(stamped.clone());
        }
        self.hand_on(stamped);
    }

    /// Publishes `event`, and says when it is on disk with all before it.
    pub(crate) fn tell_durably(&mut self, event: Event, reply: Reply) {
        let stamped = self.stamp(event);
        self.ledger.append_durable(stamped.clone(), reply);
        self.hand_on(stamped);
    }

    fn stamp(&mut self, event: Event) -> Arc<Stamped> {
        self.seq += 1;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = since.as_millis().try_into().unwrap_or(u64::MAX);
        Arc::new(Stamped { seq: self.seq, unix_ms, run_ms: self.clock.now_ms(), event })
    }

    fn hand_on(&self, stamped: Arc<Stamped>) {
        // Nobody reads along: that is no fault.
        let _readers = self.readers.send(stamped);
    }
}
