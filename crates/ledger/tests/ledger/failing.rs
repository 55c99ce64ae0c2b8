//! A disk without room: a child process whose files the system does not let grow.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ledger::{Ledger, Reader};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::samples::{PATIENCE, Place, durable, note, stamped};

const CHILD: &str = "LEDGER_TEST_FULL_DISK";

/// Lets no file of this process grow beyond `bytes`.
fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn texts(path: &Path) -> Vec<u64> {
    Reader::open(path).unwrap().events_of_batch("b").unwrap().iter().map(|event| event.seq).collect()
}

#[test]
fn a_full_disk_fails_who_waits_and_keeps_the_rest() {
    let place = Place::new();
    // Ignored signals stay ignored through exec: without it the child would be killed instead of refused.
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "failing::child", "--nocapture"])
        .env(CHILD, place.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(texts(&place.path()), [1, 2, 4, 6, 7]);
}

#[test]
fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    let path = Path::new(&path);
    let ledger = Ledger::open(path).unwrap();
    durable(&ledger, stamped(1, note("room"))).unwrap();
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    limit(Some(fs::metadata(&wal).unwrap().len() + 100));

    ledger.append("r", "b", stamped(2, note("ordinary")));
    let error = durable(&ledger, stamped(3, note("awaited"))).unwrap_err();
    assert!(error.contains("cannot be written: "), "{error}");
    ledger.append("r", "b", stamped(4, note("ordinary")));
    durable(&ledger, stamped(5, note("awaited"))).unwrap_err();
    let status = ledger.status();
    assert!(!status.ok && status.queued == 2 && status.last_error == Some(error), "{status:?}");
    let error = ledger.flush(Duration::from_millis(50)).unwrap_err();
    assert!(error.starts_with("2 events are not on disk: "), "{error}");
    assert_eq!(texts(path), [1]);

    limit(None);
    ledger.append("r", "b", stamped(6, note("ordinary")));
    ledger.flush(PATIENCE).unwrap();
    assert_eq!(texts(path), [1, 2, 4, 6]);
    durable(&ledger, stamped(7, note("awaited"))).unwrap();
    assert!(ledger.status().ok);
}
