//! Where the batch stands: what every screen shows at its head.

use std::collections::BTreeMap;

use events::{Event, Phase, SlotState, Verdict};

/// Counts over the event stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    slots: usize,
    empty: usize,
    passed_earlier: usize,
    verdicts: BTreeMap<Verdict, usize>,
    phases: BTreeMap<String, Phase>,
}

impl Tally {
    /// Takes an event in; `true` when it changes what [`Self::line`] says.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what this screen has no use for, it leaves out")]
    pub(crate) fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::RunStarted { slots, .. } => self.slots = slots.len(),
            Event::Slot { state: SlotState::Empty, .. } => self.empty += 1,
            Event::PassedEarlier { slot, .. } => {
                self.passed_earlier += 1;
                self.phases.remove(slot);
            }
            Event::UnitEnded { slot, verdict, .. } => {
                *self.verdicts.entry(*verdict).or_default() += 1;
                self.phases.remove(slot);
            }
            Event::PhaseStarted { slot, phase, .. } => {
                return self.phases.insert(slot.clone(), *phase) != Some(*phase);
            }
            _ => return false,
        }
        true
    }

    /// `24 slots: 12 passed, 1 failed; 9 under way (2 deliver, 7 update); 2 empty`.
    pub(crate) fn line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if self.passed_earlier > 0 {
            parts.push(format!("{} passed earlier", self.passed_earlier));
        }
        parts.extend(self.verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")));
        let mut phases: BTreeMap<Phase, usize> = BTreeMap::new();
        for phase in self.phases.values() {
            *phases.entry(*phase).or_default() += 1;
        }
        let under_way: Vec<String> = phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
        if !under_way.is_empty() {
            parts.push(format!("{} under way ({})", self.phases.len(), under_way.join(", ")));
        }
        if self.empty > 0 {
            parts.push(format!("{} empty", self.empty));
        }
        format!(
            "{} slots: {}",
            self.slots,
            if parts.is_empty() { "starting".to_owned() } else { parts.join(", ") }
        )
    }
}
