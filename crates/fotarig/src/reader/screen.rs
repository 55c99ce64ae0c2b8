//! The dashboard on this terminal: a thread of its own, so that a terminal that does not take what is written to it stops
//! nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use control::{Readers, Wish};
use dashboard::{Feed, Options, Quit};
use events::{Action, Stamped};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Events that may wait for the dashboard; one that lags further starts again from a snapshot.
const WAITING: usize = 4_096;
/// Actions that may wait for the controller.
const ACTIONS: usize = 16;

/// Whether the dashboard has the terminal: then nobody else writes to it.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether the dashboard has the terminal.
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// How the dashboard was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// By the operator, or because there is nothing more to show.
    Properly,
    /// The terminal is gone: nothing may be written to it.
    TerminalGone,
}

/// Shows the dashboard until it is left.
///
/// # Errors
/// When the terminal does not do what it is told.
pub(crate) async fn show(
    readers: Readers,
    wishes: mpsc::Sender<Wish>,
    options: Options,
) -> Result<Left, Failure> {
    let (feed, to_show) = mpsc::channel(WAITING);
    let (actions, to_do) = mpsc::channel(ACTIONS);
    tokio::spawn(carry_out(to_do, wishes, feed.clone()));
    let feeder = tokio::spawn(follow(readers, feed));
    let left = on_a_thread(to_show, actions, options).await;
    feeder.abort();
    left
}

/// Runs the dashboard on a thread of its own.
pub(crate) async fn on_a_thread(
    feed: mpsc::Receiver<Feed>,
    actions: mpsc::Sender<Action>,
    options: Options,
) -> Result<Left, Failure> {
    ON.store(true, Ordering::Relaxed);
    let (done, ended) = oneshot::channel();
    let started = std::thread::Builder::new().name("dashboard".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let left = match runtime {
            Ok(runtime) => runtime.block_on(dashboard::run(feed, actions, options)),
            Err(error) => Err(dashboard::Error::Terminal(error)),
        };
        // Nobody waits any more when the process is ending.
        let _gone = done.send(left);
    });
    let left = match started {
        Ok(_) => ended.await.map_err(|_| "it ended without a word".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    ON.store(false, Ordering::Relaxed);
    let failed = |why: String| Failure::environment(format!("the dashboard: {why}")).hint("use --headless");
    match left {
        Ok(Ok(Quit::Asked | Quit::Deserted)) => Ok(Left::Properly),
        Ok(Ok(Quit::TerminalGone)) => Ok(Left::TerminalGone),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(why) => Err(failed(why)),
    }
}

/// Feeds the dashboard: a snapshot, then what happens. It never waits for the dashboard while events come.
async fn follow(readers: Readers, feed: mpsc::Sender<Feed>) {
    let (mut snapshot, mut events) = readers.attach();
    // Only the receiver is kept: the stream ends when the controller has.
    let again = readers;
    loop {
        if feed.send(Feed::Snapshot(snapshot)).await.is_err() {
            return;
        }
        match pass_on(&mut events, &feed).await {
            Ended::Lagged => (snapshot, events) = again.attach(),
            // What has been told stays on show until the operator leaves.
            Ended::Over => return feed.closed().await,
        }
    }
}

enum Ended {
    Lagged,
    Over,
}

async fn pass_on(events: &mut Receiver<Arc<Stamped>>, feed: &mpsc::Sender<Feed>) -> Ended {
    loop {
        match events.recv().await {
            Ok(stamped) => {
                let over = matches!(stamped.event, events::Event::RunEnded { .. });
                match feed.try_send(Feed::Event(stamped)) {
                    Ok(()) => {}
                    Err(mpsc::error::TrySendError::Full(_)) => return Ended::Lagged,
                    Err(mpsc::error::TrySendError::Closed(_)) => return Ended::Over,
                }
                if over {
                    return Ended::Over;
                }
            }
            Err(RecvError::Lagged(_)) => return Ended::Lagged,
            Err(RecvError::Closed) => return Ended::Over,
        }
    }
}

/// Passes actions on to the controller, and its answers back.
async fn carry_out(
    mut actions: mpsc::Receiver<Action>,
    wishes: mpsc::Sender<Wish>,
    feed: mpsc::Sender<Feed>,
) {
    let by = who();
    while let Some(action) = actions.recv().await {
        let (reply, answer) = oneshot::channel();
        let text = action.to_string();
        let wish = Wish { by: by.clone(), action, reply: Some(reply) };
        let refused = match wishes.send(wish).await {
            Ok(()) => answer.await.unwrap_or(Ok(())).err(),
            Err(_) => Some("the run has ended".to_owned()),
        };
        let answer = match refused {
            Some(why) => Feed::Answer { text: format!("{text}: refused, {why}"), refused: true },
            None => Feed::Answer { text, refused: false },
        };
        if feed.send(answer).await.is_err() {
            return;
        }
    }
}

/// Who acts at this terminal.
fn who() -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
    let user = user.unwrap_or_else(|| rustix::process::getuid().as_raw().to_string());
    format!("{user}@terminal")
}

/// What the dashboard needs to know of this machine.
pub(crate) fn options(metrics: Option<std::net::SocketAddr>, speed: f64) -> Options {
    Options {
        metrics: metrics.map(|addr| format!(":{}", addr.port())),
        utc_offset_s: jiff::Zoned::now().offset().seconds(),
        speed,
        ..Options::default()
    }
}
