//! What is shown in the machine. Each check works on a bench that has all modules plugged in, and leaves it so.

mod bus;
mod emergency;
mod job;
mod list;
mod replug;
mod rules;
mod stall;

pub(crate) use list::{named, run};
