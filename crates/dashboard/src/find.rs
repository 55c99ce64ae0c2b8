//! Which slots are shown in the table, and in which order.

use crate::face::Face;
use crate::state::{Slot, State};

/// By what the table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Slot,
    State,
    Model,
    Time,
    Fault,
}

impl Sort {
    /// The next one.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Slot => Self::State,
            Self::State => Self::Model,
            Self::Model => Self::Time,
            Self::Time => Self::Fault,
            Self::Fault => Self::Slot,
        }
    }

    /// Its name on the screen.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::State => "state",
            Self::Model => "model",
            Self::Time => "time",
            Self::Fault => "fault",
        }
    }
}

/// Which states are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Filter {
    #[default]
    All,
    AtWork,
    Waiting,
    Good,
    Bad,
    Attention,
    Empty,
}

impl Filter {
    /// The next one.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::All => Self::AtWork,
            Self::AtWork => Self::Waiting,
            Self::Waiting => Self::Good,
            Self::Good => Self::Bad,
            Self::Bad => Self::Attention,
            Self::Attention => Self::Empty,
            Self::Empty => Self::All,
        }
    }

    /// Its name on the screen.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::AtWork => "under way",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Bad => "not good",
            Self::Attention => "wants a person",
            Self::Empty => "empty",
        }
    }

    fn takes(self, face: Face) -> bool {
        match self {
            Self::All => true,
            Self::AtWork => face.at_work(),
            Self::Waiting => face == Face::Waiting,
            Self::Good => matches!(face, Face::Done(verdict) if verdict.good()),
            Self::Bad => matches!(face, Face::Done(verdict) if !verdict.good()),
            Self::Attention => wants_a_person(face),
            Self::Empty => face == Face::Empty,
        }
    }
}

/// Whether somebody has to look at a slot with this face.
pub(crate) fn wants_a_person(face: Face) -> bool {
    match face {
        Face::Held | Face::Quarantined | Face::Unlabelled => true,
        Face::Done(verdict) => !verdict.good(),
        Face::Past | Face::Away | Face::Busy | Face::Waiting | Face::Empty => false,
    }
}

/// Whether `slot` has `words` in its label, IMEI, model, revision, state, phase or fault. An empty search finds all.
pub(crate) fn matches(slot: &Slot, words: &str) -> bool {
    let words = words.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&words);
    let module = slot.module();
    words.is_empty()
        || has(&slot.name)
        || has(Face::of(slot).word())
        || slot.unit.phase.is_some_and(|now| has(now.phase.name()))
        || module.is_some_and(|module| {
            has(module.imei.as_str())
                || has(&module.model)
                || has(&module.revision)
                || has(module.family.name())
        })
        || slot.unit.outcome.as_ref().and_then(|outcome| outcome.revision.as_deref()).is_some_and(has)
        || slot.unit.fault().is_some_and(|fault| has(&fault.code.to_string()))
}

/// The places of the slots that are shown, sorted; slots that are equal stay in the rack's order.
pub(crate) fn found(state: &State, filter: Filter, words: &str, sort: Sort, reversed: bool) -> Vec<usize> {
    let taken = |slot: &Slot| filter.takes(Face::of(slot)) && matches(slot, words);
    let mut places: Vec<usize> =
        (0..state.slots.len()).filter(|place| state.slots.get(*place).is_some_and(taken)).collect();
    match sort {
        Sort::Slot => {}
        Sort::State => places.sort_by_key(|place| Face::of(&state.slots[*place])),
        Sort::Model => places.sort_by_key(|place| {
            state.slots[*place].module().map_or((true, String::new()), |module| (false, module.model.clone()))
        }),
        Sort::Time => places.sort_by_key(|place| std::cmp::Reverse(spent_ms(&state.slots[*place], state))),
        Sort::Fault => places.sort_by_key(|place| {
            state.slots[*place].unit.fault().map_or((true, None), |fault| (false, Some(fault.code)))
        }),
    }
    if reversed {
        places.reverse();
    }
    places
}

/// How long the module in `slot` took, or has taken so far; 0 where there is none.
pub(crate) fn spent_ms(slot: &Slot, state: &State) -> u64 {
    if let Some(outcome) = &slot.unit.outcome {
        return outcome.duration_ms;
    }
    if !Face::of(slot).at_work() {
        return 0;
    }
    state.now.run_ms.saturating_sub(slot.unit.began_ms.unwrap_or(slot.since_ms))
}
