//! Looks at everything, and prints it.

use std::path::Path;
use std::process::ExitCode;

use bus::SlotLock;
use config::Rack;
use rig::{Places, Ports};

use super::bus_checks::Seen;
use super::finding::{Finding, Weight};
use super::machine_checks;
use crate::cli::Doctor;
use crate::command::report::print;
use crate::command::run::runtime;
use crate::failure::{ENVIRONMENT, Failure, chain};
use crate::parts::places_of;

pub(crate) fn run(doctor: &Doctor) -> Result<ExitCode, Failure> {
    let rack = doctor.rack.as_deref().map(Rack::load).transpose()?;
    let slots = rack.as_ref().map(places_of).transpose()?.unwrap_or_default();
    let places = Places { slots: slots.clone(), all_ports: true };
    let watched = runtime()?.block_on(async { Ports::watch(places, SlotLock::folder()).await });
    let ports = watched.map_err(|error| {
        Failure::environment(chain(&error)).hint("run it where /sys is mounted and netlink is allowed")
    })?;
    let topology = ports.topology();
    let seen = Seen {
        topology: &topology,
        slots: &slots,
        per_hub: rack.as_ref().map(|rack| rack.limits.per_hub as usize),
        sys: Path::new("/sys"),
        proc: Path::new("/proc"),
    };
    let mut findings = seen.findings();
    findings.extend(machine_checks::findings(rack.as_ref(), &ports.to_lock()));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    show(doctor, &findings)?;
    let blocked = findings.iter().any(|finding| finding.weight == Weight::Blocks);
    Ok(if blocked { ExitCode::from(ENVIRONMENT) } else { ExitCode::SUCCESS })
}

fn show(doctor: &Doctor, findings: &[Finding]) -> Result<(), Failure> {
    if doctor.json {
        let json = serde_json::to_string_pretty(findings);
        return print(&(json.map_err(|error| Failure::environment(error.to_string()))? + "\n"));
    }
    for finding in findings {
        let mend = finding.mend.as_ref().map(|mend| format!("\n{:15} → {mend}", "")).unwrap_or_default();
        print(&format!("{} {:12} {}{mend}\n", finding.weight.symbol(), finding.check, finding.text))?;
    }
    let count = |weight| findings.iter().filter(|finding| finding.weight == weight).count();
    print(&format!(
        "\n{} block, {} warn, {} are good\n",
        count(Weight::Blocks),
        count(Weight::Warns),
        count(Weight::Good)
    ))
}
