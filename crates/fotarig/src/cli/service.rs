//! The command line of a service and of those who watch it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::speed;

/// The controller as a service: batches one after the other, dashboards attach and detach
#[derive(Args, Debug)]
#[command(
    after_help = "SIGTERM or Ctrl-C: nothing new is started, modules past their trigger are seen through; \
                        again: leaves now (they are recorded as unknown and followed up by the next run)."
)]
pub(crate) struct Serve {
    /// The place: slots, package host, network, limits
    #[arg(long, value_name = "R.toml")]
    pub(crate) rack: PathBuf,
    /// The first batch; without it the service waits until one is started
    #[arg(long, value_name = "B.toml")]
    pub(crate) batch: Option<PathBuf>,
    /// Where dashboards attach; without it `/run/fotarig/RACK.sock`, or the user's runtime directory
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Appends the public event stream to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// Prints one line per event
    #[arg(long)]
    pub(crate) headless: bool,
    /// Each batch ends after so many modules
    #[arg(long, value_name = "N")]
    pub(crate) units: Option<usize>,
    /// Each batch ends when the modules that were plugged in at its start are done, instead of going on until stopped
    #[arg(long)]
    pub(crate) until_done: bool,
    /// Also takes modules in ports that no `[[slot]]` names
    #[arg(long)]
    pub(crate) all_ports: bool,
    /// How many times faster than real time the modules live; only for `fotarig sim`, whose --speed it must equal
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// Serves metrics for Prometheus here, as 127.0.0.1:9477, instead of [metrics] listen
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<std::net::SocketAddr>,
}

/// Which service is meant; without both the only one of this machine.
#[derive(Args, Debug)]
pub(crate) struct Reach {
    /// Its socket
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) socket: Option<PathBuf>,
    /// The rack that it serves
    #[arg(long, value_name = "R.toml", global = true)]
    pub(crate) rack: Option<PathBuf>,
}

/// The dashboard of a service; closing it stops nothing
#[derive(Args, Debug)]
pub(crate) struct Attach {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Begins locked: only start, confirm and re-test
    #[arg(long)]
    pub(crate) locked: bool,
    /// Leaves the mouse to the terminal
    #[arg(long)]
    pub(crate) no_mouse: bool,
}

/// One action of the dashboard, for scripts. Prints ok, or why it was refused (exit status 1)
#[derive(Args, Debug)]
pub(crate) struct Ctl {
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(subcommand)]
    pub(crate) command: CtlCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CtlCommand {
    /// How the rack stands
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Start nothing new
    Pause,
    /// Start again
    Resume,
    /// End the batch: nothing new, and what is past its trigger is seen through. The service stays
    Stop,
    /// Start the next batch
    Start {
        /// The job, on the service's machine
        #[arg(value_name = "B.toml")]
        batch: PathBuf,
    },
    /// Test the module in a slot that is done, once more
    Retry {
        /// Its label
        slot: String,
    },
    /// Give up on the module in a slot; past its trigger it is refused
    Abort {
        /// Its label
        slot: String,
    },
    /// Start nothing more in a slot
    Quarantine {
        /// Its label
        slot: String,
    },
    /// Take a slot out of quarantine
    Release {
        /// Its label
        slot: String,
    },
    /// Let go of an IMEI that is held by an unresolved trigger: a person has examined the module
    ReleaseImei {
        /// Its IMEI
        imei: String,
    },
    /// The IMEI on the label of the module in a slot; the module's own must equal it
    Expect {
        /// Label of the slot
        slot: String,
        /// The IMEI on the module's label
        imei: String,
    },
}

/// A recorded event stream in the dashboard, or as lines where there is no terminal
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// What --events wrote
    #[arg(value_name = "EVENTS.jsonl")]
    pub(crate) events: PathBuf,
    /// How many times faster than it was recorded; lines come at once without it
    #[arg(long, value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Lines, also on a terminal
    #[arg(long)]
    pub(crate) headless: bool,
}
