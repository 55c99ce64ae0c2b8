//! Looking through the record, copying it, and taking old batches out of it.

use std::fs;

use events::{Checkpoint, Event, Stamped, Verdict};
use ledger::{LedgerError, Problem, Reader, retire, verify};

use crate::samples::{
    PATIENCE, Place, by_hand, checkpointed, every_event, note, resolved, run_started, stamped, unit_ended,
    unit_started,
};

/// What somebody does who is not stopped by the triggers.
fn tampered(place: &Place, sql: &str) {
    let triggers =
        "DROP TRIGGER event_not_changed; DROP TRIGGER event_not_deleted; DROP TRIGGER event_not_replaced;";
    by_hand(&place.path()).execute_batch(&format!("{triggers}{sql}")).unwrap();
}

/// Whether a problem is the one that was made.
type Expected = fn(&Problem) -> bool;

fn problems(place: &Place) -> Vec<Problem> {
    let verified = verify(&place.path()).unwrap();
    assert_eq!(verified.problems.len() as u64, verified.problems_in_all.min(100));
    verified.problems
}

#[test]
fn a_whole_record_is_whole_also_while_it_is_written() {
    let place = Place::new();
    let ledger = place.with(every_event());
    let verified = verify(&place.path()).unwrap();
    assert!(verified.whole() && verified.events > 10 && verified.retired == 0, "{verified:?}");
    drop(ledger);
    assert_eq!(verify(&place.path()).unwrap(), verified);
}

#[test]
fn what_was_taken_out_changed_or_put_in_by_hand_is_found() {
    let changes: [(&str, Expected); 5] = [
        ("DELETE FROM event WHERE seq = 3;", |found| *found == Problem::Missing(1)),
        ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event);", |found| {
            *found == Problem::Missing(1)
        }),
        ("UPDATE event SET body = '{\"event\":\"later\"}' WHERE seq = 2;", |found| {
            matches!(found, Problem::Body { seq: 2, .. })
        }),
        ("UPDATE event SET kind = 'note' WHERE seq = 1;", |found| {
            *found == Problem::Kind { seq: 1, found: "run_started".into(), column: "note".into() }
        }),
        ("UPDATE event SET run_seq = 1 WHERE seq = 4;", |found| {
            matches!(found, Problem::Order { seq: 4, run_seq: 1, .. })
        }),
    ];
    for (sql, expected) in changes {
        let place = Place::new();
        drop(place.with(every_event()));
        tampered(&place, sql);
        let found = problems(&place);
        assert!(found.len() == 1 && expected(&found[0]), "{sql}: {found:?}");
    }
}

#[test]
fn damaged_pages_are_found_and_many_problems_are_counted() {
    let place = Place::new();
    drop(place.with((0..50).flat_map(|_| every_event()).collect()));
    let mut holed = fs::read(place.path()).unwrap();
    let middle = holed.len() / 2 / 4096 * 4096;
    holed[middle..middle + 4096].fill(0xA5);
    fs::write(place.path(), &holed).unwrap();
    assert!(problems(&place).iter().any(|problem| matches!(problem, Problem::Structure(_))));

    let place = Place::new();
    drop(place.with((0..300).map(|_| note("x")).collect()));
    tampered(&place, "UPDATE event SET body = 'x';");
    let verified = verify(&place.path()).unwrap();
    assert_eq!((verified.problems.len(), verified.problems_in_all), (100, 300));
}

#[test]
fn a_copy_is_the_stream_again() {
    let place = Place::new();
    let ledger = place.with(every_event());
    let recorded = ledger.reader().events_of_batch("b").unwrap();
    let mut copy = Vec::new();
    let lines = ledger.reader().export(Some("b"), &mut copy).unwrap();
    let events: Vec<Stamped> =
        String::from_utf8(copy).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines, &events), (recorded.len() as u64, &recorded));
    assert_eq!(ledger.reader().export(Some("none"), &mut Vec::new()).unwrap(), 0);
    assert_eq!(ledger.reader().export(None, &mut Vec::new()).unwrap(), lines);
    let error = ledger.reader().export(None, &mut Full).unwrap_err();
    assert!(matches!(error, LedgerError::Copy { .. }), "{error:?}");
}

/// A file without room.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Batch `old` is over, `held` has a trigger open, `new` is of today.
fn three_batches(place: &Place) {
    let ledger = place.open();
    let write = |batch: &str, unix_ms, events: Vec<Event>| {
        for (seq, event) in (1..).zip(events) {
            ledger.append(batch, batch, Stamped { unix_ms, ..stamped(seq, event) });
        }
    };
    let done = |attempt| {
        let trigger = checkpointed(attempt, Checkpoint::Trigger);
        vec![
            run_started("b"),
            unit_started("u", 1),
            trigger,
            resolved(attempt),
            unit_ended("u", Verdict::Passed),
        ]
    };
    write("old", 1_000, done("a1"));
    write("held", 1_000, vec![run_started("held"), checkpointed("a2", Checkpoint::Trigger)]);
    write("counting", 1_000, vec![checkpointed("a3", Checkpoint::DataMode { timeout_ms: 1 })]);
    write("new", 9_000, done("a4"));
    ledger.flush(PATIENCE).unwrap();
}

#[test]
fn whole_old_batches_go_to_an_archive_and_the_record_says_so() {
    let place = Place::new();
    three_batches(&place);
    let archive = place.path().with_extension("jsonl");
    let gone = retire(&place.path(), 5_000, 10_000, &archive).unwrap();
    assert_eq!(
        gone.iter().map(|retired| (retired.batch.as_str(), retired.events)).collect::<Vec<_>>(),
        [("old", 5)]
    );
    let lines = fs::read_to_string(&archive).unwrap();
    let events: Vec<Stamped> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 5);

    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(reader.events_of_batch("old").unwrap(), []);
    assert_eq!(reader.events_of_batch("new").unwrap().len(), 5);
    assert_eq!((reader.open_triggers().unwrap().len(), reader.open_data_modes().unwrap().len()), (1, 1));
    let verified = verify(&place.path()).unwrap();
    assert!(verified.whole() && verified.retired == 5, "{verified:?}");

    let hand = by_hand(&place.path());
    for sql in ["DELETE FROM event", "DELETE FROM retired", "UPDATE retired SET events = 0"] {
        let error = hand.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    // The rows that come next do not take the places of those that went.
    drop(place.with(vec![note("after")]));
    assert!(verify(&place.path()).unwrap().whole());
}

#[test]
fn nothing_goes_while_a_run_has_it_or_the_archive_cannot_be_written() {
    let place = Place::new();
    three_batches(&place);
    let there = place.path().with_extension("there");
    fs::write(&there, "somebody's").unwrap();
    let nowhere = place.path().join("nowhere");
    for archive in [&there, &nowhere] {
        let error = retire(&place.path(), 5_000, 10_000, archive).unwrap_err();
        assert!(matches!(error, LedgerError::Copy { .. }), "{error:?}");
    }
    assert_eq!(fs::read_to_string(&there).unwrap(), "somebody's");
    let archive = place.path().with_extension("jsonl");
    let ledger = place.open();
    let error = retire(&place.path(), 5_000, 10_000, &archive).unwrap_err();
    assert!(matches!(error, LedgerError::Held { .. }) && !archive.exists(), "{error:?}");
    assert_eq!(ledger.reader().events_of_batch("old").unwrap().len(), 5);
    drop(ledger);
    assert_eq!(retire(&place.path(), 500, 10_000, &archive).unwrap(), []);
    assert!(!archive.exists() && verify(&place.path()).unwrap().whole());
}
