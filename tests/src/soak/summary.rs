//! What the samples add up to.

use std::fmt;

use super::sample::Sample;

/// Shares of the modules at which is told how things stood.
const MARKS: [usize; 6] = [5, 20, 40, 60, 80, 100];

/// The figures of a soak.
pub(super) struct Summary<'a> {
    pub(super) samples: &'a [Sample],
    pub(super) wanted: usize,
    /// Processor time of the simulated modules, seconds.
    pub(super) modules_cpu_s: f64,
}

impl Summary<'_> {
    /// The first sample with at least `percent` of the modules done.
    fn at(&self, percent: usize) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.done * 100 >= self.wanted * percent)
    }

    /// Per module that was done between two marks: processor time in ms, ledger in KiB.
    fn per_module(&self, from: usize, to: usize) -> Option<(f64, f64)> {
        let (from, to) = (self.at(from)?, self.at(to)?);
        let modules = number(to.done.saturating_sub(from.done).max(1));
        let grown = to.ledger_bytes.saturating_sub(from.ledger_bytes) / 1024;
        let grown = f64::from(u32::try_from(grown).unwrap_or(u32::MAX));
        Some(((to.cpu_s - from.cpu_s) * 1000.0 / modules, grown / modules))
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "modules  minutes  memory MiB  descriptors  threads  ledger MiB  wal MiB  lag ms  scrape ms"
        )?;
        for sample in MARKS.into_iter().filter_map(|percent| self.at(percent)) {
            writeln!(
                f,
                "{:7}  {:7.1}  {:10.1}  {:11}  {:7}  {:10.1}  {:7.1}  {:6.2}  {:9.1}",
                sample.done,
                sample.seconds / 60.0,
                number(usize::try_from(sample.resident_kib).unwrap_or_default()) / 1024.0,
                sample.descriptors,
                sample.threads,
                number(usize::try_from(sample.ledger_bytes).unwrap_or_default()) / 1_048_576.0,
                number(usize::try_from(sample.wal_bytes).unwrap_or_default()) / 1_048_576.0,
                sample.lag_ms,
                sample.scrape_ms,
            )?;
        }
        for (from, to) in [(5, 20), (40, 60), (80, 100)] {
            if let Some((cpu_ms, ledger_kib)) = self.per_module(from, to) {
                writeln!(
                    f,
                    "from {from} to {to} %: {cpu_ms:.1} ms of processor time and {ledger_kib:.1} KiB of ledger a module"
                )?;
            }
        }
        let cpu_s = self.samples.last().map_or(0.0, |last| last.cpu_s);
        write!(
            f,
            "processor time: the program {cpu_s:.0} s, the simulated modules {:.0} s",
            self.modules_cpu_s
        )
    }
}
