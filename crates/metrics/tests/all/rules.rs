//! The metrics and the rules, as `promtool` judges them.

use std::fs;

use metrics::Access;

use crate::client::get;
use crate::live::busy_rack;
use crate::serving::serve;
use crate::tools::{dashboards, promtool, root};

const RULES: &str = "rules/fotarig.rules.yml";

/// What follows `key` in the lines of the rules.
fn values(key: &str) -> Vec<String> {
    let text = fs::read_to_string(dashboards().join(RULES)).unwrap();
    let values = text.lines().filter_map(|line| line.trim().strip_prefix(key));
    values.map(|value| value.trim().to_owned()).collect()
}

#[test]
fn promtool_finds_no_fault_with_a_live_scrape() {
    let served = serve(Access::default());
    for event in &busy_rack("line3-rack2").events {
        served.metrics.apply(event);
    }
    let (_, body) = get(served.addr, "/metrics", "");
    assert_eq!(promtool(&["check", "metrics"], &body), (true, String::new()));
    let wrong = body.replace("fotarig_modules_total", "fotarig_modules");
    let (content, said) = promtool(&["check", "metrics"], &wrong);
    assert!(!content && said.contains("fotarig_modules"), "what is wrong is found: {said}");
}

#[test]
fn promtool_finds_no_fault_with_the_rules() {
    let (content, said) = promtool(&["check", "rules", RULES], "");
    assert!(content && said.contains("SUCCESS: 14 rules found"), "{said}");
    let (content, said) = promtool(&["check", "config", "prometheus.yml"], "");
    assert!(content, "{said}");
}

#[test]
fn each_alert_fires_when_it_should_and_not_when_it_should_not() {
    let alerts = values("- alert:");
    assert_eq!(alerts.len(), 8);
    let files: Vec<String> = alerts.iter().map(|alert| format!("rules/tests/{alert}.yml")).collect();
    for file in &files {
        let text = fs::read_to_string(dashboards().join(file)).unwrap();
        assert!(text.contains("exp_labels:"), "{file}: no case in which it fires");
        assert!(text.contains("exp_alerts: []"), "{file}: no case in which it does not");
    }
    let (content, said) = test_rules(&files);
    assert!(content, "{said}");
}

#[test]
fn an_alert_that_does_not_fire_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let rules = dashboards().join(RULES);
    let wrong = |alert: &String| {
        let text = fs::read_to_string(dashboards().join(format!("rules/tests/{alert}.yml"))).unwrap();
        let text = text.replace("../fotarig.rules.yml", rules.to_str().unwrap());
        let path = folder.path().join(alert);
        // Other labels are expected: each firing case is missed.
        fs::write(&path, text.replace("severity:", "nobody:")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let alerts = values("- alert:");
    let files: Vec<String> = alerts.iter().map(wrong).collect();
    let (content, said) = test_rules(&files);
    assert!(!content, "{said}");
    assert_eq!(said.matches("FAILED:").count(), alerts.len(), "{said}");
}

fn test_rules(files: &[String]) -> (bool, String) {
    let arguments: Vec<&str> =
        ["test", "rules"].into_iter().chain(files.iter().map(String::as_str)).collect();
    promtool(&arguments, "")
}

#[test]
fn each_alert_has_a_runbook_and_each_runbook_an_alert() {
    let alerts = values("- alert:");
    let told: Vec<String> = alerts.iter().map(|alert| format!("docs/runbooks/{alert}.md")).collect();
    assert_eq!(values("runbook:"), told);
    for path in &told {
        let page = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        for part in ["## What it means", "## What to do", "## When it is over"] {
            assert!(page.contains(part), "{path}: `{part}` is missing");
        }
    }
    for entry in fs::read_dir(root().join("docs/runbooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = name == "README.md" || told.iter().any(|path| path.ends_with(&format!("/{name}")));
        assert!(known, "docs/runbooks/{name}: no alert leads there");
    }
}
