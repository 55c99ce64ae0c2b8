//! Readers of the event stream: lines for pipes, the dashboard for terminals, metrics for Prometheus, a file for
//! programs.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

pub(crate) mod file;
pub(crate) mod journal;
pub(crate) mod lines;
pub(crate) mod metrics;
pub(crate) mod screen;
pub(crate) mod tally;

/// Runs a reader that blocks while its pipe, its terminal or its disk does, on a thread of its own: nobody else waits.
pub(crate) fn aside<F: Future>(reader: impl FnOnce() -> F + Send + 'static) -> JoinHandle<F::Output>
where
    F::Output: Send + 'static,
{
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(reader()))
}
