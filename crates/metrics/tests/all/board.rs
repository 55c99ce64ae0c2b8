//! The dashboards, read as Grafana reads them.

use std::fs;

use serde_json::Value;

use crate::tools::dashboards;

/// One dashboard.
pub(crate) struct Board {
    pub(crate) file: String,
    pub(crate) json: Value,
}

/// One query of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) panel: String,
    pub(crate) expr: String,
    pub(crate) instant: bool,
}

/// What stands for a variable of Grafana while an expression is judged.
pub(crate) struct Settings<'a> {
    pub(crate) rate_interval: &'a str,
    pub(crate) range: &'a str,
}

impl Settings<'_> {
    /// The expression as Grafana sends it when everything is chosen.
    pub(crate) fn fill(&self, expr: &str) -> String {
        let filled = expr.replace("$__rate_interval", self.rate_interval).replace("$__range", self.range);
        ["$rack", "$slot", "$batch", "$family", "$phase"]
            .iter()
            .fold(filled, |text, name| text.replace(name, ".*"))
    }
}

/// All dashboards; there are three.
pub(crate) fn boards() -> Vec<Board> {
    let folder = dashboards().join("grafana/dashboards");
    let mut boards: Vec<Board> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            Board { file, json: serde_json::from_str(&text).unwrap() }
        })
        .collect();
    boards.sort_by(|a, b| a.file.cmp(&b.file));
    assert_eq!(boards.len(), 3);
    boards
}

impl Board {
    /// The panels that show something: all but the titles of rows.
    pub(crate) fn panels(&self) -> impl Iterator<Item = &Value> {
        self.json["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
    }

    pub(crate) fn queries(&self) -> Vec<Query> {
        let queries = |panel: &Value| {
            let title = panel["title"].as_str().unwrap_or_default().to_owned();
            let targets = panel["targets"].as_array().cloned().unwrap_or_default();
            targets.into_iter().map(move |target| Query {
                panel: title.clone(),
                expr: target["expr"].as_str().unwrap().to_owned(),
                instant: target["instant"] == true,
            })
        };
        self.panels().flat_map(queries).collect()
    }

    pub(crate) fn variables(&self) -> &Vec<Value> {
        self.json["templating"]["list"].as_array().unwrap()
    }
}
