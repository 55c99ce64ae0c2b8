//! What a slot shows: its state as one symbol, one role of colour and one word.

use events::{SlotState, Verdict};

use crate::state::Slot;
use crate::theme::Role;

/// The state of a slot as it is seen from afar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    /// Past the point of no return.
    Past,
    /// Its port is away, or its module restarts.
    Away,
    /// Being worked on, nothing flashed yet.
    Busy,
    /// Not yet admitted.
    Waiting,
    /// Its module's verdict stands.
    Done(Verdict),
    /// Its module is held.
    Held,
    /// The slot is suspected.
    Quarantined,
    /// A port that the rack's file does not name.
    Unlabelled,
    /// No module.
    Empty,
}

impl Face {
    /// The face of `slot`. A slot keeps its result after the module is taken out, until the next one goes in.
    pub(crate) fn of(slot: &Slot) -> Self {
        match &slot.state {
            SlotState::Busy if slot.unit.away_since_ms.is_some() => Self::Away,
            SlotState::Busy if slot.unit.past_no_return => Self::Past,
            SlotState::Busy => Self::Busy,
            SlotState::Waiting { .. } => Self::Waiting,
            SlotState::Held { .. } => Self::Held,
            SlotState::Quarantined { .. } => Self::Quarantined,
            SlotState::Unlabelled => Self::Unlabelled,
            SlotState::Done | SlotState::Empty => {
                slot.unit.outcome.as_ref().map_or(Self::Empty, |outcome| Self::Done(outcome.verdict))
            }
        }
    }

    /// Its symbol, one column wide.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Past => "◆",
            Self::Away => "↻",
            Self::Busy => "▶",
            Self::Waiting => "◌",
            Self::Done(verdict) => verdict.symbol(),
            Self::Held => "‖",
            Self::Quarantined => "⊘",
            Self::Unlabelled => "~",
            Self::Empty => "·",
        }
    }

    /// Its role of colour.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Past => Role::Past,
            Self::Away => Role::Away,
            Self::Busy => Role::Busy,
            Self::Waiting => Role::Waiting,
            Self::Done(verdict) => Role::of(verdict),
            Self::Held => Role::Held,
            Self::Quarantined => Role::Quarantined,
            Self::Unlabelled | Self::Empty => Role::Dim,
        }
    }

    /// Its word; a slot at work shows its phase instead.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Past => "no return",
            Self::Away => "away",
            Self::Busy => "under way",
            Self::Waiting => "waits",
            Self::Done(verdict) => verdict.name(),
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Unlabelled => "no label",
            Self::Empty => "empty",
        }
    }

    /// Whether the slot is at work.
    pub(crate) const fn at_work(self) -> bool {
        matches!(self, Self::Past | Self::Away | Self::Busy)
    }
}
