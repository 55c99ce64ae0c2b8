//! What waits to be written.

use std::sync::Arc;

use events::{Event, Stamped};
use uuid::Uuid;

/// Answers whoever waits for an event to be on disk, exactly once: also when it is dropped unanswered.
pub(crate) struct Reply(Option<Answer>);

type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

impl Reply {
    pub(crate) fn new(answer: impl FnOnce(Result<(), String>) + Send + 'static) -> Self {
        Self(Some(Box::new(answer)))
    }

    pub(crate) fn answer(mut self, result: Result<(), String>) {
        if let Some(answer) = self.0.take() {
            answer(result);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(answer) = self.0.take() {
            answer(Err("the ledger's writer has stopped".to_owned()));
        }
    }
}

/// One event on its way to the disk.
pub(crate) struct Item {
    /// Its place among everything that was ever queued.
    pub(crate) ticket: u64,
    /// Its key, the same however often it is tried.
    pub(crate) id: Uuid,
    pub(crate) run: Arc<str>,
    pub(crate) batch: Arc<str>,
    pub(crate) stamped: Arc<Stamped>,
    /// Whoever waits for it.
    pub(crate) reply: Option<Reply>,
}

impl Item {
    pub(crate) fn is_transcript(&self) -> bool {
        matches!(self.stamped.event, Event::Transcript { .. })
    }
}
