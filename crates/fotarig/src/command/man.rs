//! `fotarig man`: the manual pages, made of the command line itself.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::{self, Cli};
use crate::failure::Failure;

pub(crate) fn run(man: &cli::Man) -> Result<ExitCode, Failure> {
    let unwritten =
        |error: io::Error| Failure::environment(format!("the manual page cannot be written: {error}"));
    let pages = pages().map_err(unwritten)?;
    match &man.dir {
        Some(folder) => write(folder, &pages).map_err(unwritten)?,
        None => pages.first().map_or(Ok(()), |page| super::report::print(&page.text))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// One manual page.
struct Page {
    /// Its file, as `fotarig-slots-learn.1`.
    file: String,
    text: String,
}

/// The page of the program first, then those of its commands, and theirs.
fn pages() -> io::Result<Vec<Page>> {
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives each command its whole name, and the options that all commands have.
    program.build();
    let mut pages = Vec::new();
    add(&program, "fotarig", &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, name: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    let source = concat!("fotarig ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(name).source(source).manual("fotarig");
    let mut text = Vec::new();
    man.render(&mut text)?;
    pages.push(Page { file: format!("{name}.1"), text: String::from_utf8_lossy(&text).into_owned() });
    for nested in command.get_subcommands() {
        add(nested, &format!("{name}-{}", nested.get_name()), pages)?;
    }
    Ok(())
}

fn write(folder: &Path, pages: &[Page]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|page| std::fs::write(folder.join(&page.file), &page.text))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::cli::Cli;

    #[test]
    fn every_command_has_a_page_and_the_first_is_the_programs() {
        let pages = super::pages().unwrap();
        assert_eq!(pages[0].file, "fotarig.1");
        for command in Cli::command().get_subcommands() {
            let file = format!("fotarig-{}.1", command.get_name());
            let page = pages.iter().find(|page| page.file == file);
            assert!(page.is_some_and(|page| page.text.contains(".SH SYNOPSIS")), "{file} is missing");
        }
        assert!(pages.iter().any(|page| page.file == "fotarig-slots-learn.1"));
    }

    #[test]
    fn the_pages_are_written_below_a_folder_that_is_made() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("share/man1");
        super::write(&folder, &super::pages().unwrap()).unwrap();
        let text = std::fs::read_to_string(folder.join("fotarig-run.1")).unwrap();
        assert!(text.contains("continuous"), "{text}");
    }
}
