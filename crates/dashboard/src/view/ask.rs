//! Questions before what cannot be taken back.

use events::{Action, SlotState};

use super::View;
use crate::state::{Slot, State};

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) choices: Vec<Choice>,
}

/// One of the answers; `Esc` is always another.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) key: char,
    pub(crate) text: String,
    pub(crate) answer: Answer,
}

/// What an answer leads to.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Act(Action),
    Leave,
}

impl Ask {
    /// Yes or no.
    pub(crate) fn yes(title: impl Into<String>, lines: Vec<String>, yes: &str, action: Action) -> Self {
        let choices = vec![Choice { key: 'y', text: yes.to_owned(), answer: Answer::Act(action) }];
        Self { title: title.into(), lines, choices }
    }

    /// Giving up on the module in `slot`.
    pub(crate) fn abort(slot: &Slot) -> Self {
        let line = if slot.unit.past_no_return {
            "It is past the point of no return: only a download from this rack's package host can still be stopped."
        } else {
            "Nothing has been flashed yet; the module is left as it is."
        };
        let action = Action::Abort { slot: slot.label.clone() };
        Self::yes(format!("abort {}", slot.name), vec![line.to_owned()], "abort", action)
    }

    /// Putting `slot` under quarantine, or releasing it.
    pub(crate) fn quarantine(slot: &Slot) -> Self {
        let (title, line, yes, action) = if let SlotState::Quarantined { reason } = &slot.state {
            let action = Action::Release { slot: slot.label.clone() };
            ("release", format!("Quarantined: {reason}"), "release", action)
        } else {
            let line = "Nothing more is started in it until it is released.".to_owned();
            ("quarantine", line, "quarantine", Action::Quarantine { slot: slot.label.clone() })
        };
        Self::yes(format!("{title} {}", slot.name), vec![line], yes, action)
    }

    /// Letting go of the held IMEI in `slot`; `None` when it is not known.
    pub(crate) fn release_imei(slot: &Slot) -> Option<Self> {
        let imei = slot.module()?.imei.clone();
        let lines = vec![
            format!(
                "Its trigger is unresolved. Release IMEI {imei} only after somebody has examined the module:"
            ),
            "a module that is still updating may be destroyed by another trigger.".to_owned(),
        ];
        Some(Self::yes(
            format!("release the IMEI in {}", slot.name),
            lines,
            "release",
            Action::ReleaseImei { imei },
        ))
    }

    /// Stopping the batch.
    pub(crate) fn stop() -> Self {
        let lines = vec![
            "Nothing new is started. What is past its trigger is seen through, then the run ends.".to_owned(),
        ];
        Self::yes("stop the batch", lines, "stop the batch", Action::Stop)
    }

    /// What leaving means.
    pub(crate) fn leave(view: &View, state: &State) -> Self {
        let mut choices =
            vec![Choice { key: 'l', text: "leave the dashboard".to_owned(), answer: Answer::Leave }];
        let mut line = "The batch goes on without the dashboard.".to_owned();
        if !view.options.recorded {
            choices.push(Choice {
                key: 's',
                text: "stop the batch".to_owned(),
                answer: Answer::Act(Action::Stop),
            });
        }
        let open = state.slots.iter().filter(|slot| slot.unit.past_no_return).count();
        let mut lines = Vec::new();
        if !view.options.attached && !view.options.recorded {
            let text = "end now, unresolved modules stay unknown".to_owned();
            choices.push(Choice { key: 'd', text, answer: Answer::Act(Action::Detach) });
            "Leaving goes on with lines instead of the dashboard.".clone_into(&mut line);
        }
        lines.push(line);
        if open > 0 && !view.options.recorded {
            lines.push(format!("{open} past the point of no return: stopping sees them through first."));
        }
        Self { title: "leave".to_owned(), lines, choices }
    }
}
