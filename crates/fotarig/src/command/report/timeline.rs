//! What was said to each module and what it said, with what happened in between.

use std::collections::{BTreeMap, VecDeque};

use events::{Checkpoint, Direction, Event, Resolution, Stamped};

/// The first and the last so many lines of a unit are shown; what is between them stays in the ledger.
const KEPT: usize = 1_500;

/// Who a line is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The rig, to the module.
    Rig,
    /// The module.
    Module,
    /// Nobody: what happened.
    Remark,
}

impl Voice {
    /// A mark before the line.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Rig => ">",
            Self::Module => "<",
            Self::Remark => "–",
        }
    }
}

/// A line of a unit's timeline, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Module time since its run began, milliseconds.
    pub(crate) run_ms: u64,
    /// Who it is from.
    pub(crate) voice: Voice,
    /// What; not cleaned.
    pub(crate) text: String,
}

/// The lines of one unit.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    head: Vec<Line>,
    tail: VecDeque<Line>,
    left_out: usize,
}

impl Timeline {
    fn push(&mut self, line: Line) {
        if self.head.len() < KEPT {
            self.head.push(line);
            return;
        }
        if self.tail.len() == KEPT {
            self.tail.pop_front();
            self.left_out += 1;
        }
        self.tail.push_back(line);
    }

    /// The lines in their order; where some were left out, a remark says so.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        let gap = (self.left_out > 0).then(|| Line {
            run_ms: self.tail.front().map(|line| line.run_ms).unwrap_or_default(),
            voice: Voice::Remark,
            text: format!("{} lines are left out here; they are in the ledger", self.left_out),
        });
        self.head.iter().cloned().chain(gap).chain(self.tail.iter().cloned())
    }

    /// The lines as text, cleaned.
    pub(crate) fn text(&self) -> String {
        self.lines().map(|line| shown(&line) + "\n").collect()
    }

    /// Whether nothing was recorded.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_empty()
    }
}

/// A line as it is shown: `   12.345 > AT`.
pub(crate) fn shown(line: &Line) -> String {
    format!("{} {} {}", time(line.run_ms), line.voice.mark(), super::clean(&line.text))
}

/// Seconds since the run began.
pub(crate) fn time(run_ms: u64) -> String {
    format!("{:>6}.{:03}", run_ms / 1000, run_ms % 1000)
}

/// The timelines of every unit that `events` tell of. What was said before a module was identified belongs to the unit
/// that was found by it.
pub(crate) fn timelines(events: &[Stamped]) -> BTreeMap<String, Timeline> {
    let mut all = Gathering::default();
    for stamped in events {
        all.take(stamped);
    }
    all.units
}

/// Timelines under construction.
#[derive(Default)]
struct Gathering {
    units: BTreeMap<String, Timeline>,
    attempts: BTreeMap<String, String>,
    /// The unit in each slot.
    current: BTreeMap<String, String>,
    /// What was said in each slot since its last unit ended.
    before: BTreeMap<String, Timeline>,
}

impl Gathering {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only what says whose the lines are")]
    fn take(&mut self, stamped: &Stamped) {
        match &stamped.event {
            Event::UnitStarted { unit, slot, .. } => {
                let before = self.before.remove(slot).unwrap_or_default();
                self.units.insert(unit.clone(), before);
                self.current.insert(slot.clone(), unit.clone());
            }
            Event::AttemptStarted { attempt, unit, .. } => {
                self.attempts.insert(attempt.clone(), unit.clone());
            }
            Event::RunStarted { .. } => {
                self.current.clear();
                self.before.clear();
            }
            _ => {}
        }
        if let Some((slot, unit, voice, text)) = line(&stamped.event, &self.attempts) {
            let unit = unit.or_else(|| self.current.get(slot).cloned());
            let timeline = match unit {
                Some(unit) => self.units.entry(unit).or_default(),
                None => self.before.entry(slot.to_owned()).or_default(),
            };
            timeline.push(Line { run_ms: stamped.run_ms, voice, text });
        }
        if let Event::UnitEnded { slot, .. } | Event::Unplugged { slot } = &stamped.event {
            self.current.remove(slot);
            self.before.remove(slot);
        }
    }
}

/// Slot, unit (where it is named), voice and text of what belongs into a timeline.
fn line<'a>(
    event: &'a Event,
    attempts: &BTreeMap<String, String>,
) -> Option<(&'a str, Option<String>, Voice, String)> {
    if let Event::Transcript { slot, attempt, direction, text } = event {
        let voice = match direction {
            Direction::Sent => Voice::Rig,
            Direction::Received => Voice::Module,
        };
        let unit = attempt.as_ref().and_then(|attempt| attempts.get(attempt)).cloned();
        return Some((slot, unit, voice, text.clone()));
    }
    let (slot, unit, text) = remark(event)?;
    Some((slot, unit.cloned(), Voice::Remark, text))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what has no use in a timeline is left out")]
fn remark(event: &Event) -> Option<(&str, Option<&String>, String)> {
    Some(match event {
        Event::AttemptStarted { slot, unit, number, hop, delivery, .. } => {
            (slot, Some(unit), format!("attempt {number}: {} to {} by {delivery}", hop.from, hop.to))
        }
        Event::AttemptEnded { slot, unit, outcome, .. } => {
            (slot, Some(unit), format!("attempt {}", outcome.name()))
        }
        Event::PhaseStarted { slot, unit, phase, past_no_return, .. } => {
            let past = if *past_no_return { ", past the point of no return" } else { "" };
            (slot, unit.as_ref(), format!("{phase}{past}"))
        }
        Event::PortLost { slot } => (slot, None, "the port left".to_owned()),
        Event::PortBack { slot, away_ms } => {
            (slot, None, format!("the port is back after {}", super::durations::spoken(*away_ms)))
        }
        Event::Checkpointed { slot, unit, checkpoint, .. } => {
            let text = match checkpoint {
                Checkpoint::DataMode { .. } => "recorded: data mode begins",
                Checkpoint::DataModeOver => "recorded: data mode is over",
                Checkpoint::Trigger => "recorded: the trigger is sent now",
            };
            (slot, Some(unit), text.to_owned())
        }
        Event::Resolved { slot, unit, resolution, .. } => {
            (slot, Some(unit), format!("trigger resolved: {}", resolved(*resolution)))
        }
        Event::Note { slot: Some(slot), text, .. } => (slot, None, text.clone()),
        _ => return None,
    })
}

/// How a trigger was resolved, in words.
pub(crate) const fn resolved(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Target => "it runs the target",
        Resolution::NotStarted => "the module answered it with an error",
        Resolution::FailedBack => "the module reported a failure and runs its old revision",
        Resolution::QuietBack => "no sign of life for the quiet time, and it runs its old revision",
        Resolution::Released => "a person released the IMEI",
    }
}
