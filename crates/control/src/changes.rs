//! The changes of a watched value, to be awaited over and over beside other things.

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use tokio::sync::watch;

/// Each later value that `watched` has not shown yet; it ends with the sender, and may be asked on. Between two values it
/// keeps its place among those who wait: `Receiver::changed` would take one anew each time that something else happens.
pub(crate) fn changes<T: Clone + Send + Sync + 'static>(
    watched: watch::Receiver<T>,
) -> BoxStream<'static, T> {
    unfold(watched, async |mut watched| {
        watched.changed().await.ok()?;
        let now = watched.borrow_and_update().clone();
        Some((now, watched))
    })
    .fuse()
    .boxed()
}
