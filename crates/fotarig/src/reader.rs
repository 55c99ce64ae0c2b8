//! Readers of the event stream: lines for pipes, the dashboard for terminals, metrics for Prometheus, a file for
//! programs.

use std::sync::Arc;
use std::time::Duration;

use events::Stamped;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

pub(crate) mod file;
pub(crate) mod journal;
pub(crate) mod lines;
pub(crate) mod metrics;
pub(crate) mod screen;
pub(crate) mod tally;

/// Real time for which a reader rests for whom nobody waits, when it has read all there is.
const REST: Duration = Duration::from_millis(50);

/// The next event, for a reader for whom nobody waits: to be woken for each would cost more than to take it.
pub(crate) async fn unhurried(events: &mut Receiver<Arc<Stamped>>) -> Result<Arc<Stamped>, RecvError> {
    if events.is_empty() {
        tokio::time::sleep(REST).await;
    }
    events.recv().await
}
