//! The same work by `benches/peers/threads.py`.

use std::path::Path;
use std::process::Command;

use fotarig_tests::Process;
use serde::Deserialize;

use crate::Failure;
use crate::folder::Work;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/threads.py");

/// What the script has measured of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Measured {
    pub(crate) processor_s: f64,
    pub(crate) urcs: u64,
    pub(crate) round_trips_ms: Vec<f64>,
    pub(crate) seconds: f64,
    pub(crate) seconds_each: Vec<f64>,
    pub(crate) peak_kilobytes: f64,
}

/// Lets the script do `work` on the modules whose ports are in `folder`; `more` is the work's own argument.
pub(crate) fn run(work: Work, folder: &Path, more: Option<f64>) -> Result<Measured, Failure> {
    let mut command = Command::new("python3");
    command.arg(SCRIPT).arg(work.name()).arg(folder).args(more.map(|more| more.to_string()));
    let ended = Process::start(&mut command).wait();
    if ended.code != Some(0) {
        return Err(format!("threads.py: {ended}").into());
    }
    Ok(serde_json::from_str(&ended.out)?)
}
