//! What the record says of earlier runs, from the events that a ledger finds for it: the same history whatever the
//! ledger is.

use std::collections::{BTreeMap, BTreeSet};

use events::{AttemptOutcome, Checkpoint, Event, Imei, Report, Resolution, Stamped, UnitReport, Verdict};

use crate::setup::{History, OpenAttempt, OpenDataMode, OpenTrigger, Orphan};

/// What a ledger finds on record for a run of a batch.
#[derive(Clone, Debug, Default)]
pub struct OnRecord {
    /// Every event of the batch, in the order in which they were written.
    pub batch: Vec<Stamped>,
    /// Trigger checkpoints of any batch that no resolution of their attempt follows.
    pub open_triggers: Vec<Stamped>,
    /// Data mode checkpoints of any batch that neither their end nor their attempt's follows.
    pub open_data_modes: Vec<Stamped>,
    /// Units ever that were routed towards a target and had an attempt, by IMEI and target.
    pub runs: BTreeMap<(Imei, String), u64>,
}

impl History {
    /// What `record` says.
    pub fn of(record: OnRecord) -> Self {
        let OnRecord { batch, open_triggers, open_data_modes, runs } = record;
        let report = Report::of(&batch);
        let mut open_triggers: Vec<OpenTrigger> =
            open_triggers.into_iter().filter_map(|stamped| open_trigger(stamped.event)).collect();
        for open in &mut open_triggers {
            let unit = report.units.iter().find(|unit| unit.unit == open.unit);
            open.foreign = unit.is_none();
            open.reached = unit.and_then(reached);
        }
        let open_data_modes =
            open_data_modes.into_iter().filter_map(|stamped| open_data_mode(stamped.event)).collect();
        let passed = |unit: &&UnitReport| {
            unit.verdict == Some(Verdict::Passed) || unit.resolved_later == Some(Verdict::Passed)
        };
        let mut canaries = BTreeMap::new();
        for unit in report.units.iter().filter(passed) {
            if let (Some(model), Some(from)) = (&unit.model, &unit.revision_before) {
                *canaries.entry((model.clone(), from.clone())).or_default() += 1;
            }
        }
        let passed = report.units.iter().filter(passed).filter_map(|unit| unit.imei.clone()).collect();
        let triggered: BTreeSet<&str> = open_triggers.iter().map(|open| open.unit.as_str()).collect();
        let cut_off = report.units.iter().filter(|unit| unit.verdict.is_none());
        let orphans = cut_off.filter(|unit| !triggered.contains(unit.unit.as_str())).map(orphan).collect();
        let cut_off = verdicts_of_the_cut_off_run(&batch);
        Self { open_triggers, open_data_modes, passed, orphans, canaries, cut_off, runs }
    }
}

fn verdicts_of_the_cut_off_run(batch: &[Stamped]) -> Vec<Verdict> {
    let ended = |stamped: &Stamped| matches!(stamped.event, Event::RunEnded { .. });
    let since = batch.iter().rposition(ended).map_or(0, |place| place + 1);
    let verdict = |stamped: &Stamped| {
        if let Event::UnitEnded { verdict, .. } = stamped.event { Some(verdict) } else { None }
    };
    batch.iter().skip(since).filter_map(verdict).collect()
}

/// The revision that the unit's last package which arrived led to.
fn reached(unit: &UnitReport) -> Option<String> {
    let flashed = |attempt: &&events::AttemptReport| {
        matches!(attempt.outcome, Some(AttemptOutcome::Advanced | AttemptOutcome::Passed))
            || attempt.resolution == Some(Resolution::Target)
    };
    unit.attempts.iter().rev().find(flashed).map(|attempt| attempt.to.clone())
}

fn orphan(unit: &UnitReport) -> Orphan {
    let open = unit.attempts.last().filter(|attempt| attempt.outcome.is_none());
    Orphan {
        unit: unit.unit.clone(),
        slot: unit.slot.clone(),
        imei: unit.imei.clone(),
        target: unit.target.clone(),
        reached: reached(unit),
        open: open.map(|open| OpenAttempt {
            attempt: open.attempt.clone(),
            to: open.to.clone(),
            resolution: open.resolution,
        }),
    }
}

fn open_trigger(event: Event) -> Option<OpenTrigger> {
    checkpoint(event).map(|(open, _)| open)
}

fn open_data_mode(event: Event) -> Option<OpenDataMode> {
    let (attempt, Checkpoint::DataMode { timeout_ms }) = checkpoint(event)? else { return None };
    Some(OpenDataMode { attempt, timeout_ms })
}

/// The attempt of a checkpoint, and the checkpoint itself.
fn checkpoint(event: Event) -> Option<(OpenTrigger, Checkpoint)> {
    let Event::Checkpointed {
        slot,
        unit,
        attempt,
        family,
        model,
        imei,
        from,
        to,
        target,
        delivery,
        checkpoint,
    } = event
    else {
        return None;
    };
    let (reached, foreign) = (None, false);
    let open = OpenTrigger {
        unit,
        attempt,
        slot,
        family,
        model,
        imei,
        from,
        to,
        target,
        delivery,
        reached,
        foreign,
    };
    Some((open, checkpoint))
}

#[cfg(test)]
mod tests {
    use events::{Event, Stamped, Verdict};

    use super::verdicts_of_the_cut_off_run;

    fn stamped(event: Event) -> Stamped {
        Stamped { seq: 0, unix_ms: 0, run_ms: 0, event }
    }

    fn unit(verdict: Verdict) -> Stamped {
        let (unit, slot) = ("u".to_owned(), "A1".to_owned());
        let (fault, revision, duration_ms, first_pass) = (None, None, 0, false);
        stamped(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms, first_pass })
    }

    #[test]
    fn the_verdicts_of_a_run_that_ended_are_over() {
        let mut batch = vec![unit(Verdict::Failed), unit(Verdict::Passed)];
        assert_eq!(verdicts_of_the_cut_off_run(&batch), [Verdict::Failed, Verdict::Passed]);
        batch.push(stamped(Event::RunEnded { run: "r".to_owned(), stopped: None }));
        assert_eq!(verdicts_of_the_cut_off_run(&batch), []);
        batch.push(unit(Verdict::Unknown));
        assert_eq!(verdicts_of_the_cut_off_run(&batch), [Verdict::Unknown]);
    }
}
