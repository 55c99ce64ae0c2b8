//! `fotarig completions`: what a shell needs to complete commands and options, made of the command line itself.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::{Cli, CompletedShell, Completions};
use crate::failure::Failure;

pub(crate) fn run(completions: &Completions) -> Result<ExitCode, Failure> {
    super::report::print(&script(completions.shell))?;
    Ok(ExitCode::SUCCESS)
}

/// The script, as the shell reads it.
fn script(shell: CompletedShell) -> String {
    let shell = match shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "fotarig", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::cli::{Cli, CompletedShell};

    #[test]
    fn every_shell_knows_every_command_and_a_nested_option() {
        for shell in [CompletedShell::Bash, CompletedShell::Zsh, CompletedShell::Fish] {
            let script = super::script(shell);
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell:?} misses {}", command.get_name());
            }
            assert!(script.contains("labels"), "{shell:?} misses `slots learn --labels`");
        }
    }
}
