//! `fotarig serve`: the controller as a service.

use std::path::Path;
use std::process::ExitCode;

use config::Rack;
use events::Event;
use ledger::{LedgerError, Reader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::Serve;
use crate::command::run::{exit_code, runtime};
use crate::failure::Failure;
use crate::parts::Extent;
use crate::reader::file::EventsFile;
use crate::reader::metrics::Served;
use crate::service::client::Room;
use crate::service::conductor::{Conductor, Service};
use crate::service::place;
use crate::service::protocol::{Greeting, PROTOCOL};
use crate::service::relay::Relay;
use crate::service::server::Server;

/// Actions on their way from all clients.
const COMMANDS: usize = 64;

pub(crate) fn run(serve: &Serve) -> Result<ExitCode, Failure> {
    let rack = Rack::load(&serve.rack)?;
    let path = serve.socket.clone().map_or_else(|| place::socket_of(&rack.name), Ok)?;
    let (commands, wanted) = mpsc::channel(COMMANDS);
    let left = left_behind(&rack.ledger_path)?;
    let idle = "no batch is under way: `fotarig ctl start BATCH.toml` begins one";
    let idle = left.as_ref().map_or_else(|| idle.to_owned(), |left| format!("{idle}; {left}"));
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let greeting = Greeting { fotarig: PROTOCOL, version, rack: rack.name.clone(), speed: serve.speed };
    let room = Room { greeting, relay: Relay::new(idle), commands, ending: CancellationToken::new() };
    let server = Server::start(path.clone(), room)?;
    // Only now: a service that is refused must not write into the file of the one that runs.
    let recording = serve.events.as_deref().map(EventsFile::open).transpose()?;
    eprintln!("serving {} on {}", rack.name, path.display());
    if let (Some(left), None) = (&left, &serve.batch) {
        eprintln!("warning: {left}");
    }
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

/// What is to be said of modules that an earlier run left past their trigger: only a batch opens their ports. `None` when
/// there are none.
fn left_behind(ledger: &Path) -> Result<Option<String>, Failure> {
    let reader = match Reader::open(ledger) {
        Ok(reader) => reader,
        // Nothing was ever triggered.
        Err(LedgerError::Missing { .. } | LedgerError::NotBegun { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut modules = Vec::new();
    for stamped in reader.open_triggers()? {
        if let Event::Checkpointed { slot, imei, .. } = stamped.event {
            modules.push(format!("{slot} IMEI {imei}"));
        }
    }
    let count = match modules.len() {
        0 => return Ok(None),
        1 => "1 module was left past its trigger".to_owned(),
        count => format!("{count} modules were left past their trigger"),
    };
    let list = modules.join(", ");
    Ok(Some(format!(
        "{count} ({list}): leave what is plugged in where it is and start a batch, the same one or the next: it follows them \
         up before anything else is done to them"
    )))
}
