//! The command line.

mod ledger;
mod service;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use events::{Delivery, Family};

pub(crate) use ledger::{Export, ExportFormat, Ledger, LedgerCommand, Retire};
pub(crate) use service::{Attach, Ctl, CtlCommand, Reach, Replay, Serve};

/// Flashes racks of cellular modules in bulk: finds them, takes each through its vendor's FOTA procedure, follows it
/// through its reboots, proves the result by asking again, and records it.
#[derive(Debug, Parser)]
#[command(
    name = "fotarig",
    version,
    after_help = "Begin with `fotarig demo`: a simulated rack, no hardware, no configuration.\n\
                  Then write rack.toml and batch.toml after configs/, and look at `fotarig check`.\n\n\
                  Exit status: 0 all passed or already at target; 1 some module failed, refused, aborted or unknown;\n\
                  2 usage or configuration; 3 stopped by the batch's policy; 4 the environment; 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The shape of log lines on stderr; the variable `FOTARIG_LOG` chooses what is logged (default: warn, of a service also
    /// each verdict)
    #[arg(long, global = true, value_enum, default_value_t, value_name = "human|json")]
    pub(crate) log_format: crate::log::Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A simulated rack on real PTYs, flashed before your eyes
    Demo(Demo),
    /// Flashes the modules of a rack: the main job
    Run(Run),
    /// The controller as a service: batches one after the other, dashboards attach and detach
    Serve(Serve),
    /// The dashboard of a service; closing it stops nothing
    Attach(Attach),
    /// One action of the dashboard, for scripts
    Ctl(Ctl),
    /// A recorded event stream in the dashboard
    Replay(Replay),
    /// Reads rack and batch, verifies every package, prints each route; touches no module
    Check(Check),
    /// What became of a batch, from the ledger
    Report(Report),
    /// The record's upkeep: whether it is whole, its size, a copy of it, what is too old
    Ledger(Ledger),
    /// What is plugged in: slot, port path, VID:PID, ttys, family
    Scan(Scan),
    /// What would go wrong on this machine, each finding with the command that mends it
    Doctor(Doctor),
    /// The rack's labels
    Slots(Slots),
    /// Every fault code: class, meaning, retried or not, what the operator does
    Faults(Faults),
    /// Only the simulated modules, on PTYs, for other programs' tests
    Sim(Sim),
    /// What a shell needs to complete commands and options
    Completions(Completions),
    /// The manual page; with --dir a page for each command
    Man(Man),
}

/// What is simulated.
#[derive(Args, Clone, Debug)]
pub(crate) struct Simulated {
    /// Number of slots
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) slots: u16,
    /// Chooses revisions, times and faults: the same seed, the same rack
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many times faster than real time
    #[arg(long, default_value_t = 20.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// Misbehaviours: none, light, heavy, or their numbers and names, as `5,6,mute`
    #[arg(long, default_value = "light")]
    pub(crate) faults: String,
    /// Families in the rack
    #[arg(long, value_delimiter = ',', default_value = "sim7000,sim7028,bg96,sim7080,ag35")]
    pub(crate) families: Vec<Family>,
}

/// Where events go.
#[derive(Args, Clone, Debug)]
pub(crate) struct Watching {
    /// Prints one line per event instead of the dashboard, also on a terminal
    #[arg(long)]
    pub(crate) headless: bool,
    /// Writes the public event stream to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// Serves metrics for Prometheus here, as 127.0.0.1:9477, instead of [metrics] listen
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<std::net::SocketAddr>,
}

/// A simulated rack on real PTYs, flashed before your eyes
#[derive(Args, Debug)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) simulated: Simulated,
    #[command(flatten)]
    pub(crate) watching: Watching,
    /// Keeps configuration, packages and ledger in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// Flashes the modules of a rack: the main job
#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) files: Files,
    #[command(flatten)]
    pub(crate) watching: Watching,
    /// Ends after so many modules
    #[arg(long, value_name = "N")]
    pub(crate) units: Option<usize>,
    /// Goes on until stopped: a finished module is taken out, the next one put in starts by itself
    #[arg(long)]
    pub(crate) continuous: bool,
    /// Also takes modules in ports that no `[[slot]]` names
    #[arg(long)]
    pub(crate) all_ports: bool,
    /// How many times faster than real time the modules live; only for `fotarig sim`, whose --speed it must equal
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
}

/// The two files of a job.
#[derive(Args, Debug)]
pub(crate) struct Files {
    /// The place: slots, package host, network, limits
    #[arg(long, value_name = "R.toml")]
    pub(crate) rack: PathBuf,
    /// The job: target revisions, packages, policy
    #[arg(long, value_name = "B.toml")]
    pub(crate) batch: PathBuf,
}

/// Reads rack and batch, verifies every package, prints each route; touches no module
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) files: Files,
    /// Prints every command that would be sent to a module of this model
    #[arg(long, value_name = "MODEL")]
    pub(crate) plan: Option<String>,
    /// With --plan: the way of delivery, instead of the batch's first that can work
    #[arg(long, requires = "plan", value_parser = |text: &str| text.parse::<Delivery>())]
    pub(crate) delivery: Option<Delivery>,
}

/// What is plugged in: slot, port path, VID:PID, ttys, family. Nothing is sent without --identify
#[derive(Args, Debug)]
pub(crate) struct Scan {
    /// Shows the labels of this rack's slots, and its fixed ttys
    #[arg(long, value_name = "R.toml")]
    pub(crate) rack: Option<PathBuf>,
    /// Asks each module for model, IMEI and revision; ports on which a controller works are left alone
    #[arg(long)]
    pub(crate) identify: bool,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Goes on, and shows what comes and goes
    #[arg(long)]
    pub(crate) watch: bool,
}

/// What would go wrong on this machine: permissions, ModemManager, udev rules, autosuspend, disk, clock, ports in use.
/// Exit status 4 when something blocks
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Also looks at this rack's slots, package hosts and ledger
    #[arg(long, value_name = "R.toml")]
    pub(crate) rack: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The rack's labels
#[derive(Args, Debug)]
pub(crate) struct Slots {
    #[command(subcommand)]
    pub(crate) command: SlotsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SlotsCommand {
    /// Writes the `[[slot]]` entries: plug one module after the other, and say its label
    Learn(Learn),
}

/// Writes the `[[slot]]` entries: plug one module after the other, and say its label
#[derive(Args, Debug)]
pub(crate) struct Learn {
    /// The rack's file; made when it is not there. Comments and everything else in it stay
    #[arg(long, value_name = "R.toml")]
    pub(crate) rack: PathBuf,
    /// Labels to give without asking, in the order of plugging: A1,A2,A3
    #[arg(long, value_delimiter = ',')]
    pub(crate) labels: Vec<String>,
}

/// What became of a batch, from the ledger
#[derive(Args, Debug)]
pub(crate) struct Report {
    /// Name of the batch; without it the ledger's batches are listed
    pub(crate) batch: Option<String>,
    /// The ledger
    #[arg(long, value_name = "FILE", default_value = "fotarig.sqlite")]
    pub(crate) ledger: PathBuf,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// While the batch runs: prints each unit as it ends, until the run ends (table, csv, or json as lines)
    #[arg(long, requires = "batch")]
    pub(crate) follow: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For spreadsheets: a row for each unit
    Csv,
    /// For programs
    Json,
    /// For what reads test results: XML, a test case for each unit
    Junit,
    /// One page with figures, faults, durations, and each unit with its transcript; fetches nothing
    Html,
}

/// Every fault code: class, meaning, retried or not, what the operator does
#[derive(Args, Debug)]
pub(crate) struct Faults {
    /// Only codes in which this stands: E-VERIFY-REV, or verify
    #[arg(conflicts_with = "markdown")]
    pub(crate) code: Option<String>,
    /// As Markdown: this is docs/faults.md
    #[arg(long)]
    pub(crate) markdown: bool,
}

/// Only the simulated modules, on PTYs, for other programs' tests
#[derive(Args, Debug)]
pub(crate) struct Sim {
    #[command(flatten)]
    pub(crate) simulated: Simulated,
    /// Where ports, packages, rack.toml and batch.toml are put
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Writes what really happened to each module to this file when it ends, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
}

/// What a shell needs to complete commands and options
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: CompletedShell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompletedShell {
    /// Where bash-completion looks: /usr/share/bash-completion/completions/fotarig
    Bash,
    /// Where $fpath leads, as `_fotarig`
    Zsh,
    /// For a folder of completions, as ~/.config/fish/completions/fotarig.fish
    Fish,
}

/// The manual page; with --dir a page for each command
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Writes fotarig.1 and a page for each command into this folder, instead of printing one
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

pub(crate) fn speed(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "a number such as 20".to_owned())?;
    if (0.1..=1000.0).contains(&factor) { Ok(factor) } else { Err("from 0.1 to 1000".to_owned()) }
}
