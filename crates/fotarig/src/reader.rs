//! Readers of the event stream: lines for pipes, the dashboard for terminals, metrics for Prometheus, a file for
//! programs.

pub(crate) mod file;
pub(crate) mod journal;
pub(crate) mod lines;
pub(crate) mod metrics;
pub(crate) mod screen;
pub(crate) mod tally;
