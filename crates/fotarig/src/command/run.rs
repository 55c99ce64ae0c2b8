//! `fotarig run`: the main job.

use std::process::ExitCode;

use control::Summary;

use crate::cli::Run;
use crate::command::report::print;
use crate::failure::{Failure, HALTED, INTERRUPTED, NOT_ALL_GOOD};
use crate::parts::{Extent, Job};
use crate::watch::flash;

pub(crate) fn run(run: &Run) -> Result<ExitCode, Failure> {
    let extent = Extent { units: run.units, continuous: run.continuous, all_ports: run.all_ports };
    let job = Job::load(&run.files)?;
    let ears = job.ears(run.speed);
    let parts = job.into_parts(extent, run.speed)?;
    runtime()?.block_on(async {
        let more =
            format!("more: fotarig report {} --ledger {}\n", parts.setup.batch, parts.ledger.display());
        let summary = flash(parts, ears, &run.watching).await?;
        print(&more)?;
        Ok(exit_code(&summary))
    })
}

/// The runtime of every command that runs a rig. One thread serves all ports, the dispatcher and whoever reads along:
/// what happens to a module is a few microseconds' work, and to hand it from one processor to another costs more than
/// to do it. The record is written, and ports are opened and closed, on threads of their own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    raise_file_limit();
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
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
