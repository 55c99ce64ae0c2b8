//! Events as JSON lines: what is written is what is read.

use std::collections::BTreeMap;

use events::{Action, Delivery, Event, Imei, Rule, SlotPlace, SlotState, Stamped, Traffic, Verdict, Vitals};

fn vitals() -> Vitals {
    Vitals {
        loop_lag_us: 120,
        ledger_ok: true,
        bus_ok: false,
        ledger_write_us: vec![900, 1_100],
        ledger_free_bytes: Some(1 << 40),
        hosted_bytes: BTreeMap::from([(Delivery::Http, 7)]),
        in_flight: 12,
        in_flight_limit: 16,
        serial: BTreeMap::from([("A1".to_owned(), Traffic { received: 1, sent: 2 })]),
    }
}

#[test]
fn vitals_of_an_older_recording_are_read() {
    let line = "{\"seq\":1,\"unix_ms\":2,\"run_ms\":3,\"event\":\"vitals\",\"loop_lag_us\":120,\"ledger_ok\":true,\
                \"ledger_write_us\":[],\"ledger_free_bytes\":null,\"hosted_bytes\":{},\"serial\":{}}";
    let read: Stamped = serde_json::from_str(line).unwrap();
    let told = Vitals { loop_lag_us: 120, ledger_ok: true, bus_ok: true, ..Vitals::default() };
    assert_eq!(read.event, Event::Vitals(told));
}

#[test]
fn nested_tags_and_maps_survive() {
    let imei = Imei::parse("490154203237518").unwrap();
    let slot = || "A1".to_owned();
    let place = SlotPlace { slot: slot(), place: "1-1.4".into(), hub: Some("1-1".into()) };
    let by = || "ctl".to_owned();
    let events = [
        Event::Layout { columns: Some(8), places: vec![place] },
        Event::Slot { slot: slot(), state: SlotState::Held { reason: "twin".into() } },
        Event::Slot { slot: slot(), state: SlotState::Unlabelled },
        Event::Acted { by: by(), action: Action::Expect { slot: slot(), imei }, refused: None },
        Event::Acted { by: by(), action: Action::Pause, refused: Some("it is over".into()) },
        Event::Halted { rule: Rule::FailureRate, reason: "5 of 20".into() },
        Event::Vitals(vitals()),
        Event::Earlier { units: BTreeMap::from([(Verdict::Passed, 3)]), first_pass: 2 },
    ];
    for event in events {
        let stamped = Stamped { seq: 1, unix_ms: 2, run_ms: 3, event };
        let line = serde_json::to_string(&stamped).unwrap();
        assert_eq!(serde_json::from_str::<Stamped>(&line).unwrap(), stamped, "{line}");
        assert!(line.contains(&format!("\"event\":\"{}\"", stamped.event.kind())), "{line}");
    }
}

#[test]
fn a_unit_of_an_older_record_has_no_first_pass() {
    let line = r#"{"seq":1,"unix_ms":2,"run_ms":3,"event":"unit_ended","unit":"u","slot":"A1","verdict":"passed","fault":null,"revision":null,"duration_ms":4}"#;
    let stamped: Stamped = serde_json::from_str(line).unwrap();
    assert!(matches!(stamped.event, Event::UnitEnded { first_pass: false, .. }));
}
