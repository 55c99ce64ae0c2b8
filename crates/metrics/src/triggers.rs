//! Triggers that are not resolved: since when, and in which slot.

use std::collections::BTreeMap;

use crate::slots::Slots;

/// The most unresolved triggers that are kept in mind. Each is a module that somebody holds.
const TRIGGERS: usize = 16_384;

/// The unresolved triggers by their attempts.
#[derive(Debug, Default)]
pub(crate) struct Triggers(BTreeMap<String, (String, u64)>);

impl Triggers {
    pub(crate) fn recorded(&mut self, attempt: &str, slot: &str, unix_ms: u64, slots: &Slots) {
        if self.0.len() < TRIGGERS {
            self.0.entry(attempt.to_owned()).or_insert_with(|| (slot.to_owned(), unix_ms));
        }
        self.show(slot, slots);
    }

    pub(crate) fn over(&mut self, attempt: &str, slots: &Slots) {
        if let Some((slot, _)) = self.0.remove(attempt) {
            self.show(&slot, slots);
        }
    }

    /// After slots came or went.
    pub(crate) fn show_all(&self, slots: &Slots) {
        for (slot, _) in self.0.values() {
            self.show(slot, slots);
        }
    }

    fn show(&self, slot: &str, slots: &Slots) {
        let here = self.0.values().filter(|(label, _)| label == slot);
        slots.trigger(slot, here.map(|(_, since)| *since).min());
    }
}
