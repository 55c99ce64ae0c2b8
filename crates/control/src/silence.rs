//! Silence: a module that an earlier run left in data mode counts whatever it is sent (`families.md`, "Data mode").

use events::{Checkpoint, Event, Level};

use crate::dispatcher::Controller;
use crate::executor::Order;
use crate::triggers::checkpointed;

impl Controller {
    /// A data mode that an earlier run left open in the slot is what the next look into it waits for.
    pub(crate) fn remember_data_mode(&mut self, index: usize) {
        let now_ms = self.clock.now_ms();
        let slot = &mut self.slots[index];
        let here = self.setup.history.open_data_modes.iter().filter(|open| open.attempt.slot == slot.label);
        slot.silent_until_ms = here.map(|open| now_ms + open.timeout_ms).max();
    }

    /// Has the slot looked into, after the silence that its module may still need.
    pub(crate) async fn look(&mut self, index: usize) {
        let now_ms = self.clock.now_ms();
        let slot = &self.slots[index];
        let Some(ms) = slot.silent_until_ms.map(|until_ms| until_ms.saturating_sub(now_ms)) else {
            return self.order(index, Order::Look).await;
        };
        let label = slot.label.clone();
        let past_trigger = self.held.values().any(|open| open.slot == label);
        let text = format!("its module may still count raw bytes: nothing is sent for {} s", ms / 1000);
        self.stream.tell(Event::Note { slot: Some(label), level: Level::Warning, text });
        self.order(index, Order::KeepSilent { ms, past_trigger }).await;
    }

    /// The module counts bytes no more, unless the silence was cut short: then it is not touched.
    pub(crate) async fn kept_silent(&mut self, index: usize, whole: bool) {
        let setup = self.setup.clone();
        let label = self.slots[index].label.clone();
        self.bury_silent(index, whole);
        if !whole {
            return self.interrupted(index).await;
        }
        self.slots[index].silent_until_ms = None;
        for open in setup.history.open_data_modes.iter().filter(|open| open.attempt.slot == label) {
            self.stream.tell(checkpointed(open.attempt.clone(), Checkpoint::DataModeOver));
        }
        self.order(index, Order::Look).await;
    }

    /// The verdicts of units that an earlier run left in a slot that has to be silent. The end of an attempt would end its
    /// data mode on record: that waits for the whole silence.
    pub(crate) fn bury_silent(&mut self, index: usize, whole: bool) {
        let slot = &mut self.slots[index];
        if slot.silent_until_ms.is_none() || std::mem::replace(&mut slot.buried, true) {
            return;
        }
        let (setup, label) = (self.setup.clone(), self.slots[index].label.clone());
        for orphan in setup.history.orphans.iter().filter(|orphan| orphan.slot == label) {
            self.bury(orphan, whole);
        }
    }
}
