//! While the record cannot be written, nothing is started: its trigger would only be refused.

use events::{Event, Level};

use crate::dispatcher::Controller;

/// How often a record that fails is asked again, milliseconds.
const ASK_MS: u64 = 1_000;

impl Controller {
    /// Asks the record whether it can be written, and tells when that has changed.
    pub(crate) fn ask_record(&mut self) {
        let failing = self.stream.ledger().failing();
        if failing.is_some() != self.standstill_until_ms.is_some() {
            self.queue_changed = true;
            let (level, text) = match &failing {
                Some(why) => {
                    let next = "make room on its disk or mend its place: the batch then goes on by itself";
                    (Level::Error, format!("nothing is started or triggered: {why}; {next}"))
                }
                None => (Level::Info, "the record can be written again: the batch goes on".to_owned()),
            };
            self.stream.tell(Event::Note { slot: None, level, text });
        }
        self.standstill_until_ms = failing.map(|_| self.clock.now_ms() + ASK_MS);
    }
}
