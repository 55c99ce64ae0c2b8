//! The metrics that are the product's public interface, by name, type and labels.

use std::collections::BTreeMap;

use crate::counting::metrics;
use crate::live::busy_rack;
use crate::scrape::Scrape;

/// Name, type and labels, as the product promises them.
const PROMISED: [(&str, &str, &[&str]); 22] = [
    ("fotarig_build_info", "gauge", &["rack", "version"]),
    ("fotarig_slots", "gauge", &["state"]),
    ("fotarig_slot_phase", "gauge", &["phase", "slot"]),
    ("fotarig_slot_progress_ratio", "gauge", &["slot"]),
    ("fotarig_modules_total", "counter", &["model", "verdict"]),
    ("fotarig_attempts_total", "counter", &["from", "model", "outcome", "to"]),
    ("fotarig_faults_total", "counter", &["class", "code", "family", "phase"]),
    ("fotarig_phase_duration_seconds", "histogram", &["family", "phase"]),
    ("fotarig_replug_duration_seconds", "histogram", &["family"]),
    ("fotarig_at_command_duration_seconds", "histogram", &["family"]),
    ("fotarig_serial_bytes_total", "counter", &["direction", "slot"]),
    ("fotarig_hosted_bytes_total", "counter", &["protocol"]),
    ("fotarig_batch_info", "gauge", &["batch", "lot", "operator", "rack"]),
    ("fotarig_batch_units", "gauge", &["verdict"]),
    ("fotarig_batch_expected_units", "gauge", &[]),
    ("fotarig_batch_first_pass_total", "counter", &[]),
    ("fotarig_batch_halted", "gauge", &[]),
    ("fotarig_slot_verdicts_total", "counter", &["slot", "verdict"]),
    ("fotarig_slot_trigger_timestamp_seconds", "gauge", &["slot"]),
    ("fotarig_ledger_write_duration_seconds", "histogram", &[]),
    ("fotarig_ledger_free_bytes", "gauge", &[]),
    ("fotarig_loop_lag_seconds", "gauge", &[]),
];

/// Of the process, under the names that every Prometheus knows.
const PROCESS: [&str; 5] = [
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
];

fn scrape() -> String {
    let metrics = metrics();
    busy_rack("line3-rack2").events.iter().for_each(|event| metrics.apply(event));
    metrics.render().unwrap()
}

/// What the line `# KIND name …` of each metric says.
fn told<'a>(text: &'a str, kind: &str) -> BTreeMap<&'a str, &'a str> {
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("# ")?.strip_prefix(kind)?.strip_prefix(' '));
    lines.map(|line| line.split_once(' ').unwrap()).collect()
}

#[test]
fn each_promised_metric_is_there_with_its_type_and_labels_and_no_other() {
    let text = scrape();
    let (types, labels) = (told(&text, "TYPE"), Scrape::read(&text).labels());
    for (name, kind, promised) in PROMISED {
        assert_eq!(types.get(name), Some(&kind), "{name}");
        let written = if kind == "histogram" { format!("{name}_count") } else { name.to_owned() };
        let mut found = labels[&written].clone();
        found.sort();
        assert_eq!(found, promised, "{name}");
    }
    for name in PROCESS {
        assert!(types.contains_key(name) && labels[name].is_empty(), "{name}");
    }
    let own = types.keys().filter(|name| name.starts_with("fotarig_")).count();
    assert_eq!(own, PROMISED.len(), "{types:?}");
    assert!(labels.values().flatten().all(|label| !label.contains("imei")));
}

#[test]
fn each_metric_says_what_it_means_after_a_restart() {
    let text = scrape();
    let (types, help) = (told(&text, "TYPE"), told(&text, "HELP"));
    for (name, kind, _) in PROMISED {
        let says = |words: &str| assert!(help[name].contains(words), "{name}: {}", help[name]);
        if types[name] == "counter" || kind == "histogram" {
            says("Counted since this process began, at 0.");
        } else if name.starts_with("fotarig_batch_") {
            says("run");
        }
    }
    for name in ["fotarig_modules_total", "fotarig_attempts_total", "fotarig_faults_total"] {
        assert!(help[name].contains("earlier process"), "{name}: {}", help[name]);
    }
}
