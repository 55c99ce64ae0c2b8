//! What a controller asks when it starts.

use events::{Checkpoint, Event, Stamped, Verdict};

use crate::samples::{
    PATIENCE, Place, TARGET, attempt_ended, attempt_started, checkpointed, imei, note, resolved, routed,
    run_started, stamped, unit_ended, unit_started,
};

/// The attempts, or else the units, that `found` is about.
fn named(found: &[Stamped]) -> Vec<&str> {
    found
        .iter()
        .map(|stamped| {
            if let Event::Checkpointed { attempt, .. } | Event::AttemptStarted { attempt, .. } =
                &stamped.event
            {
                return attempt.as_str();
            }
            let Event::UnitStarted { unit, .. } = &stamped.event else { panic!("{stamped:?}") };
            unit.as_str()
        })
        .collect()
}

#[test]
fn a_trigger_is_open_until_its_attempt_is_resolved() {
    let place = Place::new();
    let ledger = place.with(vec![
        checkpointed("open", Checkpoint::Trigger),
        checkpointed("resolved", Checkpoint::Trigger),
        checkpointed("never triggered", Checkpoint::DataMode { timeout_ms: 1 }),
        checkpointed("later", Checkpoint::Trigger),
        attempt_ended("open"),
        resolved("resolved"),
    ]);
    let reader = ledger.reader();
    assert_eq!(named(&reader.open_triggers().unwrap()), ["open", "later"]);
    ledger.append("another run", "another batch", stamped(1, resolved("later")));
    ledger.flush(PATIENCE).unwrap();
    assert_eq!(named(&reader.open_triggers().unwrap()), ["open"]);
}

#[test]
fn a_data_mode_is_open_until_it_or_its_attempt_is_over() {
    let data_mode = Checkpoint::DataMode { timeout_ms: 300_000 };
    let place = Place::new();
    let ledger = place.with(vec![
        checkpointed("open", data_mode.clone()),
        checkpointed("over", data_mode.clone()),
        checkpointed("over", Checkpoint::DataModeOver),
        checkpointed("ended", data_mode.clone()),
        attempt_ended("ended"),
        checkpointed("again", data_mode.clone()),
        checkpointed("again", Checkpoint::DataModeOver),
        checkpointed("again", data_mode),
        checkpointed("triggered", Checkpoint::Trigger),
    ]);
    assert_eq!(named(&ledger.reader().open_data_modes().unwrap()), ["open", "again"]);
}

#[test]
fn what_was_cut_off_is_found_by_batch() {
    let place = Place::new();
    let ledger = place.with(vec![
        unit_started("done", 1),
        attempt_started("tried", "done"),
        attempt_ended("tried"),
        unit_ended("done", Verdict::Failed),
        unit_started("cut off", 2),
        attempt_started("trying", "cut off"),
    ]);
    let reader = ledger.reader();
    assert_eq!(named(&reader.unfinished_units("b").unwrap()), ["cut off"]);
    assert_eq!(named(&reader.unfinished_attempts("b").unwrap()), ["trying"]);
    assert!(reader.unfinished_units("c").unwrap().is_empty());
    assert!(reader.unfinished_attempts("c").unwrap().is_empty());
}

#[test]
fn an_imei_has_passed_when_one_of_its_units_has() {
    let place = Place::new();
    let ledger = place.with(vec![
        unit_started("u1", 1),
        unit_ended("u1", Verdict::Passed),
        unit_started("u2", 2),
        unit_ended("u2", Verdict::Unknown),
        unit_started("u3", 3),
        unit_ended("u3", Verdict::Failed),
    ]);
    let passed = |batch, number| ledger.reader().passed_in_batch(batch, &imei(number)).unwrap();
    assert_eq!([1, 2, 3].map(|number| passed("b", number)), [true, false, false]);
    assert!(!passed("c", 1));
    ledger.append("r", "b", stamped(9, unit_ended("u2", Verdict::Passed)));
    ledger.flush(PATIENCE).unwrap();
    assert!(passed("b", 2));
}

#[test]
fn runs_are_counted_by_imei_and_target() {
    let place = Place::new();
    let ledger = place.with(vec![
        unit_started("u1", 1),
        routed("u1", TARGET),
        attempt_started("a1", "u1"),
        attempt_started("a2", "u1"),
        unit_started("u2", 1),
        routed("u2", TARGET),
        unit_started("u3", 1),
        routed("u3", "another"),
        attempt_started("a3", "u3"),
    ]);
    ledger.append("r2", "another batch", stamped(1, unit_started("u4", 1)));
    ledger.append("r2", "another batch", stamped(2, routed("u4", TARGET)));
    ledger.append("r2", "another batch", stamped(3, attempt_started("a4", "u4")));
    ledger.flush(PATIENCE).unwrap();
    let runs = |number, target| ledger.reader().runs_towards(&imei(number), target).unwrap();
    assert_eq!((runs(1, TARGET), runs(1, "another"), runs(2, TARGET)), (2, 1, 0));
}

#[test]
fn batches_come_in_the_order_of_their_first_runs() {
    let place = Place::new();
    let ledger = place.with(vec![run_started("b")]);
    ledger.append("r2", "a", stamped(5, run_started("a")));
    ledger.append("r3", "b", stamped(7, run_started("b")));
    ledger.append("r3", "b", stamped(8, note("last")));
    ledger.flush(PATIENCE).unwrap();
    let batches = ledger.reader().batches().unwrap();
    let short: Vec<_> = batches
        .iter()
        .map(|row| (row.batch.as_str(), row.runs, row.last_unix_ms - row.first_unix_ms))
        .collect();
    assert_eq!(short, [("b", 2, 7), ("a", 1, 0)]);
}
