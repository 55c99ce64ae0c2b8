//! `fotarig sim`: only the simulated modules, on PTYs, with the files to run them.

use std::process::ExitCode;

use sim::Rack;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Sim;
use crate::command::report::print;
use crate::command::run::runtime;
use crate::failure::{Failure, chain};
use crate::scenario::Scenario;

pub(crate) fn run(sim: &Sim) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(&sim.dir)
        .map_err(|error| Failure::environment(format!("cannot create {}: {error}", sim.dir.display())))?;
    let folder = sim.dir.canonicalize().map_err(|error| Failure::environment(error.to_string()))?;
    let scenario = Scenario::new(&sim.simulated)?;
    scenario.write(&folder)?;
    runtime()?.block_on(async {
        let started = Rack::start(&folder.join("ports"), scenario.modules, sim.simulated.speed);
        let rack = started.map_err(|error| Failure::environment(chain(&error)))?;
        let speed = sim.simulated.speed;
        print(&format!(
            "{} modules on {}, until Ctrl-C\nrun them: fotarig run --rack {1}/rack.toml --batch {1}/batch.toml \
             --speed {speed}\n",
            sim.simulated.slots,
            folder.display()
        ))?;
        ended().await?;
        let truths = rack.truths();
        rack.stop().await;
        if let Some(file) = &sim.truth {
            let json = serde_json::to_string_pretty(&truths).map_err(|error| Failure::environment(error.to_string()))?;
            std::fs::write(file, json)
                .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Waits for Ctrl-C or SIGTERM.
async fn ended() -> Result<(), Failure> {
    let refused = |error| Failure::environment(format!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
