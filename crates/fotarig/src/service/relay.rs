//! What dashboards are shown: the recent past of the run that is on or was last, and each event as a line, made once
//! for all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use control::Readers;
use events::{Event, Level, Recent, Stamped};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver};

/// Lines that a client may lag behind before it starts again from a snapshot.
const LINES: usize = 4_096;

/// One event, as all clients get it.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// An event of the run with this number.
    Event {
        /// Grows with each run of the service.
        run: u64,
        /// As it is sent.
        line: Bytes,
    },
    /// Events are missing here, or another past is shown: everybody starts again.
    Again,
}

/// The recent past and the lines. It keeps a past of its own: clients who want it never make the controller wait.
#[derive(Debug)]
pub(crate) struct Relay {
    past: Mutex<Past>,
    lines: broadcast::Sender<Told>,
}

#[derive(Debug, Default)]
struct Past {
    run: u64,
    recent: Recent,
}

/// Where a client begins: the past, and every line after it.
pub(crate) struct Beginning {
    /// The number of the run.
    pub(crate) run: u64,
    /// The events that still matter.
    pub(crate) events: Vec<Arc<Stamped>>,
    /// Every line from now on.
    pub(crate) lines: broadcast::Receiver<Told>,
}

impl Relay {
    /// Nothing has been run; `text` says so on the screens.
    pub(crate) fn new(text: String) -> Arc<Self> {
        let event = Event::Note { slot: None, level: Level::Info, text };
        let mut past = Past::default();
        past.recent.take(&Arc::new(Stamped { seq: 0, unix_ms: 0, run_ms: 0, event }));
        Arc::new(Self { past: Mutex::new(past), lines: broadcast::Sender::new(LINES) })
    }

    /// Where a client begins, and begins again.
    pub(crate) fn beginning(&self) -> Beginning {
        let past = self.past();
        let lines = self.lines.subscribe();
        Beginning { run: past.run, events: past.recent.snapshot(), lines }
    }

    /// A run begins: what it tells is passed on until it ends. `events` are its events from the first on.
    pub(crate) async fn follow(self: Arc<Self>, readers: Readers, mut events: Receiver<Arc<Stamped>>) {
        let run = self.begin();
        loop {
            match events.recv().await {
                Ok(stamped) => {
                    self.take(run, &stamped);
                    if matches!(stamped.event, Event::RunEnded { .. }) {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    let (snapshot, later) = readers.attach();
                    events = later;
                    self.again(&snapshot);
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> u64 {
        let mut past = self.past();
        *past = Past { run: past.run + 1, ..Past::default() };
        self.tell(Told::Again);
        past.run
    }

    fn take(&self, run: u64, stamped: &Arc<Stamped>) {
        let line = as_line(stamped);
        let mut past = self.past();
        past.recent.take(stamped);
        self.tell(Told::Event { run, line });
    }

    fn again(&self, snapshot: &[Arc<Stamped>]) {
        let mut past = self.past();
        past.recent = Recent::default();
        for stamped in snapshot {
            past.recent.take(stamped);
        }
        self.tell(Told::Again);
    }

    fn tell(&self, told: Told) {
        // Nobody is attached: that is no fault.
        let _readers = self.lines.send(told);
    }
}

fn as_line(stamped: &Stamped) -> Bytes {
    let mut line = b"{\"event\":".to_vec();
    if serde_json::to_writer(&mut line, stamped).is_err() {
        return Bytes::new();
    }
    line.extend_from_slice(b"}\n");
    line.into()
}
