//! What every dashboard keeps to.

use serde_json::Value;

use crate::board::{Board, Settings, boards};
use crate::live::busy_rack;
use crate::promql::wrong_names;
use crate::scrape::Scrape;
use crate::tools::{dashboards, root};

/// What is wrong with a dashboard, in words.
fn faults(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for key in ["uid", "title", "description"] {
        if text(&board.json, key).is_empty() {
            faults.push(format!("the dashboard has no {key}"));
        }
    }
    let variables: Vec<String> = board.variables().iter().map(|variable| text(variable, "name")).collect();
    if variables.first().map(String::as_str) != Some("datasource") || !variables.contains(&"rack".to_owned())
    {
        faults
            .push(format!("the variables {variables:?} do not begin with the data source, or have no rack"));
    }
    let mut ids = Vec::new();
    for panel in board.panels() {
        let title = text(panel, "title");
        let mut fault = |what: &str| faults.push(format!("`{title}` {what}"));
        if title.is_empty() || text(panel, "description").len() < 20 {
            fault("has no title, or no description that says something");
        }
        if text(&panel["fieldConfig"]["defaults"], "unit").is_empty() {
            fault("has no unit");
        }
        if panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array().is_none_or(Vec::is_empty) {
            fault("has no thresholds");
        }
        if ids.contains(&panel["id"]) {
            fault("has the number of another panel");
        }
        ids.push(panel["id"].clone());
        for source in panel["targets"].as_array().into_iter().flatten().chain([panel]) {
            if text(&source["datasource"], "uid") != "${datasource}" {
                fault("does not take its data from the variable");
            }
        }
    }
    for query in board.queries() {
        if let Some(what) = hard_coded(&query.expr) {
            faults.push(format!("`{}` {what}: {}", query.panel, query.expr));
        }
    }
    faults
}

/// Ranges and racks come from Grafana's variables.
fn hard_coded(expr: &str) -> Option<&'static str> {
    let parts: Vec<&str> = expr.split('[').collect();
    for (place, part) in parts.iter().enumerate().skip(1) {
        let range = part.split(']').next().unwrap_or_default();
        // Which racks there were lately is no rate.
        let lately = range == "1d" && parts[place - 1].ends_with("last_over_time(fotarig_build_info");
        if !(["$__rate_interval", "$__range"].contains(&range) || lately) {
            return Some("has a range of its own");
        }
    }
    let chosen = ["$rack", "$batch"].iter().any(|variable| expr.contains(variable));
    (!chosen).then_some("does not heed which rack is chosen")
}

#[test]
fn dashboards_keep_to_the_rules() {
    let faults: Vec<String> = boards()
        .iter()
        .flat_map(|board| faults(board).into_iter().map(|fault| format!("{}: {fault}", board.file)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_dashboard_that_does_not_is_found() {
    let mut board = boards().remove(0);
    assert_eq!(faults(&board), [""; 0]);
    board.json["panels"][1]["fieldConfig"]["defaults"]["unit"] = Value::Null;
    board.json["panels"][1]["targets"][0]["expr"] = "rate(fotarig_modules_total[5m])".into();
    board.json["panels"][2]["description"] = "".into();
    board.json["panels"][3]["targets"][0]["datasource"]["uid"] = "prometheus".into();
    board.json["panels"][4]["targets"][0]["expr"] = "fotarig_slots".into();
    assert_eq!(faults(&board).len(), 5, "{:?}", faults(&board));
}

#[test]
fn every_expression_names_only_what_is_scraped() {
    let metrics = crate::counting::metrics();
    for event in &busy_rack("line3-rack2").events {
        metrics.apply(event);
    }
    let scrape = Scrape::read(&metrics.render().unwrap());
    let settings = Settings { rate_interval: "1m", range: "3h" };
    let mut wrong = Vec::new();
    for board in boards() {
        for query in board.queries() {
            let found = wrong_names(&settings.fill(&query.expr), &scrape);
            wrong.extend(found.into_iter().map(|what| format!("{}, `{}`: {what}", board.file, query.panel)));
        }
        for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
            let found = wrong_names(&settings.fill(&asked(variable)), &scrape);
            wrong.extend(found.into_iter().map(|what| format!("{}, variable: {what}", board.file)));
        }
    }
    for (rule, expr) in crate::promql::rule_expressions() {
        let found = wrong_names(&expr, &scrape);
        wrong.extend(found.into_iter().map(|what| format!("rule {rule}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The expression of a variable: `query_result(…)`, or `label_values(…, label)` as a sum by that label.
fn asked(variable: &Value) -> String {
    let query = variable["query"]["query"].as_str().unwrap();
    if let Some(expr) = query.strip_prefix("query_result(") {
        return expr.trim_end_matches(')').to_owned();
    }
    let (selector, label) = query.strip_prefix("label_values(").unwrap().rsplit_once(", ").unwrap();
    format!("sum by ({}) ({selector})", label.trim_end_matches(')'))
}

#[test]
fn a_name_that_is_not_scraped_is_found() {
    let scrape = Scrape::read("fotarig_slots{state=\"busy\"} 1\n");
    let wrong = |expr: &str| wrong_names(expr, &scrape).len();
    assert_eq!(wrong("sum by (state, rack) (fotarig_slots{state=\"busy\"})"), 1);
    assert_eq!(wrong("fotarig_slots{slot=\"A1\"}"), 1);
    assert_eq!(wrong("fotarig_slot"), 1);
    assert_eq!(wrong("fotarig_slots * on (rack) group_left (batch) fotarig_slots"), 2);
    assert_eq!(wrong("sum by (state) (fotarig_slots"), 1);
    assert_eq!(wrong("sum by (state, instance) (rate(fotarig_slots{state=~\"busy|done\"}[5m]))"), 0);
}

#[test]
fn what_provisions_grafana_leads_to_the_dashboards() {
    let provider =
        std::fs::read_to_string(dashboards().join("grafana/provisioning/dashboards/fotarig.yml")).unwrap();
    assert!(provider.contains("path: /var/lib/grafana/dashboards/fotarig"), "{provider}");
    let readme = std::fs::read_to_string(dashboards().join("README.md")).unwrap();
    for board in boards() {
        let title = board.json["title"].as_str().unwrap().trim_start_matches("fotarig / ");
        assert!(readme.contains(&format!("*{title}*")), "README.md does not name {title}");
    }
    for path in ["dashboards/prometheus.yml", "dashboards/grafana/provisioning/datasources/fotarig.yml"] {
        assert!(root().join(path).is_file(), "{path}");
    }
}
