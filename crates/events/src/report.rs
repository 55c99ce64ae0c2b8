//! The report of a batch: a fold over its recorded events. Whoever replays the stream gets the same report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AttemptOutcome, Checkpoint, Delivery, Event, Family, Fault, FaultClass, FaultCode, Imei, Phase,
    Resolution, Stamped, Verdict,
};

/// A batch as `fotarig report BATCH --format json` prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the batch.
    pub batch: String,
    /// Name of the rack.
    pub rack: String,
    /// When its first run began, milliseconds since 1970.
    pub started: Option<u64>,
    /// When its last run ended; `None` while one is under way or was cut off.
    pub ended: Option<u64>,
    /// Its units, in the order in which they were identified.
    pub units: Vec<UnitReport>,
}

/// One module's stay in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitReport {
    /// UUIDv7 of the unit.
    pub unit: String,
    /// Label of the slot.
    pub slot: String,
    /// IMEI; `None`, like the next three, when it could not be identified.
    pub imei: Option<Imei>,
    /// Family.
    pub family: Option<Family>,
    /// Normalised model.
    pub model: Option<String>,
    /// Revision when it was identified first.
    pub revision_before: Option<String>,
    /// Revision that it is to reach; `None` when it was not taken on.
    pub target: Option<String>,
    /// Revision when it was identified last.
    pub revision_after: Option<String>,
    /// Verdict; `None` while it is under way or its record was cut off.
    pub verdict: Option<Verdict>,
    /// Why it is not good.
    pub fault: Option<FaultReport>,
    /// A verdict that was appended later, by the resolution of an `unknown`.
    pub resolved_later: Option<Verdict>,
    /// Module time from identification to verdict, milliseconds.
    pub duration_ms: Option<u64>,
    /// It passed, and no attempt of it failed.
    #[serde(default)]
    pub first_pass: bool,
    /// Its attempts, in order.
    pub attempts: Vec<AttemptReport>,
}

/// A fault as the report prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultReport {
    /// Stable code.
    pub code: FaultCode,
    /// Class.
    pub class: FaultClass,
    /// Particulars.
    pub message: String,
}

impl From<&Fault> for FaultReport {
    fn from(fault: &Fault) -> Self {
        Self { code: fault.code, class: fault.class(), message: fault.message.clone() }
    }
}

/// One try of one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// UUIDv7 of the attempt.
    pub attempt: String,
    /// SHA-256 of the package.
    pub package: String,
    /// Revision before.
    pub from: String,
    /// Revision after.
    pub to: String,
    /// How the package reached the module.
    pub delivery: Delivery,
    /// Its phases, in order.
    pub phases: Vec<PhaseReport>,
    /// When the trigger's checkpoint was written, milliseconds since 1970.
    pub triggered: Option<u64>,
    /// How its trigger was resolved.
    pub resolution: Option<Resolution>,
    /// How it ended.
    pub outcome: Option<AttemptOutcome>,
    /// Why it did not reach its revision.
    pub fault: Option<FaultReport>,
}

/// One phase of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Which.
    pub phase: Phase,
    /// When it began, milliseconds since 1970.
    pub started: u64,
    /// Module time it took, milliseconds; `None` when its end is not recorded.
    pub duration_ms: Option<u64>,
}

impl Report {
    /// The report of what `events` tell.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Stamped>) -> Self {
        let mut fold = Fold::default();
        for stamped in events {
            fold.take(stamped);
        }
        fold.report
    }

    /// How many units have `verdict` (the first one given; a later resolution does not rewrite it).
    pub fn count(&self, verdict: Verdict) -> usize {
        self.units.iter().filter(|unit| unit.verdict == Some(verdict)).count()
    }
}

/// A report under construction, with the places of its units and attempts.
#[derive(Default)]
struct Fold {
    report: Report,
    units: BTreeMap<String, usize>,
    attempts: BTreeMap<String, (usize, usize)>,
}

impl Fold {
    fn take(&mut self, stamped: &Stamped) {
        match &stamped.event {
            Event::RunStarted { batch, rack, .. } => {
                self.report.batch.clone_from(batch);
                self.report.rack.clone_from(rack);
                self.report.started.get_or_insert(stamped.unix_ms);
                self.report.ended = None;
            }
            Event::RunEnded { .. } => self.report.ended = Some(stamped.unix_ms),
            Event::UnitStarted { .. } | Event::Routed { .. } | Event::UnitEnded { .. } => {
                self.unit(&stamped.event);
            }
            Event::AttemptStarted { .. }
            | Event::AttemptEnded { .. }
            | Event::PhaseStarted { .. }
            | Event::PhaseEnded { .. }
            | Event::Checkpointed { .. }
            | Event::Resolved { .. } => self.attempt(stamped),
            Event::Layout { .. }
            | Event::Expected { .. }
            | Event::Slot { .. }
            | Event::Plugged { .. }
            | Event::Unplugged { .. }
            | Event::Answered { .. }
            | Event::Acted { .. }
            | Event::Paused { .. }
            | Event::Halted { .. }
            | Event::Vitals(_)
            | Event::Earlier { .. }
            | Event::Step { .. }
            | Event::Progress { .. }
            | Event::Transcript { .. }
            | Event::PortLost { .. }
            | Event::PortBack { .. }
            | Event::PassedEarlier { .. }
            | Event::Note { .. } => {}
        }
    }

    fn unit(&mut self, event: &Event) {
        if let Event::UnitStarted { unit, slot, module } = event {
            self.units.insert(unit.clone(), self.report.units.len());
            self.report.units.push(UnitReport {
                unit: unit.clone(),
                slot: slot.clone(),
                imei: module.as_ref().map(|module| module.imei.clone()),
                family: module.as_ref().map(|module| module.family),
                model: module.as_ref().map(|module| module.model.clone()),
                revision_before: module.as_ref().map(|module| module.revision.clone()),
                target: None,
                revision_after: None,
                verdict: None,
                fault: None,
                resolved_later: None,
                duration_ms: None,
                first_pass: false,
                attempts: Vec::new(),
            });
        }
        if let Event::Routed { unit, target, .. } = event
            && let Some(place) = self.units.get(unit)
        {
            self.report.units[*place].target = Some(target.clone());
        }
        let Event::UnitEnded { unit, verdict, fault, revision, duration_ms, first_pass, .. } = event else {
            return;
        };
        let Some(place) = self.units.get(unit) else { return };
        let entry = &mut self.report.units[*place];
        if revision.is_some() {
            entry.revision_after.clone_from(revision);
        }
        if entry.verdict.is_some() {
            entry.resolved_later = Some(*verdict);
            return;
        }
        entry.verdict = Some(*verdict);
        entry.fault = fault.as_ref().map(FaultReport::from);
        entry.duration_ms = Some(*duration_ms);
        entry.first_pass = *first_pass;
    }

    fn attempt(&mut self, stamped: &Stamped) {
        if let Event::AttemptStarted { attempt, unit, hop, delivery, .. } = &stamped.event {
            let Some(place) = self.units.get(unit) else { return };
            let attempts = &mut self.report.units[*place].attempts;
            self.attempts.insert(attempt.clone(), (*place, attempts.len()));
            attempts.push(AttemptReport {
                attempt: attempt.clone(),
                package: hop.sha256.clone(),
                from: hop.from.clone(),
                to: hop.to.clone(),
                delivery: *delivery,
                phases: Vec::new(),
                triggered: None,
                resolution: None,
                outcome: None,
                fault: None,
            });
            return;
        }
        let Some(entry) = self.known_attempt(&stamped.event) else { return };
        if let Event::PhaseStarted { phase, .. } = &stamped.event {
            entry.phases.push(PhaseReport { phase: *phase, started: stamped.unix_ms, duration_ms: None });
        } else if let Event::PhaseEnded { phase, duration_ms, .. } = &stamped.event {
            if let Some(open) = entry.phases.iter_mut().rev().find(|open| open.phase == *phase) {
                open.duration_ms = Some(*duration_ms);
            }
        } else if let Event::Checkpointed { checkpoint: Checkpoint::Trigger, .. } = &stamped.event {
            entry.triggered = Some(stamped.unix_ms);
        } else if let Event::Resolved { resolution, .. } = &stamped.event {
            entry.resolution = Some(*resolution);
        } else if let Event::AttemptEnded { outcome, fault, .. } = &stamped.event {
            entry.outcome = Some(*outcome);
            entry.fault = fault.as_ref().map(FaultReport::from);
        }
    }

    /// The attempt that `event` names, if it is known.
    fn known_attempt(&mut self, event: &Event) -> Option<&mut AttemptReport> {
        let id = if let Event::PhaseStarted { attempt, .. } | Event::PhaseEnded { attempt, .. } = event {
            attempt.as_ref()?
        } else if let Event::AttemptEnded { attempt, .. }
        | Event::Checkpointed { attempt, .. }
        | Event::Resolved { attempt, .. } = event
        {
            attempt
        } else {
            return None;
        };
        let (unit, place) = self.attempts.get(id)?;
        Some(&mut self.report.units[*unit].attempts[*place])
    }
}
