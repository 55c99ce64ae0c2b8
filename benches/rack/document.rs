//! `docs/performance.md`, which holds the table between two marks.

use std::path::Path;

use crate::Failure;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
const BEGIN: &str = "<!-- begin: written by `make bench ARGS=--write` -->\n";
const END: &str = "<!-- end -->";

/// Puts `table` where the last one was.
pub(crate) fn write(table: &str) -> Result<(), Failure> {
    let path = Path::new(DOCUMENT);
    let old = std::fs::read_to_string(path)?;
    let (head, rest) =
        old.split_once(BEGIN).ok_or_else(|| format!("{DOCUMENT} has no `{}`", BEGIN.trim()))?;
    let (_, tail) = rest.split_once(END).ok_or_else(|| format!("{DOCUMENT} has no `{END}`"))?;
    std::fs::write(path, format!("{head}{BEGIN}\n{table}\n{END}{tail}"))?;
    eprintln!("written into docs/performance.md");
    Ok(())
}
