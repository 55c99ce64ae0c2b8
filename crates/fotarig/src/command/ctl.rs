//! `fotarig ctl`: the dashboard's actions for scripts.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use events::{Action, Imei};
use tokio::time::timeout;

use crate::cli::{Ctl, CtlCommand};
use crate::command::attach::{no_service, socket};
use crate::command::report::print;
use crate::failure::{Failure, NOT_ALL_GOOD};
use crate::service::caller::{Hearing, call};
use crate::service::protocol::{FromService, Kind};
use crate::service::status::Status;

/// A service answers within this time; the packages of a batch are read before `start` is answered.
const ANSWER: Duration = Duration::from_secs(120);

pub(crate) fn run(ctl: &Ctl) -> Result<ExitCode, Failure> {
    let wanted = wanted(&ctl.command)?;
    let socket = socket(&ctl.reach)?;
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = built.map_err(|error| Failure::environment(format!("cannot start: {error}")))?;
    let work = async {
        match wanted {
            Wanted::Action(action) => act(&socket, action).await,
            Wanted::Status { json } => status(&socket, json).await,
        }
    };
    let done = runtime.block_on(async { timeout(ANSWER, work).await });
    done.unwrap_or_else(|_| {
        let message = format!("{}: no answer for {} s", socket.display(), ANSWER.as_secs());
        Err(Failure::environment(message).hint("see what the service itself says, in its journal"))
    })
}

enum Wanted {
    Action(Action),
    Status { json: bool },
}

fn wanted(command: &CtlCommand) -> Result<Wanted, Failure> {
    let slot = |slot: &String| slot.clone();
    Ok(Wanted::Action(match command {
        CtlCommand::Status { json } => return Ok(Wanted::Status { json: *json }),
        CtlCommand::Pause => Action::Pause,
        CtlCommand::Resume => Action::Resume,
        CtlCommand::Stop => Action::Stop,
        CtlCommand::Retry { slot: label } => Action::Retry { slot: slot(label) },
        CtlCommand::Abort { slot: label } => Action::Abort { slot: slot(label) },
        CtlCommand::Quarantine { slot: label } => Action::Quarantine { slot: slot(label) },
        CtlCommand::Release { slot: label } => Action::Release { slot: slot(label) },
        CtlCommand::ReleaseImei { imei: text } => Action::ReleaseImei { imei: imei(text)? },
        CtlCommand::Expect { slot: label, imei: text } => {
            Action::Expect { slot: slot(label), imei: imei(text)? }
        }
        CtlCommand::Start { batch } => Action::Start { batch: absolute(batch)? },
    }))
}

fn imei(text: &str) -> Result<Imei, Failure> {
    Imei::parse(text).ok_or_else(|| {
        let message = format!("{} is no IMEI", text.escape_debug());
        Failure::usage(message).hint("15 digits, of which the last is a check digit")
    })
}

/// The service stands in another folder.
fn absolute(batch: &Path) -> Result<String, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", batch.display()));
    let path = batch.canonicalize().map_err(|error| refused(&error))?;
    path.into_os_string().into_string().map_err(|_| refused(&"its path is not UTF-8"))
}

async fn act(socket: &Path, action: Action) -> Result<ExitCode, Failure> {
    let (_, mut hearing, mut asking) =
        call(socket, Kind::Ctl).await.map_err(|error| no_service(socket, &error))?;
    // When it hung up, what it said last says why.
    let _said = asking.ask(1, action).await;
    let FromService::Answer { refused, .. } = next(&mut hearing, socket).await? else {
        return Err(Failure::environment(format!("{}: it answered something else", socket.display())));
    };
    match refused {
        None => print("ok\n").map(|()| ExitCode::SUCCESS),
        Some(why) => {
            eprintln!("refused: {why}");
            Ok(ExitCode::from(NOT_ALL_GOOD))
        }
    }
}

async fn status(socket: &Path, json: bool) -> Result<ExitCode, Failure> {
    let (greeting, mut hearing, _asking) =
        call(socket, Kind::Status).await.map_err(|error| no_service(socket, &error))?;
    let mut events = Vec::new();
    loop {
        match next(&mut hearing, socket).await? {
            FromService::Part(more) => events.extend(more),
            FromService::Snapshot(more) => {
                events.extend(more);
                break;
            }
            FromService::Event(_) | FromService::Answer { .. } | FromService::Closed(_) => {}
        }
    }
    let status = Status::of(&greeting.rack, &events);
    let text = if json {
        serde_json::to_string(&status).map_err(|error| Failure::environment(error.to_string()))?
    } else {
        status.to_string()
    };
    print(&(text + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The next line; what the service says when it hangs up is a failure.
async fn next(hearing: &mut Hearing, socket: &Path) -> Result<FromService, Failure> {
    match hearing.next().await {
        Ok(FromService::Closed(why)) | Err(why) => {
            Err(Failure::environment(format!("{}: the service hung up: {why}", socket.display())))
        }
        Ok(said) => Ok(said),
    }
}
