//! Whatever JSON lies in a ledger or in a recorded stream: events or errors; never a panic in the report that is made
//! of them, nor in the snapshot; and what was read is written so that it reads the same.

#![no_main]

use std::sync::Arc;

use events::{Recent, Report, Stamped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let events: Vec<Stamped> =
        text.lines().take(500).filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut recent = Recent::default();
    for stamped in &events {
        let line = serde_json::to_string(stamped).expect("an event has a JSON form");
        assert_eq!(serde_json::from_str::<Stamped>(&line).expect("it reads back"), *stamped);
        recent.take(&Arc::new(stamped.clone()));
    }
    assert!(recent.snapshot().len() <= events.len() + 1);
    let report = Report::of(&events);
    assert!(report.units.len() <= events.len());
    let json = serde_json::to_string(&report).expect("a report has a JSON form");
    assert_eq!(serde_json::from_str::<Report>(&json).expect("it reads back"), report);
});
