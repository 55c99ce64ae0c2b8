//! Readers of the event stream: lines for pipes, bars for terminals, a file for programs.

pub(crate) mod bars;
pub(crate) mod file;
pub(crate) mod lines;
pub(crate) mod tally;
