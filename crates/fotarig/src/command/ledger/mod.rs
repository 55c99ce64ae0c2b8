//! `fotarig ledger`: the record's upkeep.

mod run;
mod text;

pub(crate) use run::run;
