//! Who may start now: the limits of rack and hub, the canaries, a pause.

use std::collections::BTreeMap;

use events::{Module, SlotState};

use crate::dispatcher::Controller;
use crate::executor::Order;
use crate::policy::Kind;
use crate::slot::Stage;

impl Controller {
    /// Modules that are being flashed.
    pub(crate) fn in_flight(&self) -> usize {
        (0..self.slots.len()).filter(|index| self.in_work(*index)).count()
    }

    /// Modules that may be started now: within the rack's limit, and no more than are still wanted.
    fn free_places(&self) -> usize {
        let done: usize = self.summary.verdicts.values().sum();
        let wanted = self.setup.policy.units.map_or(usize::MAX, |units| units.saturating_sub(done));
        self.setup.limits.in_flight.min(wanted).saturating_sub(self.in_flight())
    }

    /// The place in the queue of the first that may start.
    pub(crate) fn startable(&self) -> Option<usize> {
        if self.queue.is_empty()
            || self.paused
            || self.standstill_until_ms.is_some()
            || self.free_places() == 0
        {
            return None;
        }
        let hubs = self.busy_by_hub();
        self.queue.iter().position(|index| self.must_wait(*index, &hubs).is_none())
    }

    fn busy_by_hub(&self) -> BTreeMap<&str, usize> {
        let mut hubs = BTreeMap::new();
        for (index, slot) in self.slots.iter().enumerate() {
            if let (Some(hub), true) = (&slot.hub, self.in_work(index)) {
                *hubs.entry(hub.as_str()).or_default() += 1;
            }
        }
        hubs
    }

    /// What the slot has to wait for besides the rack's limit.
    fn must_wait(&self, index: usize, hubs: &BTreeMap<&str, usize>) -> Option<String> {
        let slot = &self.slots[index];
        if let Some(hub) = slot.hub.as_deref()
            && hubs.get(hub).copied().unwrap_or_default() >= self.setup.limits.per_hub
        {
            return Some(format!("limit of hub {hub}"));
        }
        let unit = slot.unit.as_ref()?;
        let kind = kind(unit.module.as_ref()?);
        let waits = unit.kind.is_none() && !self.conduct.may_start(&self.setup.policy, &kind);
        waits.then(|| "canaries".to_owned())
    }

    /// Starts the attempt that has waited longest of those that may start.
    pub(crate) async fn admit(&mut self) {
        self.ask_record();
        let Some(index) = self.startable().and_then(|place| self.queue.remove(place)) else { return };
        self.queue_changed = true;
        let stage = std::mem::replace(&mut self.slots[index].stage, Stage::Attempting);
        let Stage::Queued(attempt) = stage else {
            self.slots[index].stage = stage;
            return;
        };
        self.next_start_ms = self.clock.now_ms() + self.setup.limits.stagger_ms;
        self.count_start(index, &attempt.module);
        self.slots[index].fetched = false;
        self.slot_state(index, SlotState::Busy);
        self.order(index, Order::Attempt(attempt)).await;
    }

    /// The unit's first start makes it a canary, and a run of its IMEI towards the target.
    fn count_start(&mut self, index: usize, module: &Module) {
        let Some(unit) = &mut self.slots[index].unit else { return };
        if unit.kind.is_none() {
            let kind = kind(module);
            unit.kind = Some(kind.clone());
            *self.runs.entry((module.imei.clone(), unit.target.clone())).or_default() += 1;
            self.conduct.started(kind);
        }
    }

    /// Tells those who wait what for, where that has changed.
    pub(crate) fn tell_waiting(&mut self) {
        if !std::mem::take(&mut self.queue_changed) {
            return;
        }
        let full = self.free_places() == 0;
        let hubs = self.busy_by_hub();
        let reason = |index: usize| {
            if self.paused {
                Some("the batch is paused".to_owned())
            } else if self.standstill_until_ms.is_some() {
                Some("the record cannot be written".to_owned())
            } else {
                let full = full.then(|| "limit of modules in flight".to_owned());
                self.must_wait(index, &hubs).or(full)
            }
        };
        let reasons: Vec<_> = self.queue.iter().map(|index| (*index, reason(*index))).collect();
        for (index, reason) in reasons {
            if let Some(text) = reason
                && self.slots[index].waits_for.as_ref() != Some(&text)
            {
                self.slot_state(index, SlotState::Waiting { reason: text.clone() });
                self.slots[index].waits_for = Some(text);
            }
        }
    }
}

/// What a module counts as among the canaries.
fn kind(module: &Module) -> Kind {
    (module.model.clone(), module.revision.clone())
}
