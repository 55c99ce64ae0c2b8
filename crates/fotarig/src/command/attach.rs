//! `fotarig attach`: the dashboard of a service, which goes on without it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dashboard::{Feed, Options, Quit};
use events::{Action, Event, Stamped};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::sleep;

use crate::cli::{Attach, Reach};
use crate::failure::{Failure, chain};
use crate::service::caller::{Asking, Hearing, NoService, call};
use crate::service::place;
use crate::service::protocol::{FromService, Kind};

/// Events on their way to the screen.
const EVENTS: usize = 1_024;
/// Actions on their way to the service.
const ACTIONS: usize = 16;
/// Between two attempts to find the service again.
const AGAIN: Duration = Duration::from_secs(1);
/// So many attempts until the operator is told once more.
const TELL_EVERY: u32 = 5;

pub(crate) fn run(attach: &Attach) -> Result<ExitCode, Failure> {
    let socket = socket(&attach.reach)?;
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = built.map_err(|error| Failure::environment(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let (greeting, hearing, asking) =
            call(&socket, Kind::Dashboard).await.map_err(|error| no_service(&socket, &error))?;
        let (feed, news) = mpsc::channel(EVENTS);
        let (wanted, actions) = mpsc::channel(ACTIONS);
        let line = tokio::spawn(keep_in_touch(socket, hearing, asking, feed, actions));
        let options = Options {
            attached: true,
            locked: attach.locked,
            mouse: !attach.no_mouse,
            speed: greeting.speed,
            utc_offset_s: jiff::Zoned::now().offset().seconds(),
            ..Options::default()
        };
        let quit = dashboard::run(news, wanted, options).await;
        line.abort();
        shown(quit)
    })
}

/// How a command ends whose dashboard has ended.
pub(crate) fn shown(quit: Result<Quit, dashboard::Error>) -> Result<ExitCode, Failure> {
    match quit {
        Ok(Quit::Asked | Quit::Deserted | Quit::TerminalGone) => Ok(ExitCode::SUCCESS),
        Err(error @ dashboard::Error::NoTerminal) => {
            Err(Failure::usage(chain(&error)).hint("without one: `fotarig ctl status`, `fotarig report`"))
        }
        Err(error) => Err(Failure::environment(chain(&error))),
    }
}

/// The socket that is meant.
pub(crate) fn socket(reach: &Reach) -> Result<PathBuf, Failure> {
    match (&reach.socket, &reach.rack) {
        (Some(socket), _) => Ok(socket.clone()),
        (None, Some(rack)) => place::find(Some(&config::Rack::load(rack)?.name)),
        (None, None) => place::find(None),
    }
}

/// Nobody to talk with at `socket`, for people.
pub(crate) fn no_service(socket: &Path, error: &NoService) -> Failure {
    let hint = match error {
        NoService::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            "its owner and its group may attach: see `ls -l` of the socket, and join the group"
        }
        NoService::Io(_) => "no service listens there: start it with `fotarig serve --rack R.toml`",
        NoService::Other(_) => {
            "attach with the same version of fotarig as the service, to the socket of a rack"
        }
    };
    Failure::environment(format!("{}: {}", socket.display(), chain(error))).hint(hint)
}

/// Brings events to the screen and actions to the service; when the service goes away, looks for it until it is back.
async fn keep_in_touch(
    socket: PathBuf,
    mut hearing: Hearing,
    mut asking: Asking,
    feed: Sender<Feed>,
    mut actions: Receiver<Action>,
) {
    loop {
        let why = pass_on(&mut hearing, &mut asking, &feed, &mut actions).await;
        let gone = format!("the service is gone ({why}): looking for it, q leaves");
        let Some(found) = look_for(&socket, &gone, &feed, &mut actions).await else { return };
        (hearing, asking) = found;
        let text = "the service is back".to_owned();
        if feed.send(Feed::Answer { text, refused: false }).await.is_err() {
            return;
        }
    }
}

/// Until the connection ends; the reason.
async fn pass_on(
    hearing: &mut Hearing,
    asking: &mut Asking,
    feed: &Sender<Feed>,
    actions: &mut Receiver<Action>,
) -> String {
    let (mut parts, mut id, mut asked) = (Vec::new(), 0, std::collections::BTreeMap::new());
    loop {
        let said = tokio::select! {
            said = hearing.next() => said,
            Some(action) = actions.recv() => {
                id += 1;
                asked.insert(id, action.to_string());
                match asking.ask(id, action).await {
                    Ok(()) => continue,
                    Err(error) => return error.to_string(),
                }
            }
        };
        let news = match said {
            Ok(FromService::Part(events)) => {
                parts.extend(events);
                continue;
            }
            Ok(FromService::Snapshot(events)) => {
                parts.extend(events);
                let begun = |stamped: &Arc<Stamped>| matches!(stamped.event, Event::RunStarted { .. });
                if !parts.iter().any(begun) {
                    let text = "no batch is under way: n begins one".to_owned();
                    // Without room for it the screen has more to say.
                    let _full = feed.try_send(Feed::Answer { text, refused: false });
                }
                Feed::Snapshot(std::mem::take(&mut parts))
            }
            Ok(FromService::Event(event)) => Feed::Event(event),
            Ok(FromService::Answer { id, refused }) => {
                let action = asked.remove(&id).unwrap_or_default();
                let outcome =
                    refused.as_ref().map_or_else(|| "ok".to_owned(), |why| format!("refused: {why}"));
                Feed::Answer { text: format!("{action}: {outcome}"), refused: refused.is_some() }
            }
            Ok(FromService::Closed(why)) | Err(why) => return why,
        };
        if feed.send(news).await.is_err() {
            return "the dashboard is gone".to_owned();
        }
    }
}

/// Until the service is there again; `None` when the dashboard is gone.
async fn look_for(
    socket: &Path,
    gone: &str,
    feed: &Sender<Feed>,
    actions: &mut Receiver<Action>,
) -> Option<(Hearing, Asking)> {
    for attempt in 0_u32.. {
        while let Ok(action) = actions.try_recv() {
            let text = format!("{action}: refused: the service is gone");
            feed.send(Feed::Answer { text, refused: true }).await.ok()?;
        }
        if attempt.is_multiple_of(TELL_EVERY) {
            feed.send(Feed::Answer { text: gone.to_owned(), refused: true }).await.ok()?;
        }
        sleep(AGAIN).await;
        if let Ok((_, hearing, asking)) = call(socket, Kind::Dashboard).await {
            return Some((hearing, asking));
        }
    }
    None
}
