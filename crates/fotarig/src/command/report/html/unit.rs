//! A unit, its attempts and its transcript, as the page shows them.

use events::{AttemptReport, FaultReport, UnitReport, Verdict};

use super::super::clean;
use super::super::clean::{LONGEST_LABEL, LONGEST_NAME, short};
use super::super::durations::spoken;
use super::super::figures::stands;
use super::super::run::wall_clock;
use super::super::timeline::{Timeline, Voice, resolved, shown};

/// A unit.
pub(super) struct UnitView {
    pub(super) anchor: String,
    pub(super) slot: String,
    pub(super) model: String,
    pub(super) imei: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) target: String,
    pub(super) verdict: &'static str,
    pub(super) symbol: &'static str,
    /// The verdict that was given first, where a later one stands.
    pub(super) first_verdict: String,
    pub(super) took: String,
    pub(super) good: bool,
    pub(super) fault: Option<FaultView>,
    pub(super) attempts: Vec<AttemptView>,
    pub(super) lines: Vec<LineView>,
}

/// A fault.
pub(super) struct FaultView {
    pub(super) code: String,
    pub(super) class: &'static str,
    pub(super) meaning: &'static str,
    pub(super) message: String,
    pub(super) action: &'static str,
}

/// An attempt.
pub(super) struct AttemptView {
    pub(super) number: usize,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) delivery: &'static str,
    pub(super) package: String,
    pub(super) outcome: &'static str,
    pub(super) triggered: String,
    pub(super) resolution: &'static str,
    pub(super) fault: Option<FaultView>,
    pub(super) phases: Vec<(&'static str, String)>,
}

/// A line of the transcript.
pub(super) struct LineView {
    pub(super) sent: bool,
    pub(super) remark: bool,
    pub(super) text: String,
}

/// The name of a unit's place in the page.
pub(super) fn anchor(number: usize) -> String {
    format!("unit-{}", number + 1)
}

impl UnitView {
    pub(super) fn new(number: usize, unit: &UnitReport, timeline: Option<&Timeline>) -> Self {
        let stands = stands(unit);
        let text =
            |text: Option<&String>| text.map_or_else(|| "–".to_owned(), |text| clean(text).into_owned());
        let first = unit.verdict.filter(|_| unit.resolved_later.is_some());
        Self {
            anchor: anchor(number),
            slot: short(&unit.slot, LONGEST_LABEL),
            model: text(unit.model.as_ref()),
            imei: unit.imei.as_ref().map_or_else(|| "not identified".to_owned(), ToString::to_string),
            before: text(unit.revision_before.as_ref()),
            after: text(unit.revision_after.as_ref()),
            target: text(unit.target.as_ref()),
            verdict: stands.map_or("open", Verdict::name),
            symbol: stands.map_or("…", Verdict::symbol),
            first_verdict: first.map(|first| first.name().to_owned()).unwrap_or_default(),
            took: unit.duration_ms.map(spoken).unwrap_or_default(),
            good: stands.is_some_and(Verdict::good),
            fault: unit.fault.as_ref().map(FaultView::new),
            attempts: attempts(unit),
            lines: timeline.map(lines).unwrap_or_default(),
        }
    }
}

/// The attempts; a fault that is the unit's own is not said again.
fn attempts(unit: &UnitReport) -> Vec<AttemptView> {
    let view = |(place, attempt): (usize, &AttemptReport)| {
        let own = attempt.fault.as_ref().filter(|fault| Some(*fault) != unit.fault.as_ref());
        AttemptView { fault: own.map(FaultView::new), ..AttemptView::new(place, attempt) }
    };
    unit.attempts.iter().enumerate().map(view).collect()
}

fn lines(timeline: &Timeline) -> Vec<LineView> {
    let view = |line: super::super::timeline::Line| LineView {
        sent: line.voice == Voice::Rig,
        remark: line.voice == Voice::Remark,
        text: shown(&line),
    };
    timeline.lines().map(view).collect()
}

impl FaultView {
    fn new(fault: &FaultReport) -> Self {
        Self {
            code: fault.code.to_string(),
            class: fault.class.name(),
            meaning: fault.code.what.meaning(),
            message: clean(&fault.message).into_owned(),
            action: fault.code.what.action(),
        }
    }
}

impl AttemptView {
    fn new(place: usize, attempt: &AttemptReport) -> Self {
        Self {
            number: place + 1,
            from: short(&attempt.from, LONGEST_NAME),
            to: short(&attempt.to, LONGEST_NAME),
            delivery: attempt.delivery.name(),
            package: clean(&attempt.package).chars().take(12).collect(),
            outcome: attempt.outcome.map_or("open", events::AttemptOutcome::name),
            triggered: attempt.triggered.map(wall_clock).unwrap_or_default(),
            resolution: attempt.resolution.map(resolved).unwrap_or_default(),
            fault: None,
            phases: phases(attempt),
        }
    }
}

/// The phases in the order in which each began first, with how long it took in all, and how often.
fn phases(attempt: &AttemptReport) -> Vec<(&'static str, String)> {
    let mut phases: Vec<(&'static str, Option<u64>, usize)> = Vec::new();
    for phase in &attempt.phases {
        let name = phase.phase.name();
        match phases.iter_mut().find(|(known, _, _)| *known == name) {
            Some((_, sum, times)) => {
                *sum = sum.zip(phase.duration_ms).map(|(sum, ms)| sum.saturating_add(ms));
                *times += 1;
            }
            None => phases.push((name, phase.duration_ms, 1)),
        }
    }
    let said = |(name, sum, times): (&'static str, Option<u64>, usize)| {
        let took = sum.map_or_else(|| "not ended".to_owned(), spoken);
        (name, if times > 1 { format!("{took} in {times}") } else { took })
    };
    phases.into_iter().map(said).collect()
}
