//! The one numbered stream of public events: the ledger first, then whoever reads along.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use events::{Event, Recent, Stamped};
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::outside::{Ledger, Reply};

/// Events that a reader may lag behind before it is cut off and has to start again from a snapshot.
const READER_EVENTS: usize = 8_192;

/// Where readers begin, and begin again. It keeps no stream open: when the controller has ended, every reader is told.
#[derive(Clone, Debug)]
pub struct Readers {
    recent: Arc<Mutex<Recent>>,
    sender: broadcast::WeakSender<Arc<Stamped>>,
}

impl Readers {
    /// The events so far that still matter, and every later one.
    pub fn attach(&self) -> (Vec<Arc<Stamped>>, broadcast::Receiver<Arc<Stamped>>) {
        // Under the lock nothing is told in between.
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        (recent.snapshot(), self.subscribe())
    }

    /// Every event from now on; none when the controller has ended.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Stamped>> {
        let ended = || broadcast::channel(1).1;
        self.sender.upgrade().map_or_else(ended, |sender| sender.subscribe())
    }
}

/// Numbers events and hands them on.
pub(crate) struct Stream {
    seq: u64,
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    recent: Arc<Mutex<Recent>>,
    readers: broadcast::Sender<Arc<Stamped>>,
}

impl Stream {
    pub(crate) fn new(clock: Clock, ledger: Arc<dyn Ledger>) -> Self {
        Self { seq: 0, clock, ledger, recent: Arc::default(), readers: broadcast::Sender::new(READER_EVENTS) }
    }

    pub(crate) fn readers(&self) -> Readers {
        Readers { recent: self.recent.clone(), sender: self.readers.downgrade() }
    }

    pub(crate) fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
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

    fn hand_on(&self, stamped: Arc<Stamped>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.take(&stamped);
        // Nobody reads along: that is no fault.
        let _readers = self.readers.send(stamped);
    }

    fn stamp(&mut self, event: Event) -> Arc<Stamped> {
        self.seq += 1;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = since.as_millis().try_into().unwrap_or(u64::MAX);
        Arc::new(Stamped { seq: self.seq, unix_ms, run_ms: self.clock.now_ms(), event })
    }
}
