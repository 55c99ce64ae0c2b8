//! The commands.

pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod faults;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sim;
