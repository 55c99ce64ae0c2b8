//! The rules of the house, for every source file and every manifest. Each rule also proves, on a piece of text that
//! breaks it, that it can fail.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

mod dependencies;
mod size;
mod words;

/// A source file, named as seen from the root of the workspace.
struct Source {
    path: String,
    text: String,
}

/// A place where a rule is broken, and what to do.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

impl Source {
    /// `text` as if it stood in `path`: for the proofs that a rule can fail.
    fn snippet(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn finding(&self, line: usize, advice: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, advice: advice.into() }
    }

    /// The file as syntax; what does not parse is a finding of its own.
    fn syntax(&self) -> Result<syn::File, Finding> {
        syn::parse_file(&self.text)
            .map_err(|error| self.finding(error.span().start().line, format!("make it parse: {error}")))
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `crates`, `tests` and `benches` whose name ends in `suffix`, in order of their names.
fn sources(suffix: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for directory in ["crates", "tests", "benches"] {
        gather(Path::new(directory), suffix, &mut found);
    }
    found
}

fn gather(directory: &Path, suffix: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root().join(directory)) else { return };
    let mut names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    for name in names {
        let path = directory.join(&name);
        if root().join(&path).is_dir() {
            if name != "target" {
                gather(&path, suffix, found);
            }
        } else if name.to_string_lossy().ends_with(suffix) {
            let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
            found.push(Source { path: path.display().to_string(), text });
        }
    }
}

/// Fails with every place at which a file below the workspace's root breaks `rule`.
fn every_source_keeps(rule: impl Fn(&Source) -> Vec<Finding>) {
    let sources = sources(".rs");
    assert!(
        sources.iter().any(|source| source.path == "tests/tests/house_rules/main.rs"),
        "the search finds files"
    );
    none(&sources.iter().flat_map(rule).collect::<Vec<_>>());
}

fn none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}

/// The lines at which `rule` finds something in `text`, if that stood in `path`.
fn lines_found(rule: impl Fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
    rule(&Source::snippet(path, text)).iter().map(|finding| finding.line).collect()
}
