//! What a batch asks for, as its file says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sim::Truth;
use toml::{Table, Value};

/// Targets and packages of a batch.
pub struct Job {
    targets: BTreeMap<String, String>,
    packages: BTreeSet<[String; 3]>,
}

impl Job {
    /// Reads a batch's file.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let table: Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let targets = rows(&table, "target").map(|row| (word(row, "model"), word(row, "revision"))).collect();
        let package = |row| ["model", "from", "to"].map(|key| word(row, key));
        Self { targets, packages: rows(&table, "package").map(package).collect() }
    }

    /// Whether `module` runs its target now.
    pub fn reached(&self, module: &Truth) -> bool {
        self.targets.get(&module.model).is_some_and(|target| runs(&module.revision, target))
    }

    /// How many packages lead from where `module` began to its target.
    pub fn hops(&self, module: &Truth) -> usize {
        let Some(target) = self.targets.get(&module.model) else { return 0 };
        let mut count = 0;
        let mut reached = vec![module.revision_at_start.clone()];
        // Without a route it ends when every package has been taken.
        while !reached.iter().any(|revision| runs(revision, target)) && count <= self.packages.len() {
            count += 1;
            let next = self.packages.iter().filter(|[model, from, _]| {
                *model == module.model && reached.iter().any(|revision| runs(revision, from))
            });
            reached = next.map(|[_, _, to]| to.clone()).collect();
        }
        count
    }
}

/// Whether a module that says `revision` of itself, perhaps with a suffix, runs `wanted`.
fn runs(revision: &str, wanted: &str) -> bool {
    revision == wanted || revision.strip_prefix(wanted).is_some_and(|suffix| suffix.starts_with('_'))
}

fn rows<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Value> {
    table.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn word(row: &Value, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Job, runs};

    #[test]
    fn a_batch_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batch.toml");
        let text = "[[target]]\nmodel = \"M\"\nrevision = \"C\"\n[[package]]\nmodel = \"M\"\nfrom = \"A\"\nto = \"B\"\n\
                    [[package]]\nmodel = \"M\"\nfrom = \"B\"\nto = \"C\"\n";
        std::fs::write(&path, text).unwrap();
        let job = Job::read(&path);
        assert_eq!((job.targets["M"].as_str(), job.packages.len()), ("C", 2));
    }

    #[test]
    fn a_suffix_is_no_other_revision() {
        assert!(runs("A07_01.007", "A07") && runs("A07", "A07"));
        assert!(!runs("A071", "A07") && !runs("A0", "A07"));
    }
}
