//! A scrape, read back.

use std::collections::BTreeMap;

/// Series by how they are written (`name{label="value",…}`), with their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrape(pub(crate) BTreeMap<String, f64>);

impl Scrape {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let series = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Self(series.collect())
    }

    /// The value of a series as it is written; panics when it is absent.
    pub(crate) fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no series {series}"))
    }

    pub(crate) fn has(&self, series: &str) -> bool {
        self.0.contains_key(series)
    }

    /// Names of metrics with the names of their labels.
    pub(crate) fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for series in self.0.keys() {
            let (name, rest) = series.split_once('{').unwrap_or((series, ""));
            let names = labels.entry(name.to_owned()).or_default();
            for part in rest.split("\",").filter(|part| part.contains("=\"")) {
                let label = part.split('=').next().unwrap().to_owned();
                if !names.contains(&label) {
                    names.push(label);
                }
            }
        }
        labels
    }

    /// The sum over the series of a metric.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        let with = format!("{name}{{");
        self.0.iter().filter(|(series, _)| *series == name || series.starts_with(&with)).map(|(_, v)| v).sum()
    }

    /// Counters and the parts of histograms.
    pub(crate) fn counters(&self) -> impl Iterator<Item = (&str, f64)> {
        let of_a_counter = |series: &str| {
            let name = series.split('{').next().unwrap();
            ["_total", "_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end))
        };
        self.0.iter().filter(move |(s, _)| of_a_counter(s)).map(|(series, value)| (series.as_str(), *value))
    }
}
