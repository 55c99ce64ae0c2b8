//! One look at the program from outside: `/proc`, its ledger's files, its metrics.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::usb::Rack;

/// Where the program serves its metrics, in the rack's own network.
pub(super) const METRICS: &str = "127.0.0.1:9477";
/// The first argument of the program when it is to read the metrics in the rack's network.
pub(super) const SCRAPE: &str = "--scrape";

/// What was seen at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sample {
    /// Since the start.
    pub(super) seconds: f64,
    /// Modules with a verdict.
    pub(super) done: usize,
    /// Memory in use.
    pub(super) resident_kib: u64,
    /// Open descriptors.
    pub(super) descriptors: usize,
    pub(super) threads: usize,
    /// The ledger.
    pub(super) ledger_bytes: u64,
    /// What is to go into the ledger's file.
    pub(super) wal_bytes: u64,
    /// The worst of the last 15 seconds.
    pub(super) lag_ms: f64,
    /// Processor time so far.
    pub(super) cpu_s: f64,
    /// How long the scrape took.
    pub(super) scrape_ms: f64,
}

impl Sample {
    /// Looks at the process `pid`.
    pub(super) fn take(rack: &Rack, pid: u32, began: Instant, done: usize) -> io::Result<Self> {
        let proc = Path::new("/proc").join(pid.to_string());
        let status = fs::read_to_string(proc.join("status"))?;
        let ledger = rack.path("fotarig.sqlite");
        let (lag_s, scrape_ms) = scraped(rack).unwrap_or_default();
        Ok(Self {
            seconds: began.elapsed().as_secs_f64(),
            done,
            resident_kib: field(&status, "VmRSS:"),
            descriptors: fs::read_dir(proc.join("fd"))?.count(),
            threads: usize::try_from(field(&status, "Threads:")).unwrap_or_default(),
            ledger_bytes: size(&ledger),
            wal_bytes: size(&ledger.with_extension("sqlite-wal")),
            lag_ms: lag_s * 1000.0,
            cpu_s: cpu_s(pid)?,
            scrape_ms,
        })
    }

    /// A line of the table, as [`HEAD`] names its columns.
    pub(super) fn line(&self) -> String {
        let Self { seconds, done, resident_kib, descriptors, threads, ledger_bytes, wal_bytes, .. } = self;
        let Self { lag_ms, cpu_s, scrape_ms, .. } = self;
        format!(
            "{seconds:.1},{done},{resident_kib},{descriptors},{threads},{ledger_bytes},{wal_bytes},{lag_ms:.3},{cpu_s:.2},\
             {scrape_ms:.2}"
        )
    }
}

/// The columns.
pub(super) const HEAD: &str =
    "seconds,done,resident_kib,descriptors,threads,ledger_bytes,wal_bytes,lag_ms,cpu_s,scrape_ms";

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map(|file| file.len()).unwrap_or_default()
}

/// Processor time of the process, seconds; the kernel counts in hundredths.
pub(super) fn cpu_s(pid: u32) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may have anything in it.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u32>().ok());
    Ok(ticks.map(f64::from).sum::<f64>() / 100.0)
}

/// Loop lag in seconds and what the scrape took in milliseconds, as a program in the rack's network sees it.
fn scraped(rack: &Rack) -> Option<(f64, f64)> {
    let mut command = rack.command(std::env::current_exe().ok()?);
    let output = command.arg(SCRAPE).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.split_whitespace().map(str::parse);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}

/// Reads the metrics here, and prints the two figures.
pub(super) fn scrape() -> io::Result<()> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(METRICS)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let took_ms = began.elapsed().as_secs_f64() * 1000.0;
    let lag = answer.lines().find_map(|line| line.strip_prefix("fotarig_loop_lag_seconds "));
    let lag = lag.ok_or_else(|| io::Error::other("no loop lag among the metrics"))?;
    writeln!(io::stdout(), "{lag} {took_ms}")
}
