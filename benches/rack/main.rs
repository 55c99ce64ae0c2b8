//! How fast the whole is: the real program on racks of PTYs, held against the goals, beside the same work done by a plain
//! script with a thread for each port. `make bench` runs it, `make bench ARGS=--write` writes the table of
//! `docs/performance.md`.
//!
//! What it measures is the released program, from outside: its ports, its event stream, what the kernel counts for it.

mod document;
mod folder;
mod load;
mod machine;
mod makespan;
mod measured;
mod peer;
mod play;
mod pure;
mod recorded;
mod table;
mod upload;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use crate::play::Play;
use crate::table::Row;

/// Whatever makes a measurement unable to go on.
type Failure = Box<dyn Error>;

#[derive(Debug, Parser)]
struct Cli {
    /// Writes the table into docs/performance.md
    #[arg(long)]
    write: bool,
    /// Only these parts: pure, makespan, load, upload
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// The modules' side of a measurement, in a process of its own
    Play(Play),
}

/// Measures one part of the table.
type Part = fn() -> Result<Vec<Row>, Failure>;

/// The parts in the order of the table, each with what is said while it is measured.
const PARTS: [(&str, &str, Part); 4] = [
    (
        "makespan",
        "a rack of simulated modules in a process of its own, once one of each kind, once 256",
        makespan::rows,
    ),
    ("load", "64, 256 and 1024 slots at work: processor, memory, commands, scrapes", load::rows),
    ("upload", "32 packages through the ports at once", upload::rows),
    ("pure", "screens, machines and racks in memory", pure::rows),
];

fn main() -> Result<ExitCode, Failure> {
    let cli = Cli::parse();
    if let Some(Role::Play(play)) = &cli.role {
        play.run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let load = machine::load_average()?;
    let (began, mut rows) = (Instant::now(), Vec::new());
    let wanted = |name: &str| cli.only.is_empty() || cli.only.iter().any(|only| only == name);
    for (name, says, part) in PARTS.iter().filter(|(name, ..)| wanted(name)) {
        eprintln!("{:>4} s  {name}: {says}", began.elapsed().as_secs());
        let measured = part()?;
        for row in &measured {
            eprintln!("          {row}");
        }
        rows.extend(measured);
    }
    eprintln!("{:>4} s  done", began.elapsed().as_secs());
    let table = table::markdown(&rows);
    let text = format!("{}\n{table}", machine::sentence(&load)?);
    print_out(&text)?;
    if cli.write {
        document::write(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_out(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "\n{text}")
}
