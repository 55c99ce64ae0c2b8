//! What events add up to: modules, attempts, faults and durations.

use std::collections::BTreeMap;

use events::{AttemptOutcome, Event, Family, FaultCode, Phase, Verdict, What};
use metrics::Metrics;

use crate::scrape::Scrape;
use crate::story::{End, FAILED, FROM, PASSED, Story, TO, UNKNOWN, fault, labels, unit_id};

pub(crate) fn metrics() -> Metrics {
    metrics_of("line3-rack2")
}

pub(crate) fn metrics_of(rack: &str) -> Metrics {
    Metrics::new(rack, "0.1.0").unwrap()
}

pub(crate) fn scraped(metrics: &Metrics) -> Scrape {
    Scrape::read(&metrics.render().unwrap())
}

/// What is scraped after the story.
pub(crate) fn after(story: &Story) -> Scrape {
    let metrics = metrics();
    story.events.iter().for_each(|event| metrics.apply(event));
    scraped(&metrics)
}

fn modules(verdict: &str) -> String {
    format!("fotarig_modules_total{{model=\"BG96\",verdict=\"{verdict}\"}}")
}

fn attempts(outcome: &str) -> String {
    format!("fotarig_attempts_total{{from=\"{FROM}\",model=\"BG96\",outcome=\"{outcome}\",to=\"{TO}\"}}")
}

fn units(verdict: &str) -> String {
    format!("fotarig_batch_units{{verdict=\"{verdict}\"}}")
}

#[test]
fn what_is_known_beforehand_is_0_before_the_first_event() {
    let scrape = scraped(&metrics());
    for verdict in Verdict::ALL {
        assert_eq!(scrape.value(&units(verdict.name())), 0.0);
    }
    for state in ["empty", "busy", "waiting", "done", "held", "quarantined", "unlabelled"] {
        assert_eq!(scrape.value(&format!("fotarig_slots{{state=\"{state}\"}}")), 0.0);
    }
    for code in FaultCode::all() {
        let (phase, class) = (code.phase, code.class());
        let labels = format!("{{class=\"{class}\",code=\"{code}\",family=\"bg96\",phase=\"{phase}\"}}");
        assert_eq!(scrape.value(&format!("fotarig_faults_total{labels}")), 0.0);
    }
    for phase in Phase::ALL {
        let labels = format!("{{family=\"ag35\",phase=\"{phase}\"}}");
        assert_eq!(scrape.value(&format!("fotarig_phase_duration_seconds_count{labels}")), 0.0);
    }
    assert_eq!(scrape.value("fotarig_build_info{rack=\"line3-rack2\",version=\"0.1.0\"}"), 1.0);
    assert!(scrape.has("process_cpu_seconds_total"), "process metrics keep their names");
}

#[test]
fn models_and_steps_of_a_run_begin_at_0() {
    let mut story = Story::begun("b", &labels(1));
    story.identified("A1", Family::Bg96);
    let scrape = after(&story);
    assert_eq!((scrape.value(&modules("failed")), scrape.value(&attempts("advanced"))), (0.0, 0.0));
    assert!(!scrape.has(&modules("unknown")), "an unknown is not resolved, so it is never counted");
}

#[test]
fn a_module_that_passes_counts_once_everywhere() {
    let mut story = Story::begun("b", &labels(1));
    story.module("A1", Family::Bg96, PASSED);
    let scrape = after(&story);
    for one in [
        modules("passed"),
        attempts("passed"),
        units("passed"),
        "fotarig_batch_first_pass_total".to_owned(),
        "fotarig_slot_verdicts_total{slot=\"A1\",verdict=\"passed\"}".to_owned(),
        "fotarig_replug_duration_seconds_bucket{family=\"bg96\",le=\"20\"}".to_owned(),
        "fotarig_phase_duration_seconds_bucket{family=\"bg96\",phase=\"deliver\",le=\"120\"}".to_owned(),
        "fotarig_at_command_duration_seconds_count{family=\"bg96\"}".to_owned(),
    ] {
        assert_eq!(scrape.value(&one), 1.0, "{one}");
    }
    assert_eq!(scrape.sum("fotarig_modules_total"), 1.0);
    assert_eq!(scrape.sum("fotarig_faults_total"), 0.0);
    let sum = scrape.value("fotarig_phase_duration_seconds_sum{family=\"bg96\",phase=\"update\"}");
    assert!((sum - 240.0).abs() < 1e-9, "seconds: {sum}");
}

#[test]
fn an_unknown_counts_when_it_is_resolved_also_in_the_next_run() {
    let mut story = Story::begun("b", &labels(1));
    let number = story.module("A1", Family::Bg96, UNKNOWN);
    let before = after(&story);
    assert_eq!((before.sum("fotarig_modules_total"), before.sum("fotarig_attempts_total")), (0.0, 0.0));
    assert_eq!((before.value(&units("unknown")), before.value(&units("passed"))), (1.0, 0.0));

    story.ended("A1", number, PASSED);
    let same_run = after(&story);
    assert_eq!((same_run.value(&units("unknown")), same_run.value(&units("passed"))), (0.0, 1.0));
    assert_eq!((same_run.value(&modules("passed")), same_run.value(&attempts("passed"))), (1.0, 1.0));

    story.ended("A1", number, PASSED).ended("A1", number, FAILED);
    assert_eq!(after(&story).sum("fotarig_modules_total"), 1.0, "a verdict that stands is not counted again");

    let mut story = Story::begun("b", &labels(1));
    let number = story.module("A1", Family::Bg96, UNKNOWN);
    story.run("c", &labels(1)).ended("A1", number, FAILED);
    let next_run = after(&story);
    assert_eq!((next_run.value(&units("unknown")), next_run.value(&units("failed"))), (0.0, 1.0));
    assert_eq!(next_run.value(&modules("failed")), 1.0);
}

#[test]
fn a_fault_counts_once_though_attempt_and_unit_tell_it() {
    let mut story = Story::begun("b", &labels(1));
    story.module("A1", Family::Bg96, FAILED);
    let scrape = after(&story);
    let code =
        "fotarig_faults_total{class=\"module\",code=\"E-VERIFY-REV\",family=\"bg96\",phase=\"verify\"}";
    assert_eq!((scrape.value(code), scrape.sum("fotarig_faults_total")), (1.0, 1.0));
}

#[test]
fn a_module_that_nobody_knows_counts_as_unidentified() {
    let mut story = Story::begun("b", &labels(1));
    let (unit, slot, revision) = (unit_id(1), "A1".to_owned(), None);
    story.tell(Event::UnitStarted { unit: unit.clone(), slot: slot.clone(), module: None });
    let told = fault(FaultCode::new(Phase::Identify, What::Foreign));
    let (verdict, fault, duration_ms, first_pass) = (Verdict::Refused, Some(told), 1, false);
    story.tell(Event::UnitEnded { unit, slot, verdict, fault, revision, duration_ms, first_pass });
    let scrape = after(&story);
    let code = "code=\"E-IDENTIFY-FOREIGN\",family=\"unidentified\",phase=\"identify\"";
    assert_eq!(scrape.value(&format!("fotarig_faults_total{{class=\"module\",{code}}}")), 1.0);
    assert_eq!(scrape.value("fotarig_modules_total{model=\"unidentified\",verdict=\"refused\"}"), 1.0);
}

#[test]
fn a_trigger_of_an_earlier_process_is_known_when_it_is_told_beforehand() {
    let mut earlier = Story::default();
    let metrics = metrics();
    metrics.resume(earlier.triggered("A1", 7, Family::Bg96).events.last().unwrap());
    let mut story = Story::begun("b", &labels(1));
    story.events.iter().for_each(|event| metrics.apply(event));
    let since = "fotarig_slot_trigger_timestamp_seconds{slot=\"A1\"}";
    assert_eq!(scraped(&metrics).value(since), 1_795_132_801.0);
    let told = story.events.len();
    story.ended("A1", 7, PASSED);
    story.events[told..].iter().for_each(|event| metrics.apply(event));
    let scrape = scraped(&metrics);
    assert!(!scrape.has(since));
    assert_eq!((scrape.value(&modules("passed")), scrape.value(&attempts("passed"))), (1.0, 1.0));
}

#[test]
fn a_unit_that_an_earlier_process_began_is_known_when_it_is_told_beforehand() {
    let mut earlier = Story::default();
    let number = earlier.identified("A1", Family::Bg96);
    earlier.attempted("A1", number);
    let metrics = metrics();
    earlier.events.iter().for_each(|event| metrics.resume(event));
    assert_eq!(scraped(&metrics).sum("fotarig_attempts_total"), 0.0, "what is kept in mind is not counted");
    let cut_off = End { outcome: AttemptOutcome::Aborted, verdict: Some(Verdict::Aborted), ..FAILED };
    let mut story = Story::begun("b", &labels(1));
    story.ended("A1", number, End { resolved: None, ..cut_off });
    story.events.iter().for_each(|event| metrics.apply(event));
    let scrape = scraped(&metrics);
    assert_eq!((scrape.value(&modules("aborted")), scrape.value(&attempts("aborted"))), (1.0, 1.0));
    assert_eq!((scrape.sum("fotarig_modules_total"), scrape.sum("fotarig_attempts_total")), (1.0, 1.0));
    assert_eq!(scrape.value(&units("aborted")), 1.0);
}

#[test]
fn without_that_the_resolution_still_counts() {
    let mut story = Story::begun("b", &labels(1));
    story.ended("A1", 7, PASSED);
    let scrape = after(&story);
    assert_eq!(scrape.value("fotarig_modules_total{model=\"unidentified\",verdict=\"passed\"}"), 1.0);
    assert_eq!(scrape.sum("fotarig_attempts_total"), 1.0);
}

#[test]
fn no_event_counts_twice_and_no_counter_goes_back() {
    let mut story = Story::begun("b", &labels(3));
    story.module("A1", Family::Bg96, FAILED);
    let number = story.module("A2", Family::Ag35, UNKNOWN);
    story.module("A3", Family::Sim7000, PASSED);
    story.run("c", &labels(3)).ended("A2", number, PASSED);
    let (once, twice) = (metrics(), metrics());
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    for (place, event) in story.events.iter().enumerate() {
        once.apply(event);
        let now = scraped(&once);
        for (series, value) in now.counters().filter(|(series, _)| series.starts_with("fotarig_")) {
            let back = before.insert(series.to_owned(), value).is_some_and(|before| before > value);
            assert!(!back, "{series} went back at {event:?}");
        }
        twice.apply(event);
        // A snapshot after a gap: everything again.
        story.events[..=place].iter().for_each(|earlier| twice.apply(earlier));
    }
    let own = |scrape: Scrape| {
        let of_the_process = |(series, _): &(String, f64)| !series.starts_with("process_");
        scrape.0.into_iter().filter(of_the_process).collect::<Vec<_>>()
    };
    assert_eq!(own(scraped(&once)), own(scraped(&twice)));
}

#[test]
fn another_stream_that_begins_at_1_is_taken() {
    let metrics = metrics();
    for batch in ["b", "c"] {
        let mut story = Story::begun(batch, &labels(1));
        let number = story.identified("A1", Family::Bg96);
        let end = End { outcome: AttemptOutcome::Failed, ..FAILED };
        story.ended("A1", number + u64::from(batch == "c"), end);
        story.events.iter().for_each(|event| metrics.apply(event));
    }
    assert_eq!(scraped(&metrics).sum("fotarig_modules_total"), 2.0);
}
