//! The one numbered stream of public events: the ledger first, then whoever reads along.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use events::{Event, Recent, Stamped};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};

use crate::clock::Clock;
use crate::outside::{Ledger, Reply};

/// Events that a reader may lag behind before it is cut off and has to start again from a snapshot.
const READER_EVENTS: usize = 8_192;
/// A reader that is so many behind is given time to catch up.
const CROWDED: usize = READER_EVENTS / 4;
/// It is looked after so many events whether one is.
const LOOK_EVERY: u64 = 512;
/// So many times everybody else has a turn before the stream goes on without whoever is still behind.
const TURNS: usize = 1_000;
/// Real time for which an unhurried reader rests when it has read all there is.
const REST: Duration = Duration::from_millis(50);

/// Where readers begin, and begin again. It keeps no stream open: when the controller has ended, every reader is told.
#[derive(Clone, Debug)]
pub struct Readers {
    recent: Arc<Mutex<Recent>>,
    sender: broadcast::WeakSender<Arc<Stamped>>,
    crowded: Arc<Notify>,
}

/// Every event from some time on, for a reader for whom nobody waits: to be woken for each would cost more than to take it.
#[derive(Debug)]
pub struct Unhurried {
    events: broadcast::Receiver<Arc<Stamped>>,
    crowded: Arc<Notify>,
}

impl Unhurried {
    /// The next event. When there is none it rests first, and no longer than there is room.
    ///
    /// # Errors
    /// When it was too slow, and when the controller has ended.
    pub async fn next(&mut self) -> Result<Arc<Stamped>, RecvError> {
        if self.events.is_empty() {
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                () = self.crowded.notified() => {}
            }
        }
        self.events.recv().await
    }

    /// Whether it has read all there is.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl From<broadcast::Receiver<Arc<Stamped>>> for Unhurried {
    /// What `events` gives, without a stream that could be crowded.
    fn from(events: broadcast::Receiver<Arc<Stamped>>) -> Self {
        Self { events, crowded: Arc::default() }
    }
}

impl Readers {
    /// The events so far that still matter, and every later one.
    pub fn attach(&self) -> (Vec<Arc<Stamped>>, broadcast::Receiver<Arc<Stamped>>) {
        // Under the lock nothing is told in between.
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        (recent.snapshot(), self.subscribe())
    }

    /// As [`Self::attach`] without the conversations so far: for whoever only counts.
    pub fn attach_unhurried(&self) -> (Vec<Arc<Stamped>>, Unhurried) {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        (recent.snapshot_without_lines(), self.unhurried())
    }

    /// Every event from now on; none when the controller has ended.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Stamped>> {
        let ended = || broadcast::channel(1).1;
        self.sender.upgrade().map_or_else(ended, |sender| sender.subscribe())
    }

    /// As [`Self::subscribe`], for a reader for whom nobody waits.
    pub fn unhurried(&self) -> Unhurried {
        Unhurried { events: self.subscribe(), crowded: self.crowded.clone() }
    }
}

/// Numbers events and hands them on.
pub(crate) struct Stream {
    seq: u64,
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    recent: Arc<Mutex<Recent>>,
    readers: broadcast::Sender<Arc<Stamped>>,
    /// Rouses readers that rest.
    crowded: Arc<Notify>,
    /// A reader was far behind when it was looked last.
    behind: bool,
    /// Whoever was far behind has caught up when it was waited for.
    patient: bool,
}

impl Stream {
    pub(crate) fn new(clock: Clock, ledger: Arc<dyn Ledger>) -> Self {
        let readers = broadcast::Sender::new(READER_EVENTS);
        let (recent, crowded) = (Arc::default(), Arc::default());
        Self { seq: 0, clock, ledger, recent, readers, crowded, behind: false, patient: true }
    }

    pub(crate) fn readers(&self) -> Readers {
        let (recent, crowded) = (self.recent.clone(), self.crowded.clone());
        Readers { recent, sender: self.readers.downgrade(), crowded }
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

    fn hand_on(&mut self, stamped: Arc<Stamped>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.take(&stamped);
        // Nobody reads along: that is no fault.
        let _readers = self.readers.send(stamped);
        drop(recent);
        if self.seq.is_multiple_of(LOOK_EVERY) && self.readers.len() >= CROWDED {
            self.behind = true;
            self.crowded.notify_waiters();
        }
    }

    /// Gives readers that are far behind time to catch up: a rack that starts tells more in the blink of an eye than a
    /// reader may lag. Nobody is waited for who takes nothing at all.
    pub(crate) async fn wait_for_readers(&mut self) {
        if !std::mem::take(&mut self.behind) {
            return;
        }
        let turns = if self.patient { TURNS } else { 0 };
        for _ in 0..turns {
            if self.readers.len() < CROWDED {
                return;
            }
            tokio::task::yield_now().await;
        }
        self.patient = self.readers.len() < CROWDED;
    }

    fn stamp(&mut self, event: Event) -> Arc<Stamped> {
        self.seq += 1;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = since.as_millis().try_into().unwrap_or(u64::MAX);
        Arc::new(Stamped { seq: self.seq, unix_ms, run_ms: self.clock.now_ms(), event })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use events::{Event, Stamped};
    use tokio::sync::broadcast::error::RecvError;

    use super::{READER_EVENTS, Stream};
    use crate::clock::Clock;
    use crate::outside::{Ledger, Reply};

    struct Unrecorded;

    impl Ledger for Unrecorded {
        fn append(&self, _: Arc<Stamped>) {}

        fn append_durable(&self, _: Arc<Stamped>, reply: Reply) {
            reply(Ok(()));
        }

        fn failing(&self) -> Option<String> {
            None
        }
    }

    fn told(total: u64) -> impl Iterator<Item = Event> {
        (0..total).map(|number| Event::Paused { paused: number % 2 == 0 })
    }

    /// Lets a stream tell many events in one go, to a reader that rests; what the reader saw.
    async fn seen(total: u64) -> Vec<u64> {
        let mut stream = Stream::new(Clock::new(1.0), Arc::new(Unrecorded));
        let mut reader = stream.readers().unhurried();
        let reading = tokio::spawn(async move {
            let mut seen = Vec::new();
            loop {
                match reader.next().await {
                    Ok(stamped) => seen.push(stamped.seq),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return seen,
                }
            }
        });
        for event in told(total) {
            stream.tell(event);
            stream.wait_for_readers().await;
        }
        drop(stream);
        reading.await.unwrap()
    }

    #[tokio::test]
    async fn a_reader_that_rests_misses_nothing_of_a_burst() {
        let total = 20 * u64::try_from(READER_EVENTS).unwrap();
        assert_eq!(seen(total).await, (1..=total).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_stops_nobody() {
        let mut stream = Stream::new(Clock::new(1.0), Arc::new(Unrecorded));
        let mut idle = stream.readers().subscribe();
        for event in told(3 * u64::try_from(READER_EVENTS).unwrap()) {
            stream.tell(event);
            stream.wait_for_readers().await;
        }
        assert!(matches!(idle.recv().await, Err(RecvError::Lagged(_))));
    }
}
