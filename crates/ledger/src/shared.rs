//! What the ledger's callers and its writer share: the queue under a lock that is never held while the disk works.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use events::Stamped;

use crate::item::{Item, Reply};
use crate::queue::{QUEUE_EVENTS, Queue};

/// How long the writer gathers ordinary events for one commit: each commit writes every page that it touched, so a few
/// large ones cost a rack that talks all the time a fraction of what many small ones do. What somebody waits for is written
/// at once, with all before it.
const GATHER: Duration = Duration::from_millis(100);
/// How long the writer waits after a failure, when nobody asks for anything.
const RETRY: Duration = Duration::from_secs(1);
/// The most events of one transaction.
const TRANSACTION_EVENTS: usize = 2048;

/// The most write times that are kept until somebody takes them.
const WRITE_TIMES: usize = 1_000;

/// How the ledger is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerStatus {
    /// The last write reached the disk (or there was none yet), and the writer lives.
    pub ok: bool,
    /// Why the last write failed, while `ok` is false.
    pub last_error: Option<String>,
    /// Events that are not on disk yet.
    pub queued: usize,
    /// Events that were dropped for want of room since the ledger was opened.
    pub dropped: u64,
    /// How long the last write took that reached the disk, in milliseconds.
    pub write_ms_last: u64,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// When the writer takes what there is, unless something is urgent.
    due: Option<Instant>,
    /// Somebody waits.
    urgent: bool,
    closing: bool,
    stopped: bool,
    last_error: Option<String>,
    write_ms_last: u64,
    /// What the writes since they were last taken took, in microseconds; [`WRITE_TIMES`] at most, the oldest go.
    write_us: VecDeque<u64>,
}

#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Something was queued, or the ledger is closing: for the writer.
    queued: Condvar,
    /// Something was written or given up: for who flushes.
    settled: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event.
    pub(crate) fn push(&self, run: &str, batch: &str, stamped: Arc<Stamped>, reply: Option<Reply>) {
        let mut state = self.lock();
        if state.stopped {
            drop(state);
            // Outside of the lock, as every answer: what it calls may come back here.
            drop(reply);
            return;
        }
        state.urgent |= reply.is_some();
        let wake = state.urgent || state.queue.is_empty();
        let refused = state.queue.push(run, batch, stamped, reply);
        state.due.get_or_insert_with(|| Instant::now() + GATHER);
        drop(state);
        if wake {
            self.queued.notify_one();
        }
        if let Some(reply) = refused {
            reply.answer(Err(format!("the ledger's queue of {QUEUE_EVENTS} events is full")));
        }
    }

    /// For the writer: waits until there is something to write; `None` when the ledger closes and there is not.
    pub(crate) fn take(&self) -> Option<Vec<Item>> {
        let mut state = self.lock();
        loop {
            let wait = state.due.map(|due| due.saturating_duration_since(Instant::now()));
            if state.queue.is_empty() {
                state.due = None;
                state.urgent = false;
                if state.closing {
                    return None;
                }
                state = self.queued.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else if let Some(wait) = wait.filter(|wait| !wait.is_zero() && !state.urgent && !state.closing)
            {
                state = self.queued.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
            } else {
                let items = state.queue.take(TRANSACTION_EVENTS);
                // What is left over is written next; what comes meanwhile is gathered anew.
                if state.queue.is_empty() {
                    state.due = None;
                    state.urgent = false;
                }
                return Some(items);
            }
        }
    }

    /// For the writer: what it took is on disk since `took` after it began.
    pub(crate) fn written(&self, items: Vec<Item>, took: Duration) {
        let mut state = self.lock();
        state.queue.written();
        state.last_error = None;
        state.write_ms_last = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if state.write_us.len() == WRITE_TIMES {
            state.write_us.pop_front();
        }
        state.write_us.push_back(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        drop(state);
        self.settled.notify_all();
        for reply in items.into_iter().filter_map(|item| item.reply) {
            reply.answer(Ok(()));
        }
    }

    /// For the writer: what it took could not be written because of `error`.
    pub(crate) fn failed(&self, items: Vec<Item>, error: &str) {
        let mut state = self.lock();
        let replies = state.queue.failed(items);
        state.last_error = Some(error.to_owned());
        state.urgent = false;
        state.due = Some(Instant::now() + RETRY);
        let given_up = state.closing.then(|| state.queue.give_up());
        drop(state);
        drop(given_up);
        self.settled.notify_all();
        for reply in replies {
            reply.answer(Err(error.to_owned()));
        }
    }

    /// Waits until everything that is queued now is on disk.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), String> {
        let until = Instant::now() + timeout;
        let mut state = self.lock();
        let ticket = state.queue.last_ticket();
        state.urgent = true;
        self.queued.notify_one();
        loop {
            if state.queue.is_past(ticket) && !state.stopped {
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || state.stopped {
                let why = state.last_error.as_deref().unwrap_or("the time was too short");
                return Err(format!("{} events are not on disk: {why}", state.queue.len()));
            }
            state = self.settled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Asks the writer to write what there is and to end.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.queued.notify_one();
    }

    /// The writer has ended, in whatever way: who still waits is told.
    pub(crate) fn stopped(&self) {
        let mut state = self.lock();
        state.stopped = true;
        let closing = state.closing;
        if !closing {
            state.last_error = Some("the ledger's writer has stopped".to_owned());
        }
        let given_up = state.queue.give_up();
        drop(state);
        drop(given_up);
        self.settled.notify_all();
    }

    /// The write times since the last call, in microseconds.
    pub(crate) fn take_write_us(&self) -> Vec<u64> {
        std::mem::take(&mut self.lock().write_us).into()
    }

    pub(crate) fn status(&self) -> LedgerStatus {
        let state = self.lock();
        LedgerStatus {
            ok: state.last_error.is_none() && !state.stopped,
            last_error: state.last_error.clone(),
            queued: state.queue.len(),
            dropped: state.queue.dropped_ever(),
            write_ms_last: state.write_ms_last,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use events::{Event, Stamped};

    use super::Shared;
    use crate::item::Reply;

    #[test]
    fn what_comes_while_something_urgent_is_written_is_gathered() {
        let shared = Shared::default();
        let event =
            Arc::new(Stamped { seq: 1, unix_ms: 0, run_ms: 0, event: Event::Paused { paused: true } });
        shared.push("run", "batch", event.clone(), Some(Reply::new(drop)));
        let in_hand = shared.take();
        assert_eq!(in_hand.map(|items| items.len()), Some(1));
        shared.push("run", "batch", event, None);
        let state = shared.lock();
        assert!(!state.urgent && state.due.is_some(), "nobody waits for it: it is not due at once");
    }
}
