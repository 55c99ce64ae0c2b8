//! What the bus shows: modules that come and go outside of an attempt. Inside one, its executor sees it on the port.

use events::{Event, Level, Module, SlotPlace, SlotState, Verdict};

use crate::dispatcher::Controller;
use crate::executor::Tokens;
use crate::outside::{Presence, Seen};
use crate::setup::SlotSetup;
use crate::slot::Stage;

/// Modules in a row that could not be identified in one slot, after which a continuous run suspects the slot.
const UNIDENTIFIED: u32 = 10;

impl Controller {
    /// The slot's place in the list.
    pub(crate) fn place_of(&self, label: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.label == label)
    }

    /// Takes note of what is plugged in now. Only the difference to the last time matters: changes in between may have
    /// been seen in one go, and the generation tells.
    pub(crate) async fn note_presence(&mut self, presence: &Presence) {
        for (label, seen) in presence {
            match self.place_of(label) {
                Some(index) => self.seen(index, seen).await,
                None => self.stranger(label, seen).await,
            }
        }
        for index in 0..self.slots.len() {
            if self.slots[index].there && !presence.contains_key(&self.slots[index].label) {
                self.gone(index);
            }
        }
        let gone: Vec<String> =
            self.strangers.keys().filter(|place| !presence.contains_key(*place)).cloned().collect();
        for slot in gone {
            self.strangers.remove(&slot);
            self.stream.tell(Event::Unplugged { slot: slot.clone() });
            self.stream.tell(Event::Slot { slot, state: SlotState::Empty });
        }
    }

    async fn seen(&mut self, index: usize, seen: &Seen) {
        let slot = &mut self.slots[index];
        slot.hub.clone_from(&seen.hub);
        slot.there = true;
        if slot.generation == seen.generation {
            return;
        }
        slot.generation = seen.generation;
        let label = slot.label.clone();
        self.stream.tell(plugged(label.clone(), seen));
        let slot = &self.slots[index];
        if !slot.done() || self.stopping.is_some() {
            return;
        }
        if self.expects_triggered(index) {
            self.rearm(index).await;
        } else if slot.quarantined.is_some() {
            let text = "put in while the slot is in quarantine: not touched".to_owned();
            self.stream.tell(Event::Note { slot: Some(label), level: Level::Info, text });
        } else if self.setup.policy.continuous {
            self.rearm(index).await;
        } else if slot.looked {
            let text = "put in after the start: not touched (--continuous takes it, and so does a re-test)";
            self.stream.tell(Event::Note { slot: Some(label), level: Level::Info, text: text.to_owned() });
        }
    }

    fn gone(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.there = false;
        if slot.done() {
            let slot = slot.label.clone();
            self.stream.tell(Event::Unplugged { slot });
        }
    }

    /// A port that the rack's file does not name: shown, and touched only when all ports are wanted.
    async fn stranger(&mut self, place: &str, seen: &Seen) {
        if let Some(template) = self.setup.unlabelled.clone() {
            let setup = SlotSetup { label: place.to_owned(), ..template };
            let slot = self.crew.engage(setup);
            self.slots.push(slot);
            self.lay_out_anew();
            let index = self.slots.len() - 1;
            self.remember_data_mode(index);
            self.seen(index, seen).await;
            return self.look(index).await;
        }
        if self.strangers.insert(place.to_owned(), seen.generation) == Some(seen.generation) {
            return;
        }
        self.stream.tell(plugged(place.to_owned(), seen));
        self.stream.tell(Event::Slot { slot: place.to_owned(), state: SlotState::Unlabelled });
    }

    /// Tells where the slots are, with those that were found on the way.
    fn lay_out_anew(&mut self) {
        let found = |slot: &crate::slot::Slot| SlotPlace {
            slot: slot.label.clone(),
            place: slot.label.clone(),
            hub: slot.hub.clone(),
        };
        let mut places = self.setup.places.clone();
        places.extend(self.slots.iter().skip(self.setup.slots.len()).map(found));
        self.stream.tell(Event::Layout { columns: self.setup.columns, places });
    }

    /// Counts how often in a row the same module ended in the slot without passing.
    pub(crate) async fn count_stranded(&mut self, index: usize, verdict: Verdict) {
        let slot = &mut self.slots[index];
        let imei = slot.imei().cloned();
        if verdict.good() {
            slot.stranded = (None, 0);
            return;
        }
        let times = if slot.stranded.0 == imei { slot.stranded.1 + 1 } else { 1 };
        slot.stranded = (imei.clone(), times);
        if imei.is_none()
            && times >= UNIDENTIFIED
            && self.setup.policy.continuous
            && slot.quarantined.is_none()
        {
            let why = format!("after {times} modules in a row that could not be identified");
            // It is done: nothing refuses this.
            let _put = self.quarantine(index, why).await;
        }
    }

    /// Whether the module has ended here so often that only a re-test by hand takes it again. It is told once.
    pub(crate) fn stranded_again(&mut self, index: usize, module: &Module) -> bool {
        let attempts = self.setup.policy.attempts;
        let slot = &mut self.slots[index];
        let (Some(imei), times) = &slot.stranded else { return false };
        if *imei != module.imei || *times < attempts {
            return false;
        }
        if *times == attempts {
            slot.stranded.1 += 1;
            let text =
                format!("IMEI {} is there once more: only a re-test by hand takes it again", module.imei);
            let slot = Some(slot.label.clone());
            self.stream.tell(Event::Note { slot, level: Level::Warning, text });
        }
        true
    }

    /// Another module is in the slot than the one that was triggered there. That one's IMEI stays held, wherever it is;
    /// a continuous run takes up the other one.
    pub(crate) async fn vacated(&mut self, index: usize) {
        self.slots[index].vacated = true;
        let waited_for = self.slots[index].quarantined.is_none() && self.stopping.is_none();
        if self.setup.policy.continuous && waited_for {
            self.rearm(index).await;
        } else if !self.slots[index].done() {
            self.finish(index, SlotState::Done).await;
        }
    }

    /// The slot begins anew with whatever is in it.
    pub(crate) async fn rearm(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.orders.is_closed() {
            let text = "a defect stopped this slot: it can be used again after the next start".to_owned();
            let slot = Some(slot.label.clone());
            return self.stream.tell(Event::Note { slot, level: Level::Warning, text });
        }
        slot.tokens = Tokens::default();
        slot.stage = Stage::Identifying;
        slot.unit = None;
        slot.ending = None;
        slot.identified = 0;
        slot.past_no_return = false;
        self.look(index).await;
    }
}

fn plugged(slot: String, seen: &Seen) -> Event {
    Event::Plugged { slot, generation: seen.generation, usb: seen.usb.clone(), ttys: seen.ttys.clone() }
}
