//! The program `soak`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::exchange::{Exchange, scenario};
use super::options::Options;
use super::sample::{HEAD, METRICS, SCRAPE, Sample, cpu_s, scrape};
use super::{curves, summary::Summary};
use crate::process::Process;
use crate::record::report;
use crate::usb::Rack;
use crate::verdicts::lies;

/// Nothing said for so long: something hangs.
const SILENCE: Duration = Duration::from_secs(300);
/// Between two words of how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Runs it.
pub fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    if words.peek().is_some_and(|word| word == SCRAPE) {
        return ended(scrape().map(|()| true));
    }
    match Options::parse(words) {
        Ok(options) => ended(soak(&options)),
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::from(2)
        }
    }
}

fn ended(done: io::Result<bool>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(4)
        }
    }
}

/// Whether the record was true to the end.
fn soak(options: &Options) -> io::Result<bool> {
    fs::create_dir_all(&options.out)?;
    let no_room = || io::Error::other("it needs namespaces of its own");
    let rack = Rack::start(&scenario(options.slots, options.speed)).ok_or_else(no_room)?;
    let mut command = rack.run();
    command.args(["--continuous", "--metrics", METRICS]);
    let program = Process::start(&mut command);
    program.line("batch usb");
    let mut exchange = Exchange::new(options.slots, options.modules);
    let samples = follow(&program, &rack, &mut exchange, options)?;
    let modules_cpu_s = cpu_s(rack.pid())?;
    program.signal(Signal::INT);
    let end = program.wait();
    let summary = Summary { samples: &samples, wanted: options.modules, modules_cpu_s };
    let title = format!("{} modules through {} slots", exchange.done(), options.slots);
    fs::write(options.out.join("soak.svg"), curves::picture(&samples, &title))?;
    let ledger = options.out.join("fotarig.sqlite");
    fs::copy(rack.path("fotarig.sqlite"), &ledger)?;
    let told: Vec<String> =
        exchange.verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let (job, report) = (rack.job(), report(&ledger, "usb"));
    let modules = rack.stop();
    let lies = lies(&report, &modules, &job);
    let mut out = io::stdout().lock();
    writeln!(out, "{title}: {}\n{summary}", told.join(", "))?;
    writeln!(out, "the record against the modules' own truth: {} contradictions", lies.len())?;
    for lie in lies.iter().take(20) {
        writeln!(out, "  {lie}")?;
    }
    writeln!(out, "it ended with exit code {:?} {}", end.code, end.err.trim())?;
    Ok(lies.is_empty() && exchange.over())
}

/// Until every module has its verdict: takes them out, puts others in, and looks at the program.
fn follow(
    program: &Process,
    rack: &Rack,
    exchange: &mut Exchange,
    options: &Options,
) -> io::Result<Vec<Sample>> {
    let mut table = BufWriter::new(File::create(options.out.join("soak.csv"))?);
    writeln!(table, "{HEAD}")?;
    let began = Instant::now();
    let (mut looked, mut told, mut heard) = (began, began, began);
    let mut samples = Vec::new();
    while !exchange.over() {
        match program.line_within(Duration::from_millis(500)) {
            Ok(line) => {
                heard = Instant::now();
                exchange.hear(&line, rack);
            }
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the program has ended")),
            Err(RecvTimeoutError::Timeout) if heard.elapsed() > SILENCE => {
                return Err(io::Error::other("the program says nothing any more"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        exchange.fill_forgotten(rack);
        if looked.elapsed() >= options.every {
            looked = Instant::now();
            let sample = Sample::take(rack, program.pid(), began, exchange.done())?;
            writeln!(table, "{}", sample.line())?;
            table.flush()?;
            samples.push(sample);
        }
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            eprintln!("{} of {} modules, {} s", exchange.done(), options.modules, began.elapsed().as_secs());
        }
    }
    samples.push(Sample::take(rack, program.pid(), began, exchange.done())?);
    Ok(samples)
}
