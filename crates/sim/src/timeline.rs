//! What a module will do and when: effects in the order of their module time.

use std::collections::BTreeMap;

use crate::raw::RawMode;
use crate::update::Stage;

/// Something that happens to a module at its time.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Bytes go out of the port.
    Say(Vec<u8>),
    /// The port leaves the bus.
    PortDown,
    /// The port comes back.
    PortUp,
    /// The module hears nothing from now on.
    Deaf,
    /// It has booted: it hears, and what was only in memory is forgotten.
    Hears,
    /// It hears again, without having rebooted.
    Listens,
    /// It takes raw bytes.
    Raw(RawMode),
    /// It starts to fetch from its network.
    Fetch(String),
    /// The update enters a stage.
    Stage(Stage),
    /// The update has ended; with the new revision, or without.
    Ended(Ending),
    /// The power is cut (behaviour 32).
    PowerCut,
    /// The family goes on with this.
    Step(Step),
    /// The next load of garbage (behaviour flood).
    Flood,
    /// Another process's next command (behaviour 41).
    Intrusion,
    /// It is on the bus in emergency download mode (behaviour 36).
    Emergency,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed,
}

/// Points at which a family's own code decides how to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The package is there: flash it.
    Flash,
    /// The download has been silent for too long.
    DownloadStalled,
    /// The module falls asleep (behaviour 40).
    Sleep,
}

/// Effects by time; those of one moment in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    effects: BTreeMap<(u64, u64), Effect>,
    added: u64,
}

impl Timeline {
    pub(crate) fn add(&mut self, at_ms: u64, effect: Effect) {
        self.added += 1;
        self.effects.insert((at_ms, self.added), effect);
    }

    pub(crate) fn next_at(&self) -> Option<u64> {
        self.effects.first_key_value().map(|((at_ms, _), _)| *at_ms)
    }

    pub(crate) fn take_due(&mut self, now_ms: u64) -> Option<Effect> {
        if self.next_at()? > now_ms {
            return None;
        }
        self.effects.pop_first().map(|(_, effect)| effect)
    }

    pub(crate) fn clear(&mut self) {
        self.effects.retain(|_, effect| matches!(effect, Effect::Flood | Effect::Intrusion));
    }

    /// Whether emergency download mode is still to come.
    pub(crate) fn has_emergency(&self) -> bool {
        self.effects.values().any(|effect| matches!(effect, Effect::Emergency))
    }

    /// Drops `step` wherever it is still to come.
    pub(crate) fn cancel(&mut self, step: Step) {
        self.effects.retain(|_, effect| !matches!(effect, Effect::Step(planned) if *planned == step));
    }
}

/// Effects laid out one after the other, counted from a moment that is set later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    after_ms: u64,
    effects: Vec<(u64, Effect)>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The next effects come `ms` later.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        self.after_ms += ms;
        self
    }

    pub(crate) fn then(&mut self, effect: Effect) -> &mut Self {
        self.effects.push((self.after_ms, effect));
        self
    }

    /// A line of the module's own accord, framed as all lines are; nothing when it is empty.
    pub(crate) fn say(&mut self, line: &str) -> &mut Self {
        if line.is_empty() {
            return self;
        }
        self.then(Effect::Say(format!("\r\n{line}\r\n").into_bytes()))
    }

    /// The port goes away for `away_ms` and comes back.
    pub(crate) fn cycle_port(&mut self, away_ms: u64) -> &mut Self {
        self.then(Effect::PortDown).wait(away_ms).then(Effect::PortUp)
    }

    /// How long it takes, in ms.
    pub(crate) const fn length_ms(&self) -> u64 {
        self.after_ms
    }

    /// Both happen, side by side.
    pub(crate) fn merge(&mut self, other: Self) {
        self.after_ms = self.after_ms.max(other.after_ms);
        self.effects.extend(other.effects);
    }

    pub(crate) fn add_at(&mut self, after_ms: u64, effect: Effect) {
        self.effects.push((after_ms, effect));
    }

    pub(crate) fn into_effects(self) -> Vec<(u64, Effect)> {
        self.effects
    }

    pub(crate) fn effects_mut(&mut self) -> &mut Vec<(u64, Effect)> {
        &mut self.effects
    }
}
