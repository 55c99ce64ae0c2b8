//! A rig that is watched: everything that reads along while it runs, and what people say to it.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use config::Hooks;
use control::{Readers, Summary, Wish};
use events::{Action, Verdict};
use rig::{Parts, Rig};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::Watching;
use crate::command::report::print;
use crate::failure::Failure;
use crate::hooks::{self, Bounds};
use crate::reader::file::EventsFile;
use crate::reader::metrics::{Served, unfinished};
use crate::reader::screen::{self, Left};
use crate::reader::{aside, journal, lines};

/// What reads along, as the rack's file has it.
pub(crate) struct Ears {
    pub(crate) rack: String,
    pub(crate) batch: String,
    pub(crate) ledger: PathBuf,
    pub(crate) metrics: Option<config::Metrics>,
    pub(crate) hooks: Hooks,
    pub(crate) speed: f64,
}

/// What the first Ctrl-C is answered with.
const STOPPING: &str = "stopping: nothing new is started, modules past their trigger are seen through. \
                        Again to leave now (they are recorded as unknown and followed up by the next run).";

/// Runs a rig, shows it, and prints the summary.
pub(crate) async fn flash(parts: Parts, ears: Ears, watching: &Watching) -> Result<Summary, Failure> {
    let rig = Rig::assemble(parts).await?;
    // Only now: a controller that is refused must not empty the file of the one that runs.
    let events_file = watching.events.as_deref().map(EventsFile::create).transpose()?;
    let record = ledger::Reader::open(&ears.ledger)?;
    let metrics = Served::wanted(ears.metrics.as_ref(), watching.metrics, &ears.rack).await?;
    if let Some(metrics) = &metrics {
        metrics.follow(rig.readers(), &unfinished(&record, &ears.batch)?);
    }
    let hooks = tokio::spawn(hooks::follow(
        ears.hooks.clone(),
        Bounds::default(),
        record.events_of_batch(&ears.batch)?,
        rig.readers().unhurried(),
        |text| complain(&text),
    ));
    let to_log = rig.readers().unhurried();
    let logged = aside(|| journal::follow(to_log));
    let file = events_file.map(|file| {
        let to_write = rig.readers().unhurried();
        aside(|| file.follow(to_write))
    });
    let screen = show(&rig, watching, metrics.as_ref().map(Served::addr), ears.speed);
    let interrupts = tokio::spawn(interrupts(rig.wishes()));
    let (summary, recorded) = rig.run().await;
    interrupts.abort();
    let left = screen.await.unwrap_or(Ok(Left::Properly));
    // What a hook did wrong it has said itself; a log that panicked has said what it could.
    let _told = (hooks.await, logged.await);
    if let Some(metrics) = metrics {
        metrics.stop().await;
    }
    if left? == Left::Properly {
        print(&format!("\n{}\n", words(&summary)))?;
    }
    recorded?;
    if let Some(file) = file
        && let Ok(Err(error)) = file.await
    {
        return Err(Failure::environment(format!("the events file is not complete: {error}")));
    }
    Ok(summary)
}

/// On a terminal the dashboard, lines everywhere else.
fn show(
    rig: &Rig,
    watching: &Watching,
    metrics: Option<SocketAddr>,
    speed: f64,
) -> JoinHandle<Result<Left, Failure>> {
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if watching.headless || !terminal {
        let events = rig.readers().unhurried();
        return aside(async || {
            lines::follow(events).await;
            Ok(Left::Properly)
        });
    }
    let (readers, wishes) = (rig.readers(), rig.wishes());
    let options = screen::options(metrics, speed);
    tokio::spawn(dashboard_then_lines(readers, wishes, options))
}

/// When the operator leaves the dashboard before the run has ended, the run goes on with lines.
async fn dashboard_then_lines(
    readers: Readers,
    wishes: mpsc::Sender<Wish>,
    options: dashboard::Options,
) -> Result<Left, Failure> {
    let left = screen::show(readers.clone(), wishes, options).await?;
    if left == Left::Properly {
        crate::log::release();
    }
    let mut events = readers.unhurried();
    match left {
        // A panic in it was told already.
        Left::Properly => drop(aside(|| lines::follow(events)).await),
        // Nothing can be shown any more; the run goes on.
        Left::TerminalGone => while !matches!(events.next().await, Err(RecvError::Closed)) {},
    }
    Ok(left)
}

/// Says what went wrong outside of the run, unless the dashboard has the terminal.
pub(crate) fn complain(text: &str) {
    if !screen::is_on() {
        say(&format!("warning: {text}"));
    }
}

/// Writes to stderr. A terminal that is gone has nobody to tell.
fn say(text: &str) {
    let _gone = writeln!(std::io::stderr(), "{text}");
}

/// The first Ctrl-C (or SIGTERM) starts nothing new and sees through what is past its trigger; the second leaves.
async fn interrupts(wishes: mpsc::Sender<Wish>) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    for (action, text) in [(Action::Stop, STOPPING), (Action::Detach, "leaving")] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !screen::is_on() {
            say(&format!("\n{text}"));
        }
        if wishes.send(Wish::new("signal", action)).await.is_err() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

fn words(summary: &Summary) -> String {
    let mut parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| summary.count(*verdict) > 0)
        .map(|verdict| format!("{} {verdict}", summary.count(verdict)))
        .collect();
    let mut also = |count: usize, text: &str| {
        if count > 0 {
            parts.push(format!("{count} {text}"));
        }
    };
    also(summary.passed_earlier, "passed earlier");
    also(summary.empty, "empty");
    also(summary.detached, "left past their trigger");
    if let Some(rule) = summary.halted {
        parts.push(format!("halted by {}", rule.key()));
    }
    if parts.is_empty() { "no module was there".to_owned() } else { parts.join(", ") }
}
