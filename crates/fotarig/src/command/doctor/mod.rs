//! `fotarig doctor`: what would go wrong on this machine, each finding with the command that mends it.

mod bus_checks;
mod finding;
mod machine_checks;
mod run;

pub(crate) use run::run;
