//! `fotarig`: the controller of a rack that flashes cellular modules in bulk.
//!
//! This crate is the outermost layer: the command line, the configuration files turned into a rig, messages for people,
//! exit codes. It must never decide anything about a module.

mod cli;
mod command;
mod failure;
mod hooks;
mod log;
mod parts;
mod reader;
mod scenario;
mod service;
mod table;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    leave_no_core_file();
    let cli = Cli::parse();
    log::start(cli.log_format, usual_log(&cli.command));
    match obey(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("fotarig: {failure}");
            failure.exit_code()
        }
    }
}

/// Memory holds passwords: a crash must not write them to a disk. A limit of 1 byte, and not 0, also keeps the kernel
/// from handing the core to a program (`core(5)`, "Piping core dumps to a program").
fn leave_no_core_file() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let least = Rlimit { current: Some(1), maximum: Some(1) };
    // Refused only where the limit is 0 already and may not be raised.
    let _refused = setrlimit(Resource::Core, least);
}

/// What is logged when nobody says: faults and worse, and in the journal of a service each verdict, too.
fn usual_log(command: &Command) -> &'static str {
    if matches!(command, Command::Serve(_)) { "warn,fotarig=info" } else { "warn" }
}

fn obey(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo(demo) => command::demo::run(&demo),
        Command::Run(run) => command::run::run(&run),
        Command::Serve(serve) => command::serve::run(&serve),
        Command::Attach(attach) => command::attach::run(&attach),
        Command::Ctl(ctl) => command::ctl::run(&ctl),
        Command::Replay(replay) => command::replay::run(&replay),
        Command::Check(check) => command::check::run(&check),
        Command::Report(report) => command::report::run(&report),
        Command::Ledger(ledger) => command::ledger::run(&ledger),
        Command::Faults(faults) => command::faults::run(&faults),
        Command::Scan(scan) => command::scan::run(&scan),
        Command::Doctor(doctor) => command::doctor::run(&doctor),
        Command::Slots(slots) => command::slots::run(&slots),
        Command::Sim(sim) => command::sim::run(&sim),
        Command::Completions(completions) => command::completions::run(&completions),
        Command::Man(man) => command::man::run(&man),
    }
}
