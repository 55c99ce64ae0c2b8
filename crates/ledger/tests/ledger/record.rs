//! What is written is what is read, and nothing of it changes.

use std::collections::BTreeSet;

use events::{Event, Report, Stamped};
use ledger::{LedgerError, Reader};

use crate::samples::{PATIENCE, Place, by_hand, every_event, note, stamped};

#[test]
fn every_recorded_event_comes_back_as_it_went() {
    let events = every_event();
    let kinds: BTreeSet<&str> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds.len(), 19, "a sample of every kind: {kinds:?}");

    let place = Place::new();
    let ledger = place.with(events.clone());
    let wanted: Vec<Stamped> = events
        .into_iter()
        .enumerate()
        .map(|(place, event)| stamped(place as u64 + 1, event))
        .filter(|stamped| stamped.event.recorded())
        .collect();
    assert_eq!(ledger.reader().events_of_batch("b").unwrap(), wanted);
    assert_eq!(ledger.reader().events_of_batch("other").unwrap(), []);
    assert_eq!(Report::of(&wanted).units.len(), 2);
}

#[test]
fn numbers_beyond_the_columns_are_kept_in_the_body() {
    let place = Place::new();
    let ledger = place.open();
    let event = Event::PortBack { slot: "A1".into(), away_ms: u64::MAX };
    ledger.append(
        "r",
        "b",
        Stamped { seq: u64::MAX, unix_ms: u64::MAX, run_ms: u64::MAX, event: event.clone() },
    );
    ledger.flush(PATIENCE).unwrap();
    assert_eq!(ledger.reader().events_of_batch("b").unwrap()[0].event, event);
}

#[test]
fn nothing_is_changed_deleted_or_replaced() {
    let place = Place::new();
    let ledger = place.with(vec![note("first"), note("second")]);
    let hand = by_hand(&place.path());
    let before = ledger.reader().events_of_batch("b").unwrap();
    for sql in ["UPDATE event SET body = '{}'", "DELETE FROM event WHERE seq = 1", "DELETE FROM event"] {
        let error = hand.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    for sql in [
        "INSERT OR REPLACE INTO event SELECT seq, 'x', run, batch, 9, 9, 9, kind, slot, unit, attempt, imei, '{}' \
         FROM event WHERE seq = 1",
        "INSERT OR REPLACE INTO event SELECT 99, id, run, batch, 9, 9, 9, kind, slot, unit, attempt, imei, '{}' \
         FROM event WHERE seq = 1",
    ] {
        assert_eq!(hand.execute(sql, []).unwrap(), 0);
    }
    assert_eq!(ledger.reader().events_of_batch("b").unwrap(), before);
}

#[test]
fn keys_are_uuids_of_version_seven_in_order() {
    let place = Place::new();
    let _ledger = place.with((0..100).map(|number| note(&number.to_string())).collect());
    let hand = by_hand(&place.path());
    let mut statement = hand.prepare("SELECT id FROM event ORDER BY seq").unwrap();
    let ids: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(ids.len(), 100);
    assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'7'), "{ids:?}");
}

#[test]
fn the_views_are_for_people() {
    let place = Place::new();
    let _ledger = place.with(every_event());
    let hand = by_hand(&place.path());
    let text = |sql: &str| hand.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(
        text("SELECT verdict || ' ' || fault || ' ' || model FROM units WHERE unit = 'u'"),
        "failed E-VERIFY-REV BG96"
    );
    assert_eq!(text("SELECT number || ' ' || delivery || ' ' || outcome FROM attempts"), "1 http unknown");
    assert_eq!(text("SELECT phase || ' ' || duration_ms FROM phases"), "deliver 9");
    assert_eq!(text("SELECT group_concat(checkpoint) FROM checkpoints"), "data_mode,data_mode_over,trigger");
    assert_eq!(text("SELECT resolution FROM resolutions"), "quiet_back");
    assert_eq!(text("SELECT group_concat(verdict) FROM verdicts"), "failed,passed");
    assert_eq!(text("SELECT direction FROM transcripts WHERE attempt = 'a'"), "sent");
    assert_eq!(text("SELECT started FROM units WHERE unit = 'u'"), "2026-11-18T11:06:40.003Z");
}

#[test]
fn an_event_of_a_newer_version_is_an_error_that_names_it() {
    let place = Place::new();
    let ledger = place.with(vec![note("known")]);
    by_hand(&place.path())
        .execute(
            "INSERT INTO event (id, run, batch, run_seq, unix_ms, run_ms, kind, body) \
             VALUES ('x', 'r', 'b', 2, 0, 0, 'teleported', '{\"event\":\"teleported\"}')",
            [],
        )
        .unwrap();
    let error = ledger.reader().events_of_batch("b").unwrap_err();
    assert!(matches!(error, LedgerError::Body { seq: 2, .. }), "{error:?}");
    assert_eq!(error.to_string(), "event 2 of the ledger cannot be read");
}

#[test]
fn one_reads_while_another_writes() {
    let place = Place::new();
    let ledger = place.open();
    let reader = Reader::open(&place.path()).unwrap();
    let mut seen = 0;
    for seq in 1..=2000 {
        ledger.append("r", "b", stamped(seq, note("line")));
        if seq % 100 == 0 {
            let events = reader.events_of_batch("b").unwrap();
            assert!(events.len() >= seen && events.iter().map(|event| event.seq).eq(1..=events.len() as u64));
            seen = events.len();
        }
    }
    ledger.flush(PATIENCE).unwrap();
    assert_eq!(reader.events_of_batch("b").unwrap().len(), 2000);
    drop(ledger);
    assert_eq!(reader.events_of_batch("b").unwrap().len(), 2000);
}
