//! What came out: modules and attempts, each counted once, when it is resolved; faults; the run's verdicts.

use events::{AttemptOutcome, Event, Family, Fault, FaultCode, Phase, Verdict};
use prometheus::{IntCounter, IntCounterVec, IntGauge};

use crate::MetricsError;
use crate::label::UNIDENTIFIED;
use crate::register::Register;
use crate::roster::{Roster, Step};
use crate::slots::Slots;

/// Outcomes by which an attempt is counted: `unknown` waits for its resolution.
const OUTCOMES: [AttemptOutcome; 4] =
    [AttemptOutcome::Passed, AttemptOutcome::Advanced, AttemptOutcome::Failed, AttemptOutcome::Aborted];

/// The counters, and the run's gauges.
#[derive(Debug)]
pub(crate) struct Tally {
    modules: IntCounterVec,
    attempts: IntCounterVec,
    faults: IntCounterVec,
    first_pass: IntCounter,
    units: [IntGauge; Verdict::ALL.len()],
    /// Grows with every run: verdicts of an earlier one are not this run's.
    run: u64,
}

impl Tally {
    pub(crate) fn new(register: &Register<'_>) -> Result<Self, MetricsError> {
        let units = register.numbers(
            "fotarig_batch_units",
            &["verdict"],
            "Units of this run by verdict; an unknown that is resolved later moves. A batch that is run again, after a crash, \
             too, is another run: units that an earlier one resolved are not among them, those that this one takes up are.",
        )?;
        let tally = Self {
            modules: register.counters(
                "fotarig_modules_total",
                &["model", "verdict"],
                "Modules by verdict, each counted once: when it is resolved, also where an earlier process triggered it. One \
                 that such a process left before its trigger is aborted, and counted again when it is done.",
            )?,
            attempts: register.counters(
                "fotarig_attempts_total",
                &["model", "from", "to", "outcome"],
                "Attempts by package and outcome, each counted once: when it is resolved, also where an earlier process began it.",
            )?,
            faults: register.counters(
                "fotarig_faults_total",
                &["family", "phase", "code", "class"],
                "Faults of attempts, and of modules that were not attempted; that an earlier process was cut off is one, too.",
            )?,
            first_pass: register.counter(
                "fotarig_batch_first_pass_total",
                "Modules that passed without a failed attempt of this process.",
            )?,
            units: Verdict::ALL.map(|verdict| units.with_label_values(&[verdict.name()])),
            run: 0,
        };
        for code in FaultCode::all() {
            for family in Family::ALL {
                tally.fault_counter(family.name(), code);
            }
            if code.phase == Phase::Identify {
                tally.fault_counter(UNIDENTIFIED, code);
            }
        }
        tally.expect_model(UNIDENTIFIED);
        Ok(tally)
    }

    pub(crate) fn apply(&mut self, event: &Event, roster: &mut Roster, slots: &Slots) {
        if let Event::RunStarted { targets, .. } = event {
            self.run += 1;
            self.units.iter().for_each(|gauge| gauge.set(0));
            for target in targets {
                self.expect_model(&roster.model(&target.model));
            }
        } else if let Event::UnitStarted { module: Some(module), .. } = event {
            self.expect_model(&roster.model(&module.model));
        } else if let Event::Routed { unit, route, .. } = event {
            for hop in route {
                self.expect_step(&roster.step_of(unit, &hop.from, &hop.to));
            }
        } else if let Event::AttemptEnded { attempt, unit, slot, outcome, fault } = event {
            self.attempt_ended(attempt, unit, *outcome, roster);
            if let Some(fault) = fault {
                self.fault_counter(roster.family(Some(unit), slot), fault.code).inc();
                roster.unit(unit).last_fault = Some(fault.clone());
            }
        } else if let Event::UnitEnded { unit, slot, verdict, fault, first_pass, .. } = event
            && self.unit_ended(unit, *verdict, *first_pass, roster)
        {
            slots.verdict(slot, *verdict);
            self.unit_fault(unit, slot, fault.as_ref(), roster);
        }
    }

    fn attempt_ended(&self, id: &str, unit: &str, outcome: AttemptOutcome, roster: &mut Roster) {
        if outcome == AttemptOutcome::Unknown {
            return;
        }
        if roster.attempt(id).is_none() {
            roster.unheard_of(id, unit);
        }
        let Some(attempt) = roster.attempt(id) else { return };
        if !std::mem::replace(&mut attempt.counted, true) {
            self.attempt_counter(&attempt.step, outcome).inc();
        }
    }

    /// Whether the verdict says something new: the unit had none, or had been unknown.
    fn unit_ended(&self, id: &str, verdict: Verdict, first_pass: bool, roster: &mut Roster) -> bool {
        let unit = roster.unit(id);
        let before = unit.verdict.replace(verdict);
        if before.is_some_and(|before| before != Verdict::Unknown || before == verdict) {
            unit.verdict = before;
            return false;
        }
        if before.is_some() && unit.run == self.run {
            self.gauge(Verdict::Unknown, -1);
        }
        unit.run = self.run;
        self.gauge(verdict, 1);
        if verdict != Verdict::Unknown {
            let model = unit.model.as_deref().unwrap_or(UNIDENTIFIED);
            self.modules.with_label_values(&[model, verdict.name()]).inc();
            self.first_pass.inc_by(u64::from(first_pass));
        }
        true
    }

    /// The verdict's fault, unless it is what the last attempt failed with, which is counted.
    fn unit_fault(&self, unit: &str, slot: &str, fault: Option<&Fault>, roster: &mut Roster) {
        let Some(fault) = fault else { return };
        if roster.unit(unit).last_fault.as_ref() != Some(fault) {
            self.fault_counter(roster.family(Some(unit), slot), fault.code).inc();
        }
    }

    fn gauge(&self, verdict: Verdict, change: i64) {
        for (of, gauge) in Verdict::ALL.into_iter().zip(&self.units) {
            if of == verdict {
                gauge.add(change);
            }
        }
    }

    /// The model's series begin at 0.
    fn expect_model(&self, model: &str) {
        for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Unknown) {
            self.modules.with_label_values(&[model, verdict.name()]);
        }
    }

    /// The step's series begin at 0.
    fn expect_step(&self, step: &Step) {
        for outcome in OUTCOMES {
            self.attempt_counter(step, outcome);
        }
    }

    fn attempt_counter(&self, step: &Step, outcome: AttemptOutcome) -> IntCounter {
        self.attempts.with_label_values(&[&step.model, &step.from, &step.to, outcome.name()])
    }

    fn fault_counter(&self, family: &str, code: FaultCode) -> IntCounter {
        let code_name = code.to_string();
        self.faults.with_label_values(&[family, code.phase.name(), &code_name, code.class().name()])
    }
}
