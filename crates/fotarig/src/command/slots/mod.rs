//! `fotarig slots`: the rack's labels.

mod file;
mod learn;

pub(crate) use learn::run;
