//! `fotarig report`: what became of a batch, from the ledger.

mod clean;
mod csv_rows;
mod durations;
mod figures;
mod follow;
mod html;
mod junit;
mod order;
mod run;
#[cfg(test)]
pub(crate) mod samples;
mod table;
mod timeline;

pub(crate) use clean::clean;
pub(crate) use figures::stands;
pub(crate) use run::{no_such_batch, print, run, wall_clock};
