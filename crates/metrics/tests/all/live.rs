//! The dashboards on a real Prometheus that scraped two racks at work.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use events::{Delivery, Event, Family, SlotState, Traffic, Vitals};
use metrics::Access;
use serde_json::Value;

use crate::board::{Query, Settings, boards};
use crate::client::until;
use crate::prometheus::Prometheus;
use crate::serving::{Served, serve_rack};
use crate::story::{FAILED, PASSED, Story, UNKNOWN, labels};

const SLOTS: usize = 24;
/// The racks.
pub(crate) const NAMES: [&str; 2] = ["line3-rack1", "line3-rack2"];
/// In so many parts a story is told, so that things change while they are scraped.
const PARTS: usize = 6;

/// A batch on 24 slots: most modules pass, one slot always fails, one trigger stays unresolved.
pub(crate) fn busy_rack(rack: &str) -> Story {
    let slots = labels(SLOTS);
    let mut story = Story { rack: rack.to_owned(), ..Story::default() };
    story.run("2026w47-bg96", &slots);
    let names: Vec<&str> = slots.iter().map(String::as_str).collect();
    story.layout(&names);
    let mut bytes = 0;
    for round in 0..3 {
        for (place, slot) in slots.iter().enumerate() {
            let end = match (place, round) {
                (1, _) => FAILED,
                (2, 1) => UNKNOWN,
                _ => PASSED,
            };
            story.module(slot, Family::ALL[place % Family::ALL.len()], end);
            bytes += 4_096;
            story.tell(vitals(&slots, bytes));
        }
    }
    story.state("A4", SlotState::Busy);
    let number = story.identified("A4", Family::Ag35);
    story.phase("A4", number, events::Phase::Deliver, 1_000);
    let ended = story.events.pop();
    assert!(ended.is_some_and(|ended| ended.event.kind() == "phase_ended"), "it is under way");
    story
}

fn vitals(slots: &[String], bytes: u64) -> Event {
    let traffic = Traffic { received: bytes, sent: bytes / 2 };
    Event::Vitals(Vitals {
        loop_lag_us: 800,
        ledger_ok: true,
        bus_ok: true,
        ledger_write_us: vec![900, 4_000],
        ledger_free_bytes: Some(80 << 30),
        hosted_bytes: BTreeMap::from([(Delivery::Http, bytes * 100)]),
        serial: slots.iter().map(|slot| (slot.clone(), traffic)).collect(),
        ..Vitals::default()
    })
}

/// Waits until so many more scrapes are in.
fn scraped_again(prometheus: &Prometheus, rack: SocketAddr) {
    let expr = format!("count_over_time(fotarig_build_info{{instance=\"{rack}\"}}[1h])");
    let count = || prometheus.query(&expr).first().and_then(value).unwrap_or(0.0);
    let before = count();
    until("two more scrapes", || (count() >= before + 2.0).then_some(()));
}

fn value(series: &Value) -> Option<f64> {
    series["value"][1].as_str()?.parse().ok()
}

/// Whether a series has a number in it.
fn tells(series: &Value) -> bool {
    let number = |sample: &Value| sample[1].as_str().and_then(|text| text.parse::<f64>().ok());
    let samples = series["values"].as_array().cloned().unwrap_or_else(|| vec![series["value"].clone()]);
    samples.iter().filter_map(number).any(|number| !number.is_nan())
}

/// How many series of a panel's query tell something.
fn telling(prometheus: &Prometheus, query: &Query, start_s: f64) -> usize {
    let expr = Settings { rate_interval: "1s", range: "5m" }.fill(&query.expr);
    let series = if query.instant {
        prometheus.query(&expr)
    } else {
        prometheus.query_range(&expr, start_s, prometheus.now_s())
    };
    series.iter().filter(|series| tells(series)).count()
}

fn tell_both(prometheus: &Prometheus, racks: &[Served; 2]) {
    let stories = NAMES.map(busy_rack);
    let length = stories[0].events.len().div_ceil(PARTS);
    for part in 0..PARTS {
        for (rack, story) in racks.iter().zip(&stories) {
            story.events.iter().skip(part * length).take(length).for_each(|event| rack.metrics.apply(event));
        }
        scraped_again(prometheus, racks[0].addr);
        scraped_again(prometheus, racks[1].addr);
    }
}

#[test]
fn every_panel_shows_something_on_a_real_prometheus() {
    let racks = NAMES.map(|name| serve_rack(name, Access::default()));
    let prometheus = Prometheus::start(&[racks[0].addr, racks[1].addr]);
    let start_s = prometheus.now_s();
    scraped_again(&prometheus, racks[0].addr);
    tell_both(&prometheus, &racks);
    for board in boards() {
        println!("{}", board.file);
        for query in board.queries() {
            let what = format!("{}, `{}` shows something: {}", board.file, query.panel, query.expr);
            let series =
                until(&what, || Some(telling(&prometheus, &query, start_s)).filter(|count| *count > 0));
            println!("  {:<36} {series:>4} series", query.panel);
        }
    }
    let rules = prometheus.ask("rules", &[]);
    let rules: Vec<&Value> = rules["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .collect();
    assert_eq!(rules.len(), 14);
    until("every rule was worked out", || {
        let rules = prometheus.ask("rules", &[]).to_string();
        (!rules.contains("\"health\":\"unknown\"")).then_some(())
    });
    assert!(rules.iter().all(|rule| rule["health"] != "err"), "{rules:#?}");
    racks_by_name(&prometheus);
    drop(racks);
    still_there(&prometheus, start_s);
}

/// A batch that is over still shows when its controllers have ended; only what is under way does not.
fn still_there(prometheus: &Prometheus, start_s: f64) {
    until("the racks are gone", || {
        let up = prometheus.query("sum(up) + count(fotarig_build_info)");
        let down = prometheus.query("sum(up) == 0");
        (up.is_empty() && !down.is_empty()).then_some(())
    });
    let batch = boards().into_iter().find(|board| board.file == "batch.json").unwrap();
    let lasting = |query: &Query| !["Under way", "Time left"].contains(&query.panel.as_str());
    for query in batch.queries().iter().filter(|query| lasting(query)) {
        assert!(
            telling(prometheus, query, start_s) > 0,
            "`{}` shows nothing more: {}",
            query.panel,
            query.expr
        );
    }
}

/// What the variable of the racks reads its names and addresses from.
fn racks_by_name(prometheus: &Prometheus) {
    let racks = prometheus.query("fotarig_build_info");
    assert_eq!(racks.len(), 2);
    for rack in racks {
        assert!(NAMES.map(Value::from).contains(&rack["metric"]["rack"]), "{rack}");
        assert!(rack["metric"]["instance"].as_str().is_some_and(|it| it.starts_with("127.0.0.1:")), "{rack}");
    }
}
