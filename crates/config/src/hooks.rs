//! `[hooks]`: programs of one's own that are told what became of a module.

use std::path::PathBuf;

use crate::section::Item;
use crate::{ConfigError, Place};

/// Programs of one's own: a lamp, a label printer, a production database. Each is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// After a module passed, or was at its target already.
    pub on_passed: Option<Hook>,
    /// After a module ended in any other way: failed, refused, aborted, unknown.
    pub on_failed: Option<Hook>,
    /// After the batch's policy stopped it.
    pub on_halt: Option<Hook>,
}

/// A program and its arguments. It is started as it stands, by no shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The program: a path (relative to the file that names it, where it has a `/`), or a name that is looked for in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it stands in the file.
    pub place: Place,
}

const HELP: &str = "write `[hooks]`, and below it `on_passed = [\"/usr/local/bin/lamp\", \"green\"]`";
const LIST: &str = "write the program and its arguments as a list, such as [\"/usr/local/bin/lamp\", \"green\"]; no shell \
                    reads it";
/// More arguments than any lamp has.
const MOST_ARGUMENTS: usize = 64;

/// Reads `[hooks]`.
pub(crate) fn hooks(item: &Item<'_>) -> Result<Hooks, ConfigError> {
    let section = item.section(&["on_passed", "on_failed", "on_halt"], HELP)?;
    let hooks = Hooks {
        on_passed: section.maybe("on_passed", hook)?,
        on_failed: section.maybe("on_failed", hook)?,
        on_halt: section.maybe("on_halt", hook)?,
    };
    Ok(hooks)
}

fn hook(item: &Item<'_>) -> Result<Hook, ConfigError> {
    let words = item.list(LIST)?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(item.fail("the list is empty", LIST));
    };
    if arguments.len() > MOST_ARGUMENTS {
        return Err(item.fail(format!("more than {MOST_ARGUMENTS} arguments"), LIST));
    }
    let name = program.text()?;
    Ok(Hook {
        program: if name.contains('/') { program.path()? } else { plain(program)?.into() },
        arguments: arguments.iter().map(argument).collect::<Result<_, _>>()?,
        place: item.place(),
    })
}

/// A name without a path.
fn plain(item: &Item<'_>) -> Result<String, ConfigError> {
    item.text_as("a program", LIST, |text| {
        Some(text.to_owned()).filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
    })
}

fn argument(item: &Item<'_>) -> Result<String, ConfigError> {
    item.text_as("an argument", LIST, |text| Some(text.to_owned()).filter(|text| !text.contains('\0')))
}
