//! What was acknowledged is on disk, in its order.

use std::sync::mpsc;

use ledger::{Ledger, Reader};

use crate::samples::{PATIENCE, Place, durable, note, stamped};

#[test]
fn the_answer_comes_after_everything_before_it_is_on_disk() {
    let place = Place::new();
    let ledger = place.open();
    let path = place.path();
    let (reply, answer) = mpsc::channel();
    for seq in 1..=5000 {
        ledger.append("r", "b", stamped(seq, note("ordinary")));
    }
    ledger.append_durable("r", "b", stamped(5001, note("awaited")), move |result| {
        // A second connection, while the first one has only just committed.
        let seen = Reader::open(&path).unwrap().events_of_batch("b").unwrap().len();
        reply.send((result, seen)).unwrap();
    });
    let (result, seen) = answer.recv_timeout(PATIENCE).unwrap();
    assert_eq!(result, Ok(()));
    assert!(seen >= 5001, "{seen}");
    let status = ledger.status();
    assert!(status.ok && status.queued == 0 && status.dropped == 0, "{status:?}");
    assert!(ledger.free_bytes().unwrap() > 0);
}

#[test]
fn many_wait_at_once_and_each_is_answered_once() {
    let place = Place::new();
    let ledger = place.open();
    let (reply, answers) = mpsc::channel();
    for seq in 1..=1000 {
        let reply = reply.clone();
        ledger.append_durable("r", "b", stamped(seq, note("awaited")), move |result| {
            reply.send((seq, result)).unwrap();
        });
    }
    drop(reply);
    let answers: Vec<_> = answers.iter().collect();
    assert!(answers.iter().map(|(seq, _)| *seq).eq(1..=1000));
    assert!(answers.iter().all(|(_, result)| result.is_ok()));
}

#[test]
fn dropping_writes_what_is_queued() {
    let place = Place::new();
    let ledger = place.open();
    for seq in 1..=10_000 {
        ledger.append("r", "b", stamped(seq, note("ordinary")));
    }
    drop(ledger);
    assert!(!place.path().with_extension("sqlite-wal").exists(), "one file is all there is");
    assert_eq!(Reader::open(&place.path()).unwrap().events_of_batch("b").unwrap().len(), 10_000);
}

#[test]
fn an_answer_may_come_back_to_the_ledger() {
    let place = Place::new();
    let ledger = std::sync::Arc::new(place.open());
    let again: std::sync::Weak<Ledger> = std::sync::Arc::downgrade(&ledger);
    let (reply, answer) = mpsc::channel();
    ledger.append_durable("r", "b", stamped(1, note("first")), move |_| {
        if let Some(ledger) = again.upgrade() {
            ledger.append_durable("r", "b", stamped(2, note("second")), move |result| {
                reply.send(result).unwrap();
            });
        }
    });
    assert_eq!(answer.recv_timeout(PATIENCE).unwrap(), Ok(()));
}

#[test]
fn a_ledger_that_was_taken_away_acknowledges_nothing() {
    let place = Place::new();
    let ledger = place.open();
    durable(&ledger, stamped(1, note("there"))).unwrap();
    let aside = place.path().with_extension("aside");
    std::fs::rename(place.path(), &aside).unwrap();
    let error = durable(&ledger, stamped(2, note("gone"))).unwrap_err();
    assert!(error.contains("was removed or replaced"), "{error}");
    assert!(!ledger.status().ok);
    std::fs::rename(&aside, place.path()).unwrap();
    durable(&ledger, stamped(3, note("back"))).unwrap();
    assert!(ledger.status().ok);
}

#[test]
fn write_times_are_handed_over_once_and_bounded() {
    let place = Place::new();
    let ledger = place.open();
    for seq in 1..=3 {
        durable(&ledger, stamped(seq, note("awaited"))).unwrap();
    }
    let times = ledger.take_write_us();
    assert!(times.len() == 3 && times.iter().all(|time| *time > 0), "{times:?}");
    assert_eq!(ledger.take_write_us(), [0; 0]);
    assert_eq!(ledger.failing(), None);
    for seq in 1..=1_001 {
        durable(&ledger, stamped(seq, note("awaited"))).unwrap();
    }
    assert_eq!(ledger.take_write_us().len(), 1_000);
}
