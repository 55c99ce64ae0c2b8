//! Expressions of Prometheus, and the names in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use promql_parser::parser::{Expr, VectorSelector, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::scrape::Scrape;
use crate::tools::dashboards;

/// Labels that Prometheus itself adds.
const ADDED: [&str; 2] = ["job", "instance"];

/// The names of an expression.
#[derive(Default)]
struct Names {
    /// Metrics with the labels they are chosen by.
    metrics: Vec<(String, Vec<String>)>,
    /// Labels that are kept or matched on.
    labels: BTreeSet<String>,
}

impl Names {
    fn select(&mut self, selector: &VectorSelector) {
        let labels = selector.matchers.matchers.iter().map(|matcher| matcher.name.clone()).collect();
        self.metrics.push((selector.name.clone().unwrap_or_default(), labels));
    }
}

impl ExprVisitor for Names {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        if let Expr::VectorSelector(selector) = expr {
            self.select(selector);
        } else if let Expr::MatrixSelector(selector) = expr {
            self.select(&selector.vs);
        } else if let Expr::Aggregate(aggregate) = expr {
            let kept = aggregate.modifier.iter().flat_map(|modifier| modifier.labels().labels.clone());
            self.labels.extend(kept);
        } else if let Expr::Binary(binary) = expr
            && let Some(modifier) = &binary.modifier
        {
            let matched = modifier.matching.iter().flat_map(|matching| matching.labels().labels.clone());
            self.labels.extend(matched);
            let carried = modifier.card.labels().into_iter().flat_map(|labels| labels.labels.clone());
            self.labels.extend(carried);
        }
        Ok(true)
    }
}

/// What is wrong with an expression: it does not parse, or names metrics and labels that no scrape shows.
pub(crate) fn wrong_names(expr: &str, scrape: &Scrape) -> Vec<String> {
    let parsed = match parse(expr) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("{error}: {expr}")],
    };
    let mut names = Names::default();
    let Ok(_) = walk_expr(&mut names, &parsed);
    let mut known = scrape.labels();
    known.insert("up".to_owned(), Vec::new());
    known.extend(recorded());
    let mut wrong = Vec::new();
    let mut here: Vec<&str> = ADDED.to_vec();
    for (metric, chosen_by) in &names.metrics {
        let Some(labels) = known.get(metric) else {
            wrong.push(format!("no metric `{metric}` is scraped: {expr}"));
            continue;
        };
        here.extend(labels.iter().map(String::as_str));
        let unknown =
            chosen_by.iter().filter(|label| !labels.contains(label) && !ADDED.contains(&label.as_str()));
        wrong.extend(unknown.map(|label| format!("`{metric}` has no label `{label}`: {expr}")));
    }
    let unknown = names.labels.iter().filter(|label| !here.contains(&label.as_str()));
    wrong.extend(unknown.map(|label| format!("nothing here has a label `{label}`: {expr}")));
    wrong
}

/// The recorded series with their labels, which their names begin with.
fn recorded() -> BTreeMap<String, Vec<String>> {
    let named = rule_expressions().into_iter().filter(|(name, _)| name.contains(':'));
    named
        .map(|(name, _)| {
            let labels = name.split(':').next().unwrap().split('_').map(str::to_owned).collect();
            (name, labels)
        })
        .collect()
}

/// Each rule's name with its expression.
pub(crate) fn rule_expressions() -> Vec<(String, String)> {
    let text = fs::read_to_string(dashboards().join("rules/fotarig.rules.yml")).unwrap();
    let mut rules: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let name = trimmed.strip_prefix("- record: ").or_else(|| trimmed.strip_prefix("- alert: "));
        if let Some(name) = name {
            rules.push((name.to_owned(), String::new()));
        } else if let (Some(expr), Some(rule)) = (trimmed.strip_prefix("expr:"), rules.last_mut()) {
            inside = true;
            expr.trim().trim_start_matches('|').clone_into(&mut rule.1);
        } else if inside && line.starts_with("          ") {
            let rule = rules.last_mut().unwrap();
            rule.1.push('\n');
            rule.1.push_str(trimmed);
        } else {
            inside = false;
        }
    }
    assert_eq!(rules.len(), 14);
    rules
}
