//! File systems that are full or read-only, in a mount namespace of the test's own. Not every machine lets a test have
//! one; `failing` needs nothing.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::{Ledger, LedgerError, Reader};

use crate::samples::{PATIENCE, Place, durable, every_event, note, stamped};

const SMALL: &str = "LEDGER_TEST_SMALL_DISK";
const FIXED: &str = "LEDGER_TEST_READ_ONLY";

/// Runs the test `child` of this binary with `variable` naming the ledger, after `script` has mounted something on its
/// folder (`$1`); `false` where mounts of one's own are not to be had.
fn in_a_namespace(place: &Place, script: &str, child: &str, variable: &str) -> bool {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: no mounts of one's own here");
        return false;
    }
    let status = Command::new("unshare")
        .args(["-rm", "sh", "-ec", &format!("{script}; shift; exec \"$@\""), "sh"])
        .arg(place.path().parent().unwrap())
        .arg(env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture"])
        .env(variable, place.path())
        .status()
        .unwrap();
    assert!(status.success());
    true
}

fn numbers(path: &Path) -> Vec<u64> {
    Reader::open(path).unwrap().events_of_batch("b").unwrap().iter().map(|event| event.seq).collect()
}

#[test]
fn a_file_system_without_room_fails_who_waits_and_keeps_the_rest() {
    let place = Place::new();
    in_a_namespace(&place, "mount -t tmpfs -o size=1m none \"$1\"", "mounted::child_on_a_small_disk", SMALL);
}

#[test]
fn child_on_a_small_disk() {
    let Some(path) = env::var_os(SMALL) else { return };
    let path = Path::new(&path);
    let ledger = Ledger::open(path).unwrap();
    durable(&ledger, stamped(1, note("room"))).unwrap();
    let filler = path.with_extension("filler");
    // As much as fits; the error is the point.
    fs::write(&filler, vec![0; 1 << 20]).unwrap_err();
    assert_eq!(ledger.free_bytes(), Some(0));

    ledger.append("r", "b", stamped(2, note("ordinary")));
    let error = durable(&ledger, stamped(3, note("awaited"))).unwrap_err();
    assert!(error.contains("database or disk is full"), "{error}");
    assert!(ledger.failing().is_some());
    assert_eq!(numbers(path), [1]);
    fs::remove_file(&filler).unwrap();
    ledger.flush(PATIENCE).unwrap();
    durable(&ledger, stamped(4, note("room again"))).unwrap();
    assert_eq!(ledger.failing(), None);
    assert_eq!(numbers(path), [1, 2, 4]);
}

#[test]
fn a_read_only_folder_is_refused_to_writers_and_read_by_readers() {
    let place = Place::new();
    drop(place.with(every_event()));
    let script = "mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"";
    if in_a_namespace(&place, script, "mounted::child_on_a_read_only_disk", FIXED) {
        // A controller that was killed leaves pages beside the file: a reader must not leave them out silently.
        let wal = place.path().with_extension("sqlite-wal");
        fs::write(wal, [0; 4096]).unwrap();
        in_a_namespace(&place, script, "mounted::child_on_a_read_only_disk_with_pages_beside", FIXED);
    }
}

#[test]
fn child_on_a_read_only_disk() {
    let Some(path) = env::var_os(FIXED) else { return };
    let path = Path::new(&path);
    let error = Ledger::open(path).unwrap_err();
    assert!(matches!(&error, LedgerError::Lock { .. }), "{error:?}");
    assert!(error.next_step().contains("may write"), "{}", error.next_step());
    assert!(!numbers(path).is_empty());
    assert!(ledger::verify(path).unwrap().whole());
}

#[test]
fn child_on_a_read_only_disk_with_pages_beside() {
    let Some(path) = env::var_os(FIXED) else { return };
    let read = Reader::open(Path::new(&path)).and_then(|reader| reader.events_of_batch("b"));
    assert!(matches!(read, Err(LedgerError::Sqlite { .. })), "{read:?}");
}
