//! What a controller asks when it starts.

use events::{Checkpoint, Event, Stamped, Verdict};
use ledger::{PAGE_EVENTS, Reader};

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
    let tried = |unit, attempt, target| {
        vec![unit_started(unit, 1), routed(unit, target), attempt_started(attempt, unit)]
    };
    let mut events = [
        tried("failed", "a1", TARGET),
        vec![attempt_started("a2", "failed"), unit_ended("failed", Verdict::Failed)],
        vec![unit_started("never tried", 1), routed("never tried", TARGET)],
        vec![unit_ended("never tried", Verdict::Failed)],
        tried("elsewhere", "a3", "another"),
        vec![unit_ended("elsewhere", Verdict::Passed)],
        tried("stopped before its trigger", "a5", TARGET),
        vec![unit_ended("stopped before its trigger", Verdict::Aborted)],
        tried("cut off before its trigger", "a6", TARGET),
        tried("u", "past its trigger", TARGET),
        vec![checkpointed("past its trigger", Checkpoint::Trigger)],
    ]
    .concat();
    events.push(checkpointed("a6", Checkpoint::DataModeOver));
    let ledger = place.with(events);
    for (seq, event) in (1..).zip(tried("in another batch", "a4", TARGET)) {
        ledger.append("r2", "another batch", stamped(seq, event));
    }
    ledger.append("r2", "another batch", stamped(9, unit_ended("in another batch", Verdict::Unknown)));
    ledger.flush(PATIENCE).unwrap();
    let runs = |number, target| ledger.reader().runs_towards(&imei(number), target).unwrap();
    assert_eq!((runs(1, TARGET), runs(1, "another"), runs(2, TARGET)), (3, 1, 0));
    let mut all = ledger.reader().runs().unwrap();
    all.sort();
    assert_eq!(all, [(imei(1), TARGET.to_owned(), 3), (imei(1), "another".to_owned(), 1)]);
}

#[test]
fn who_asks_again_sees_each_event_once_while_a_run_writes() {
    let place = Place::new();
    let ledger = place.with((0..9_000).map(|_| note("before")).collect());
    ledger.append("r2", "another", stamped(1, note("of another batch")));
    let reader = Reader::open(&place.path()).unwrap();
    let (mut seen, mut after, mut pages) = (Vec::new(), 0, 0);
    loop {
        let (events, last) = reader.events_of_batch_after("b", after).unwrap();
        assert!(events.len() <= PAGE_EVENTS);
        if events.is_empty() {
            assert_eq!(last, after);
            break;
        }
        if pages == 0 {
            ledger.append("r", "b", stamped(9_001, note("while it is read")));
            ledger.flush(PATIENCE).unwrap();
        }
        seen.extend(events.iter().map(|event| event.seq));
        (after, pages) = (last, pages + 1);
    }
    assert!(seen.into_iter().eq(1..=9_001));
    assert_eq!(reader.events_of_batch_after("nowhere", 0).unwrap(), (Vec::new(), 0));
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
