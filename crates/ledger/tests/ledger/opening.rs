//! Files that are held, missing, damaged, foreign or from the future.

use std::fs;
use std::os::unix::fs::symlink;
use std::process;

use ledger::{Ledger, LedgerError, Reader, is_held};

use crate::samples::{Place, by_hand, durable, every_event, note, stamped};

#[test]
fn a_second_controller_is_told_who_has_it() {
    let place = Place::new();
    let ledger = place.with(vec![note("first")]);
    let other_name = place.path().with_file_name("other.sqlite");
    symlink(place.path(), &other_name).unwrap();
    for path in [place.path(), other_name] {
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("held by pid {} on ", process::id())), "{error}");
        assert!(error.contains(" since 20"), "{error}");
    }
    assert_eq!(Reader::open(&place.path()).unwrap().events_of_batch("b").unwrap().len(), 1);
    drop(ledger);
    assert_eq!(place.open().reader().events_of_batch("b").unwrap().len(), 1);
}

#[test]
fn a_missing_ledger_is_not_made_by_reading() {
    let place = Place::new();
    let error = Reader::open(&place.path()).unwrap_err();
    assert!(matches!(error, LedgerError::Missing { .. }));
    assert_eq!(error.to_string(), format!("{}: no such ledger", place.path().display()));
    assert!(!place.path().exists());
    let nowhere = place.path().join("nowhere").join("a.sqlite");
    assert!(matches!(Ledger::open(&nowhere), Err(LedgerError::Lock { .. })));
}

#[test]
fn what_is_no_ledger_is_left_alone() {
    let place = Place::new();
    fs::write(place.path(), "this is not a database, but it is long enough to look at".repeat(100)).unwrap();
    let before = fs::read(place.path()).unwrap();
    assert!(matches!(Ledger::open(&place.path()), Err(LedgerError::NoDatabase { .. })));
    assert!(matches!(Reader::open(&place.path()), Err(LedgerError::NoDatabase { .. })));
    assert_eq!(fs::read(place.path()).unwrap(), before);

    let foreign = Place::new();
    by_hand(&foreign.path()).execute("CREATE TABLE recipes (name TEXT)", []).unwrap();
    let error = Ledger::open(&foreign.path()).unwrap_err().to_string();
    assert!(error.ends_with("not a ledger of fotarig"), "{error}");
    assert!(matches!(Reader::open(&foreign.path()), Err(LedgerError::NotALedger { .. })));
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    drop(place.with(vec![note("first")]));
    by_hand(&place.path())
        .execute("INSERT INTO refinery_schema_history VALUES (7, 'later', '2030-01-01T00:00:00Z', '1')", [])
        .unwrap();
    for error in [Ledger::open(&place.path()).unwrap_err(), Reader::open(&place.path()).unwrap_err()] {
        assert!(matches!(error, LedgerError::Newer { found: 7, known: 3, .. }), "{error:?}");
        assert!(error.to_string().ends_with("has schema 7, this program knows schemas up to 3"));
    }
}

#[test]
fn a_damaged_ledger_is_an_error_and_no_panic() {
    let place = Place::new();
    drop(place.with((0..50).flat_map(|_| every_event()).collect()));
    let whole = fs::read(place.path()).unwrap();

    let mut holed = whole.clone();
    holed[4096 * 2..].fill(0xA5);
    fs::write(place.path(), &holed).unwrap();
    let error = Reader::open(&place.path()).and_then(|reader| reader.events_of_batch("b")).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error:?}");

    fs::write(place.path(), &whole[..whole.len() / 2]).unwrap();
    let error = Reader::open(&place.path()).and_then(|reader| reader.events_of_batch("b")).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_damaged_page_is_said_once_with_its_place_and_a_next_step() {
    let place = Place::new();
    drop(place.with((0..50).flat_map(|_| every_event()).collect()));
    let mut holed = fs::read(place.path()).unwrap();
    holed[4096 * 2..].fill(0xA5);
    fs::write(place.path(), &holed).unwrap();
    let error = Reader::open(&place.path()).and_then(|reader| reader.events_of_batch("b")).unwrap_err();
    let path = place.path().display().to_string();
    assert_eq!(error.to_string(), format!("{path}: the ledger is damaged (found while it was being read)"));
    assert!(std::error::Error::source(&error).is_none(), "nothing is left to be said twice");
    assert!(error.next_step().contains(".recover"));
}

#[test]
fn a_damaged_page_fails_who_waits_and_not_the_process() {
    let place = Place::new();
    drop(place.with((0..50).flat_map(|_| every_event()).collect()));
    let mut holed = fs::read(place.path()).unwrap();
    let pages = holed.len() / 4096;
    for page in 2..pages {
        // Every b-tree page behind the schema: whatever the writer touches is hit.
        holed[page * 4096..page * 4096 + 100].fill(0xA5);
    }
    fs::write(place.path(), &holed).unwrap();
    let refusal = match Ledger::open(&place.path()) {
        Ok(ledger) => durable(&ledger, stamped(1, note("after"))).unwrap_err(),
        Err(error) => error.to_string(),
    };
    assert_eq!(refusal.matches("damaged").count(), 1, "{refusal}");
    assert!(refusal.contains("fotarig.sqlite"), "{refusal}");
}

#[test]
fn a_ledger_of_the_first_version_is_read_as_it_is_and_brought_up_to_date_by_its_writer() {
    let place = Place::new();
    drop(place.with(every_event()));
    // What the first version had: the same but for what later ones added.
    by_hand(&place.path())
        .execute_batch("DROP TABLE retired; DELETE FROM refinery_schema_history WHERE version > 1;")
        .unwrap();
    let before = fs::read(place.path()).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    assert!(!reader.events_of_batch("b").unwrap().is_empty());
    assert!(ledger::verify(&place.path()).unwrap().whole());
    drop(reader);
    assert_eq!(fs::read(place.path()).unwrap(), before, "a reader migrates nothing");
    let ledger = place.open();
    durable(&ledger, stamped(1, note("goes on"))).unwrap();
    drop(ledger);
    let version = "SELECT max(version) FROM refinery_schema_history";
    assert_eq!(by_hand(&place.path()).query_row(version, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
}

#[test]
fn a_ledger_that_was_only_begun_is_not_damaged() {
    let place = Place::new();
    by_hand(&place.path()).pragma_update(None, "application_id", 0x464F_5441).unwrap();
    let error = Reader::open(&place.path()).unwrap_err();
    assert!(matches!(error, LedgerError::NotBegun { .. }), "{error:?}");
    assert!(place.open().reader().batches().unwrap().is_empty());
}

#[test]
fn whether_somebody_has_it_is_seen_without_taking_it() {
    let place = Place::new();
    assert_eq!(is_held(&place.path()), None);
    let ledger = place.open();
    let Some(held) = is_held(&place.path()) else { return };
    assert!(held);
    drop(ledger);
    assert_eq!(is_held(&place.path()), Some(false));
}
