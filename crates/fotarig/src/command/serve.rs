//! `fotarig serve`: the controller as a service.

use std::process::ExitCode;

use config::Rack;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::Serve;
use crate::command::run::{exit_code, runtime};
use crate::failure::Failure;
use crate::parts::Extent;
use crate::reader::metrics::Served;
use crate::service::client::Room;
use crate::service::conductor::{Conductor, Service};
use crate::service::place;
use crate::service::protocol::{Greeting, PROTOCOL};
use crate::service::recording::Recording;
use crate::service::relay::Relay;
use crate::service::server::Server;

/// Actions on their way from all clients.
const COMMANDS: usize = 64;

pub(crate) fn run(serve: &Serve) -> Result<ExitCode, Failure> {
    let rack = Rack::load(&serve.rack)?;
    let path = serve.socket.clone().map_or_else(|| place::socket_of(&rack.name), Ok)?;
    let (commands, wanted) = mpsc::channel(COMMANDS);
    let idle = "no batch is under way: `fotarig ctl start BATCH.toml` begins one";
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let greeting = Greeting { fotarig: PROTOCOL, version, rack: rack.name.clone(), speed: serve.speed };
    let room =
        Room { greeting, relay: Relay::new(idle.to_owned()), commands, ending: CancellationToken::new() };
    let server = Server::start(path.clone(), room)?;
    // Only now: a service that is refused must not write into the file of the one that runs.
    let recording = serve.events.as_deref().map(Recording::open).transpose()?;
    eprintln!("serving {} on {}", rack.name, path.display());
    let runtime = runtime()?;
    let metrics = runtime.block_on(Served::wanted(rack.metrics.as_ref(), serve.metrics, &rack.name))?;
    let service = Service {
        rack: serve.rack.clone(),
        extent: Extent { units: serve.units, continuous: !serve.until_done, all_ports: serve.all_ports },
        speed: serve.speed,
        lines: serve.headless,
        recording,
        metrics,
        server,
    };
    let interrupted =
        runtime.block_on(async { Conductor::new(service, wanted)?.run(serve.batch.clone()).await })?;
    Ok(interrupted.as_ref().map_or(ExitCode::SUCCESS, exit_code))
}
