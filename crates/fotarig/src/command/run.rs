//! `fotarig run`: the main job.

use std::io::IsTerminal;
use std::process::ExitCode;

use control::{Summary, Wish};
use events::{Action, Verdict};
use rig::{Parts, Rig};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::cli::{Run, Watching};
use crate::command::report::print;
use crate::failure::{Failure, HALTED, INTERRUPTED, NOT_ALL_GOOD};
use crate::parts::{Extent, Job};
use crate::reader::{bars, file::EventsFile, lines};

pub(crate) fn run(run: &Run) -> Result<ExitCode, Failure> {
    let extent = Extent { units: run.units, continuous: run.continuous, all_ports: run.all_ports };
    let parts = Job::load(&run.files)?.into_parts(extent, run.speed)?;
    runtime()?.block_on(async {
        let more =
            format!("more: fotarig report {} --ledger {}\n", parts.setup.batch, parts.ledger.display());
        let summary = flash(parts, &run.watching).await?;
        print(&more)?;
        Ok(exit_code(&summary))
    })
}

/// The runtime of every command that runs a rig.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    raise_file_limit();
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::environment(format!("cannot start: {error}")))
}

/// Hundreds of ports are hundreds of descriptors.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it cannot be raised, a rack that needs more says so when it opens its ports.
    let _as_it_was = setrlimit(Resource::Nofile, limit);
}

/// Runs a rig, shows it, and prints the summary.
pub(crate) async fn flash(parts: Parts, watching: &Watching) -> Result<Summary, Failure> {
    let rig = Rig::assemble(parts).await?;
    // Only now: a controller that is refused must not empty the file of the one that runs.
    let events_file = watching.events.as_deref().map(EventsFile::create).transpose()?;
    let screen = if watching.headless || !std::io::stdout().is_terminal() {
        tokio::spawn(lines::follow(rig.readers().subscribe()))
    } else {
        tokio::spawn(bars::follow(rig.readers().subscribe()))
    };
    let file = events_file.map(|file| tokio::spawn(file.follow(rig.readers().subscribe())));
    let interrupts = tokio::spawn(interrupts(rig.wishes()));
    let (summary, recorded) = rig.run().await;
    interrupts.abort();
    // A screen that panicked has shown what it could.
    let _shown = screen.await;
    print(&format!("\n{}\n", words(&summary)))?;
    recorded?;
    if let Some(file) = file
        && let Ok(Err(error)) = file.await
    {
        return Err(Failure::environment(format!("the events file is not complete: {error}")));
    }
    Ok(summary)
}

/// What the first Ctrl-C is answered with.
const STOPPING: &str = "stopping: nothing new is started, modules past their trigger are seen through. \
                        Again to leave now (they are recorded as unknown and followed up by the next run).";

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
        eprintln!("\n{text}");
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
    if parts.is_empty() { "no module was there".to_owned() } else { parts.join(", ") }
}

/// See `product.md`, "Commands".
pub(crate) fn exit_code(summary: &Summary) -> ExitCode {
    if summary.stopped {
        ExitCode::from(INTERRUPTED)
    } else if summary.halted.is_some() {
        ExitCode::from(HALTED)
    } else if summary.all_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_ALL_GOOD)
    }
}
