//! Some hundred racks at every run; thousands by `make simulate`.

use std::sync::Arc;
use std::time::Duration;

use events::Stamped;
use ledger::Ledger;
use simulate::{BATCH, live, many};

#[test]
fn no_rule_of_the_house_is_broken() {
    let tally = many(0..320, 8, 2, &|_| {});
    assert_eq!(tally.racks, 320);
    assert!(tally.bad.is_empty(), "{tally}");
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..6 {
        let (one, other) = (live(seed, 6, true).unwrap(), live(seed, 6, true).unwrap());
        assert!(one.log.len() > 100, "something happens");
        for (line, (one, other)) in one.log.iter().zip(&other.log).enumerate() {
            assert_eq!(one, other, "seed {seed}, line {line}");
        }
        assert_eq!(one.log.len(), other.log.len());
    }
}

#[test]
fn another_seed_gives_another_log() {
    assert_ne!(live(1, 2, true).unwrap().log, live(2, 2, true).unwrap().log);
}

fn keep(ledger: &Ledger, record: &[Arc<Stamped>]) -> Result<(), String> {
    for stamped in record {
        ledger.append("run", BATCH, (**stamped).clone());
    }
    ledger.flush(Duration::from_secs(60))
}

#[test]
fn the_history_of_the_record_in_memory_is_that_of_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = 0;
    for seed in 0..12 {
        let life = live(seed, 8, false).unwrap();
        let ledger = Ledger::open(&folder.path().join(format!("{seed}.sqlite"))).unwrap();
        keep(&ledger, &life.record).unwrap();
        let history = rig::history(&ledger, BATCH).unwrap();
        assert_eq!(format!("{history:?}"), format!("{:?}", life.history), "seed {seed}");
        open += history.open_triggers.len();
    }
    assert!(open > 0, "triggers stay open in some of them");
}
