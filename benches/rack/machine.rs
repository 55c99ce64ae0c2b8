//! Where and when it was measured.

use std::process::Command;

use jiff::Zoned;

use crate::Failure;

/// The machine's load over the last minute.
pub(crate) fn load_average() -> Result<String, Failure> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().next().unwrap_or("?").to_owned())
}

/// Machine, date and commit; `before` is the load when the measurement began.
pub(crate) fn sentence(before: &str) -> Result<String, Failure> {
    let processors = std::thread::available_parallelism()?;
    let memory_gb =
        field("/proc/meminfo", "MemTotal")?.split_whitespace().next().and_then(|kb| kb.parse().ok());
    let memory_gb = memory_gb.unwrap_or(0.0) / 1024.0 / 1024.0;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let rust = said(Command::new("rustc").arg("--version"))?;
    let date = Zoned::now().strftime("%Y-%m-%d").to_string();
    Ok(format!(
        "Measured on {date} at commit {}: {processors} processors ({}), {memory_gb:.0} GB, Linux {}, {rust}; load \
         average {before} before it, {} after it.\n",
        commit()?,
        field("/proc/cpuinfo", "model name")?,
        kernel.trim(),
        load_average()?,
    ))
}

/// The value of the first line `name : value` of a file.
fn field(path: &str, name: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)?;
    let of = |line: &str| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim().to_owned());
    Ok(text.lines().find_map(of).unwrap_or_else(|| "unknown".to_owned()))
}

/// The commit, and whether the sources differ from it.
fn commit() -> Result<String, Failure> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let git = |arguments: &[&str]| said(Command::new("git").current_dir(folder).args(arguments));
    let hash = git(&["rev-parse", "--short", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--", "crates", "benches", "tests", "Cargo.lock"])?;
    Ok(if changed.is_empty() { hash } else { format!("{hash} with changes") })
}

fn said(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
