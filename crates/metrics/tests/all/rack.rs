//! What events add up to: slots, triggers, labels, and the controller itself.

use std::collections::BTreeMap;

use events::{Delivery, Event, Family, Phase, Rule, SlotState, Traffic, Vitals};

use crate::counting::{after, metrics, scraped};
use crate::story::{FAILED, PASSED, Story, UNKNOWN, labels};

fn state(state: &str) -> String {
    format!("fotarig_slots{{state=\"{state}\"}}")
}

fn phase(slot: &str, phase: Phase) -> String {
    format!("fotarig_slot_phase{{phase=\"{phase}\",slot=\"{slot}\"}}")
}

const PROGRESS: &str = "fotarig_slot_progress_ratio{slot=\"A1\"}";
const SINCE: &str = "fotarig_slot_trigger_timestamp_seconds{slot=\"A1\"}";

#[test]
fn the_states_add_up_to_the_slots() {
    let mut story = Story::begun("b", &labels(4));
    let reason = || "why".to_owned();
    story.state("A1", SlotState::Busy).state("A1", SlotState::Done).state("A2", SlotState::Busy);
    story.state("A3", SlotState::Quarantined { reason: reason() });
    story.state("1-1.7", SlotState::Unlabelled).state("1-1.7", SlotState::Unlabelled);
    let scrape = after(&story);
    for (name, count) in
        [("done", 1.0), ("busy", 1.0), ("quarantined", 1.0), ("empty", 1.0), ("unlabelled", 1.0)]
    {
        assert_eq!(scrape.value(&state(name)), count, "{name}");
    }
    assert_eq!(scrape.sum("fotarig_slots"), 5.0);
    assert!(!scrape.has(&phase("1-1.7", Phase::Deliver)), "a port without a label has no series");
    story.state("1-1.7", SlotState::Empty);
    assert_eq!(after(&story).sum("fotarig_slots"), 4.0);
    story.state("1-1.7", SlotState::Unlabelled).state("1-1.7", SlotState::Busy);
    assert_eq!(after(&story).value(&state("busy")), 2.0, "taken with --all-ports, it is a slot");
}

#[test]
fn a_slot_is_in_one_phase_at_most() {
    let mut story = Story::begun("b", &labels(1));
    let number = story.identified("A1", Family::Bg96);
    story.phase("A1", number, Phase::Identify, 10).phase("A1", number, Phase::Deliver, 10);
    let ended = story.events.pop().unwrap();
    let during = after(&story);
    assert_eq!((during.sum("fotarig_slot_phase"), during.value(&phase("A1", Phase::Deliver))), (1.0, 1.0));
    assert_eq!(during.value(PROGRESS), 0.75);
    story.tell(Event::Progress { slot: "A1".into(), phase: Phase::Deliver, done: 9, total: 0 });
    assert_eq!(after(&story).value(PROGRESS), 0.0, "not known");
    story.tell(Event::Progress { slot: "A1".into(), phase: Phase::Deliver, done: 9, total: 4 });
    assert_eq!(after(&story).value(PROGRESS), 1.0);
    story.tell(ended.event);
    let over = after(&story);
    assert_eq!((over.sum("fotarig_slot_phase"), over.value(PROGRESS)), (0.0, 0.0));
}

#[test]
fn a_slot_that_leaves_the_rack_loses_its_series_and_an_empty_one_keeps_them() {
    let mut story = Story::begun("b", &labels(2));
    story.module("A1", Family::Bg96, UNKNOWN);
    story.module("A2", Family::Bg96, PASSED);
    story.state("A2", SlotState::Empty);
    let metrics = metrics();
    story.events.iter().for_each(|event| metrics.apply(event));
    let told = story.events.len();
    assert!(scraped(&metrics).has(SINCE));
    story.layout(&["A2", "B1"]);
    story.events[told..].iter().for_each(|event| metrics.apply(event));
    let text = metrics.render().unwrap();
    assert!(!text.contains("slot=\"A1\""), "{text}");
    let scrape = scraped(&metrics);
    assert_eq!(scrape.value("fotarig_slot_verdicts_total{slot=\"A2\",verdict=\"passed\"}"), 1.0);
    assert_eq!((scrape.value(&state("empty")), scrape.sum("fotarig_slots")), (2.0, 2.0));
    assert_eq!(scrape.value(&phase("B1", Phase::Verify)), 0.0);
    let told = story.events.len();
    story.layout(&["A1", "A2"]);
    story.events[told..].iter().for_each(|event| metrics.apply(event));
    assert!(scraped(&metrics).has(SINCE), "the trigger is still unresolved when the slot is back");
}

#[test]
fn a_trigger_shows_until_it_is_resolved() {
    let mut story = Story::begun("b", &labels(1));
    let number = story.identified("A1", Family::Bg96);
    assert!(!after(&story).has(SINCE));
    story.triggered("A1", number, Family::Bg96);
    let seconds = story.events.last().unwrap().unix_ms / 1_000;
    let shown = after(&story).value(SINCE);
    assert_eq!(shown.to_string(), seconds.to_string());
    story.ended("A1", number, UNKNOWN);
    assert_eq!(after(&story).value(SINCE), shown, "unknown is not resolved");
    // The next module in the slot is triggered and resolved: the older one still stands.
    story.module("A1", Family::Bg96, FAILED);
    assert_eq!(after(&story).value(SINCE), shown);
    story.ended("A1", number, PASSED);
    assert!(!after(&story).has(SINCE));
}

#[test]
fn a_trigger_that_was_never_sent_does_not_stay() {
    let mut story = Story::begun("b", &labels(1));
    let number = story.identified("A1", Family::Bg96);
    let end = crate::story::End { resolved: None, ..FAILED };
    story.triggered("A1", number, Family::Bg96).ended("A1", number, end);
    assert!(!after(&story).has(SINCE));
}

#[test]
fn a_run_that_begins_anew_forgets_the_halt() {
    let mut story = Story::begun("b", &labels(2));
    story.tell(Event::Halted { rule: Rule::FailureRate, reason: "5 of 20".into() });
    let halted = after(&story);
    assert_eq!(halted.value("fotarig_batch_halted"), 1.0);
    assert_eq!(halted.value("fotarig_batch_expected_units"), 2.0);
    story.run("c \"quoted\"\n", &labels(1));
    let scrape = after(&story);
    let info =
        "fotarig_batch_info{batch=\"c \\\"quoted\\\"?\",lot=\"L-2231\",operator=\"\",rack=\"line3-rack2\"}";
    assert_eq!((scrape.value(info), scrape.sum("fotarig_batch_info")), (1.0, 1.0));
    assert_eq!(scrape.value("fotarig_batch_halted"), 0.0);
}

#[test]
fn labels_from_modules_are_bounded_and_printable() {
    let mut story = Story::begun("b", &labels(1));
    for number in 0..500 {
        let unit = story.identified("A1", Family::Bg96);
        for event in story.events.iter_mut().rev().take(2) {
            if let Event::UnitStarted { module: Some(module), .. } = &mut event.event {
                module.model = format!("M{number}\u{1b}[2J");
            } else if let Event::Routed { route, .. } = &mut event.event {
                route[0].to = format!("R{number}\n");
            }
        }
        story.ended("A1", unit, FAILED);
    }
    let scrape = after(&story);
    let series = |name: &str| scrape.0.keys().filter(|series| series.starts_with(name)).count();
    assert!(series("fotarig_modules_total{") <= 66 * 5, "{}", series("fotarig_modules_total{"));
    assert!(series("fotarig_attempts_total{") <= 257 * 4, "{}", series("fotarig_attempts_total{"));
    assert_eq!(scrape.sum("fotarig_modules_total"), 500.0);
    assert!(scrape.value("fotarig_modules_total{model=\"other\",verdict=\"failed\"}") > 400.0);
    assert!(scrape.0.keys().all(|series| series.bytes().all(|b| (b' '..=b'~').contains(&b))));
    assert!(!scrape.0.keys().any(|series| series.contains("490154203237518")), "no IMEI");
}

fn vitals(received: u64, http: u64, lag_us: u64) -> Event {
    Event::Vitals(Vitals {
        loop_lag_us: lag_us,
        ledger_ok: true,
        bus_ok: true,
        ledger_write_us: vec![900, 1_100],
        ledger_free_bytes: Some(1 << 30),
        hosted_bytes: BTreeMap::from([(Delivery::Http, http)]),
        serial: BTreeMap::from([
            ("A1".to_owned(), Traffic { received, sent: 2 * received }),
            ("Z9".to_owned(), Traffic { received, sent: 0 }),
        ]),
        ..Vitals::default()
    })
}

#[test]
fn totals_that_begin_anew_do_not_go_back() {
    let mut story = Story::begun("b", &labels(1));
    story.tell(vitals(100, 1_000, 2_000)).tell(vitals(150, 1_500, 500)).tell(vitals(20, 300, 500));
    let scrape = after(&story);
    assert_eq!(scrape.value("fotarig_serial_bytes_total{direction=\"received\",slot=\"A1\"}"), 170.0);
    assert_eq!(scrape.value("fotarig_serial_bytes_total{direction=\"sent\",slot=\"A1\"}"), 340.0);
    assert_eq!(scrape.value("fotarig_hosted_bytes_total{protocol=\"http\"}"), 1_800.0);
    assert_eq!(scrape.value("fotarig_hosted_bytes_total{protocol=\"ftp\"}"), 0.0);
    assert_eq!(scrape.value("fotarig_loop_lag_seconds"), 0.002, "the worst of the last ones");
    assert_eq!(scrape.value("fotarig_ledger_write_duration_seconds_count"), 6.0);
    assert_eq!(scrape.value("fotarig_ledger_write_duration_seconds_bucket{le=\"0.001\"}"), 3.0);
    assert_eq!(scrape.value("fotarig_ledger_free_bytes"), f64::from(1 << 30));
    assert!(!scrape.0.keys().any(|series| series.contains("Z9")), "no slot of this rack");
    for _ in 0..15 {
        story.tell(vitals(20, 300, 500));
    }
    story.tell(Event::Vitals(Vitals::default()));
    let later = after(&story);
    assert_eq!(later.value("fotarig_loop_lag_seconds"), 0.000_5);
    assert!(!later.has("fotarig_ledger_free_bytes"), "it cannot be told");
}
