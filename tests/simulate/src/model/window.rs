//! The time from a trigger to its resolution, as the wire shows it.

use events::Family;

use super::families::{Told, quiet_ms};

/// Two answers so far apart settle, milliseconds; a little less than 2 s, for the wire's own time.
const SETTLED_MS: u64 = 1_900;
/// After a sign of life nothing is asked for so long at least, milliseconds.
const CALM_MS: u64 = 4_900;

/// Which rule of `families.md`, "When is a trigger resolved?", the wire has shown to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// 1: it runs the target, settled.
    Target,
    /// 2: the trigger was answered with an error.
    Rejected,
    /// 3: a terminal failure, and the old revision, settled.
    FailedBack,
    /// 4: quiet, and the old revision, settled.
    QuietBack,
}

/// Whose trigger it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The module's own.
    Own,
    /// Another module's with the same IMEI.
    Twins,
}

/// A trigger that was sent and has not been resolved on record.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    family: Family,
    /// The unit that sent it.
    pub(crate) unit: String,
    /// The attempt that sent it.
    pub(crate) attempt: String,
    from: String,
    to: String,
    /// Where the module was then.
    slot: String,
    last_life_ms: u64,
    /// Whether anything at all has come since, apart from the trigger's answer.
    stirred: bool,
    /// Whether it has been asked since it began, or since the controller is a new one.
    probed: bool,
    terminal: bool,
    whose: Whose,
    /// The revision seen last, target or old, and since when.
    seen: Option<(bool, u64)>,
    /// When it was seen last.
    settled_ms: u64,
    /// Resets sent.
    pub(crate) resets: u32,
    /// What the wire has proved.
    pub(crate) proof: Option<Proof>,
}

impl Window {
    /// A trigger is sent now, for the package from `from` to `to`.
    pub(crate) fn new(family: Family, armed: &Armed, slot: &str, now_ms: u64) -> Self {
        Self {
            family,
            unit: armed.unit.clone(),
            attempt: armed.attempt.clone(),
            from: armed.from.clone(),
            to: armed.to.clone(),
            slot: slot.to_owned(),
            last_life_ms: now_ms,
            stirred: false,
            probed: false,
            terminal: false,
            whose: Whose::Own,
            seen: None,
            settled_ms: 0,
            resets: 0,
            proof: None,
        }
    }

    /// The same for a module that bears the same IMEI.
    pub(crate) fn of_its_twin(&self) -> Self {
        Self { whose: Whose::Twins, proof: None, ..self.clone() }
    }

    /// Whether another module with the same IMEI was triggered, not this one.
    pub(crate) fn twins(&self) -> bool {
        self.whose == Whose::Twins
    }

    /// Another module was put into `slot`: nobody can know any more who is there.
    pub(crate) fn displaced(&mut self, slot: &str) {
        if self.slot == slot {
            self.slot.clear();
        }
    }

    /// Whether nobody has asked this module since the controller is a new one.
    pub(crate) fn unasked(&self) -> bool {
        !self.twins() && !self.probed && self.seen.is_none()
    }

    /// A sign of life of the update.
    pub(crate) fn life(&mut self, now_ms: u64) {
        self.last_life_ms = now_ms;
        self.stirred = true;
    }

    /// The revision that its package leads to.
    pub(crate) fn target(&self) -> &str {
        &self.to
    }

    /// Whether the update has shown itself since the trigger.
    pub(crate) fn stirred(&self) -> bool {
        self.stirred
    }

    /// A line that is no answer to the trigger.
    pub(crate) fn line(&mut self, now_ms: u64, told: Told, revision: &str) {
        match told {
            Told::Life => self.life(now_ms),
            Told::Terminal => {
                self.terminal = true;
                self.stirred = true;
                // The answers may have settled before the status read.
                if let Some((false, since_ms)) = self.seen
                    && self.settled_ms >= since_ms + SETTLED_MS
                {
                    self.proof = Some(Proof::FailedBack);
                }
            }
            Told::Nothing => {}
        }
        if revision == self.to {
            self.sighted(now_ms, true);
        } else if revision == self.from {
            self.sighted(now_ms, false);
        }
    }

    fn sighted(&mut self, now_ms: u64, target: bool) {
        let since_ms = match self.seen {
            Some((same, since_ms)) if same == target => since_ms,
            Some(_) | None => now_ms,
        };
        self.seen = Some((target, since_ms));
        self.settled_ms = now_ms;
        if now_ms < since_ms + SETTLED_MS {
            return;
        }
        let quiet = now_ms >= self.last_life_ms + quiet_ms(self.family);
        let proof = match (target, self.terminal, quiet) {
            (true, _, _) => Proof::Target,
            (false, true, _) => Proof::FailedBack,
            (false, false, true) => Proof::QuietBack,
            (false, false, false) => return,
        };
        self.proof = Some(proof);
    }

    /// A probe is sent: whether that is too early. In another slot nobody can know who is there.
    pub(crate) fn probe_is_early(&mut self, slot: &str, now_ms: u64) -> bool {
        if slot != self.slot {
            return false;
        }
        let first = !std::mem::replace(&mut self.probed, true);
        let wait_ms = if self.stirred { CALM_MS } else { quiet_ms(self.family) };
        first && now_ms < self.last_life_ms + wait_ms
    }

    /// A new controller has come, and listens first.
    pub(crate) fn restarted(&mut self, now_ms: u64) {
        self.last_life_ms = now_ms;
        self.stirred = false;
        self.probed = false;
        self.seen = None;
    }
}

/// A trigger whose checkpoint is durable.
#[derive(Clone, Debug)]
pub(crate) struct Armed {
    pub(crate) unit: String,
    pub(crate) attempt: String,
    pub(crate) from: String,
    pub(crate) to: String,
}
