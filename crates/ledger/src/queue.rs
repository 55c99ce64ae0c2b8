//! The bounded queue before the writer: what is let in, what is dropped when the disk does not keep up, and what is
//! kept when it fails.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use events::{Event, Level, Stamped};
use uuid::{Builder, Uuid};

use crate::item::{Item, Reply};

/// The most events that wait for the disk at once.
pub const QUEUE_EVENTS: usize = 65_536;

/// Transcripts are let in up to this many, so that the rest is left for what matters more.
const TRANSCRIPTS_UP_TO: usize = QUEUE_EVENTS / 4 * 3;

/// What was dropped and is not told in the record yet.
#[derive(Debug, Default)]
struct Dropped {
    transcripts: u64,
    others: u64,
}

/// Keys of events: UUIDv7, counted on within a process (RFC 9562, 6.2, method 2) from one draw of chance. A draw for each
/// would cost more than the event.
struct EventKeys(u128);

impl Default for EventKeys {
    fn default() -> Self {
        Self(Uuid::now_v7().as_u128())
    }
}

impl EventKeys {
    fn next(&mut self) -> Uuid {
        self.0 = self.0.wrapping_add(1);
        let mut chance = [0; 10];
        chance.copy_from_slice(&self.0.to_be_bytes()[6..]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Builder::from_unix_timestamp_millis(ms, &chance).into_uuid()
    }
}

/// Everything that is not on disk yet.
#[derive(Default)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    /// How many the writer has in hand, and the first one's ticket.
    in_hand: usize,
    first_in_hand: Option<u64>,
    /// The last write failed.
    failing: bool,
    tickets: u64,
    keys: EventKeys,
    dropped: Dropped,
    dropped_ever: u64,
    /// Run and batch of the last event: the next ones have nearly always the same.
    names: Option<(Arc<str>, Arc<str>)>,
}

impl Queue {
    /// Lets an event in, or drops it (and others) when there is no room. Who waits for one that was not let in is
    /// handed back to be answered.
    pub(crate) fn push(
        &mut self,
        run: &str,
        batch: &str,
        stamped: Arc<Stamped>,
        reply: Option<Reply>,
    ) -> Option<Reply> {
        let (run, batch) = self.names(run, batch);
        self.tickets += 1;
        let item = Item { ticket: self.tickets, id: self.keys.next(), run, batch, stamped, reply };
        if item.is_transcript() && self.len() >= TRANSCRIPTS_UP_TO {
            self.count_dropped(1, 0);
            return item.reply;
        }
        if self.len() >= QUEUE_EVENTS {
            self.drop_transcripts();
        }
        if self.len() >= QUEUE_EVENTS {
            self.count_dropped(0, 1);
            return item.reply;
        }
        self.items.push_back(item);
        None
    }

    /// The next at most `limit` events, in order, for the writer; with a note of what was dropped, unless the disk
    /// is failing and the note would only wait with the rest.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<Item> {
        let count = limit.min(self.items.len());
        let mut items: Vec<Item> = self.items.drain(..count).collect();
        if !self.failing
            && let Some(note) = items.last().and_then(|last| self.note(last))
        {
            items.push(note);
        }
        self.in_hand = items.len();
        self.first_in_hand = items.first().map(|item| item.ticket);
        items
    }

    /// The writer has written what it had in hand.
    pub(crate) fn written(&mut self) {
        self.put_down();
        self.failing = false;
    }

    fn put_down(&mut self) {
        self.in_hand = 0;
        self.first_in_hand = None;
    }

    /// The writer could not write what it had in hand: it comes first again, but without those that somebody waits
    /// for, here and behind it. They are handed back to be answered.
    pub(crate) fn failed(&mut self, in_hand: Vec<Item>) -> Vec<Reply> {
        self.put_down();
        self.failing = true;
        for item in in_hand.into_iter().rev() {
            self.items.push_front(item);
        }
        let (awaited, kept) = self.items.drain(..).partition::<VecDeque<_>, _>(|item| item.reply.is_some());
        self.items = kept;
        awaited.into_iter().filter_map(|item| item.reply).collect()
    }

    /// Gives up everything; who waits for it is told by the dropping.
    pub(crate) fn give_up(&mut self) -> VecDeque<Item> {
        self.put_down();
        std::mem::take(&mut self.items)
    }

    /// How many events are not on disk yet.
    pub(crate) fn len(&self) -> usize {
        self.items.len() + self.in_hand
    }

    /// Whether the writer has nothing to take.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The last ticket given out.
    pub(crate) fn last_ticket(&self) -> u64 {
        self.tickets
    }

    /// Whether nothing up to `ticket` waits any more.
    pub(crate) fn is_past(&self, ticket: u64) -> bool {
        let first = self.first_in_hand.or_else(|| self.items.front().map(|item| item.ticket));
        first.is_none_or(|first| first > ticket)
    }

    /// How many events were dropped since the ledger was opened.
    pub(crate) fn dropped_ever(&self) -> u64 {
        self.dropped_ever
    }

    fn names(&mut self, run: &str, batch: &str) -> (Arc<str>, Arc<str>) {
        let known =
            self.names.take().filter(|(old_run, old_batch)| &**old_run == run && &**old_batch == batch);
        let names = known.unwrap_or_else(|| (run.into(), batch.into()));
        self.names.insert(names).clone()
    }

    fn drop_transcripts(&mut self) {
        let before = self.items.len();
        self.items.retain(|item| !item.is_transcript());
        let dropped = before - self.items.len();
        self.count_dropped(dropped as u64, 0);
    }

    fn count_dropped(&mut self, transcripts: u64, others: u64) {
        self.dropped.transcripts += transcripts;
        self.dropped.others += others;
        self.dropped_ever += transcripts + others;
    }

    /// A note of what was dropped, to be written right behind `last`.
    fn note(&mut self, last: &Item) -> Option<Item> {
        let Dropped { transcripts, others } = std::mem::take(&mut self.dropped);
        if transcripts + others == 0 {
            return None;
        }
        let level = if others == 0 { Level::Warning } else { Level::Error };
        let text = format!(
            "the ledger could not keep up: {transcripts} transcript lines and {others} other events are not recorded"
        );
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(Item {
            ticket: last.ticket,
            id: self.keys.next(),
            run: Arc::clone(&last.run),
            batch: Arc::clone(&last.batch),
            stamped: Arc::new(Stamped {
                seq: 0,
                unix_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
                run_ms: last.stamped.run_ms,
                event: Event::Note { slot: None, level, text },
            }),
            reply: None,
        })
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
