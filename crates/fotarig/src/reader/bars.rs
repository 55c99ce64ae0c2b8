//! Live progress bars, one per slot, for terminals.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Event, SlotState, Stamped};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::reader::lines::words;
use crate::reader::tally::Tally;

/// Bars and their texts.
struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    slots: BTreeMap<String, ProgressBar>,
    tally: Tally,
}

/// Draws until the run ends; what is worth keeping is printed above the bars.
pub(crate) async fn follow(mut events: Receiver<Arc<Stamped>>) {
    let all = MultiProgress::new();
    let head = all.add(ProgressBar::new_spinner());
    head.set_style(style("{msg}"));
    let mut bars = Bars { all, head, slots: BTreeMap::new(), tally: Tally::default() };
    loop {
        match events.recv().await {
            Ok(stamped) => bars.take(&stamped.event),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    for bar in bars.slots.values() {
        bar.abandon();
    }
    bars.head.abandon();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌░")
}

impl Bars {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what this screen has no use for, it leaves out")]
    fn take(&mut self, event: &Event) {
        if self.tally.take(event) {
            self.head.set_message(self.tally.line());
        }
        match event {
            Event::RunStarted { slots, .. } => self.begin(slots),
            Event::Slot { slot, state } => self.state(slot, state),
            Event::PhaseStarted { slot, phase, past_no_return, .. } => {
                let past = if *past_no_return { ", past the point of no return" } else { "" };
                self.say(slot, &format!("{phase}{past}"));
                self.progress(slot, 0, 1);
            }
            Event::Progress { slot, done, total, .. } if *total > 0 => self.progress(slot, *done, *total),
            Event::UnitEnded { slot, .. } => {
                let Some((_, text)) = words(event) else { return };
                self.progress(slot, 1, 1);
                self.say(slot, text.lines().next().unwrap_or_default());
                if text.contains('\n') {
                    // A terminal that cannot be written to has nobody to tell.
                    let _gone = self.all.println(format!("{slot}  {text}"));
                }
            }
            Event::PassedEarlier { slot, .. } => self.say(slot, "= passed earlier"),
            Event::Note { slot: Some(slot), text, .. } => self.say(slot, text),
            Event::Note { slot: None, text, .. } => {
                let _gone = self.all.println(text);
            }
            _ => {}
        }
    }

    fn begin(&mut self, slots: &[String]) {
        for slot in slots {
            let bar = self.all.add(ProgressBar::new(100));
            bar.set_style(style("{prefix:6} {bar:24} {wide_msg}"));
            bar.set_prefix(slot.clone());
            self.slots.insert(slot.clone(), bar);
        }
    }

    fn state(&self, slot: &str, state: &SlotState) {
        match state {
            SlotState::Empty => self.say(slot, "empty"),
            SlotState::Waiting { reason } => self.say(slot, &format!("waits: {reason}")),
            SlotState::Held { reason } | SlotState::Quarantined { reason } => self.say(slot, reason),
            SlotState::Unlabelled => self.say(slot, "unlabelled: left alone"),
            SlotState::Busy | SlotState::Done => {}
        }
    }

    fn say(&self, slot: &str, text: &str) {
        if let Some(bar) = self.slots.get(slot) {
            bar.set_message(text.to_owned());
        }
    }

    fn progress(&self, slot: &str, done: u64, total: u64) {
        if let Some(bar) = self.slots.get(slot) {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}
