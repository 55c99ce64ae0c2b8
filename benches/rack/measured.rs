//! What the kernel counts for a process, and what is made of many numbers.

use std::time::Duration;

use crate::Failure;

/// Processor time of process `pid` so far, all its threads, in user and kernel.
pub(crate) fn processor_time(pid: u32) -> Result<Duration, Failure> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Behind the name, which may contain anything, the state is the third field: user and kernel are 14 and 15.
    let (_, rest) = text.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(Duration::from_secs(1) * ticks / per_second)
}

/// The most memory that process `pid` ever had, megabytes.
pub(crate) fn peak_megabytes(pid: u32) -> Result<f64, Failure> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.split_whitespace().next().ok_or("no VmHWM")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

/// The value below which `percent` of `values` lie; 0 when there are none.
pub(crate) fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (values.len().saturating_sub(1) as f64 * percent / 100.0).ceil() as usize;
    values.get(place).copied().unwrap_or_default()
}
