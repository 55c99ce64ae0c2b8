//! The label wizard: plug one module after the other.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use bus::{Kind, PortPath, SlotLock, Topology};
use rig::{Places, Ports};

use super::file::SlotsFile;
use crate::cli::{Learn, Slots, SlotsCommand};
use crate::command::report::print;
use crate::command::run::runtime;
use crate::failure::{Failure, chain};

/// Longest label, in characters.
const LABEL: usize = 16;

pub(crate) fn run(slots: &Slots) -> Result<ExitCode, Failure> {
    let SlotsCommand::Learn(learn) = &slots.command;
    let mut file = SlotsFile::read(&learn.rack)?;
    for label in &learn.labels {
        check(&file, label).map_err(Failure::usage)?;
    }
    runtime()?.block_on(learn_all(learn, &mut file))?;
    Ok(ExitCode::SUCCESS)
}

async fn learn_all(learn: &Learn, file: &mut SlotsFile) -> Result<(), Failure> {
    let ports = Ports::watch(Places { all_ports: true, ..Places::default() }, SlotLock::folder()).await;
    let ports = ports.map_err(|error| Failure::environment(chain(&error)))?;
    let mut topology = ports.topology();
    let mut there = places(&topology);
    print(&format!(
        "{} slots are known, {} modules are plugged in now and are passed over.\n\
         Plug one module after the other; Enter takes the label that is offered, `done` or Ctrl-C ends.\n",
        file.known.len(),
        there.len()
    ))?;
    let mut labels = learn.labels.iter();
    loop {
        topology = ports.changed(&topology).await;
        let now = places(&topology);
        for port in now.difference(&there) {
            let given =
                if learn.labels.is_empty() { ask(file, *port).await? } else { labels.next().cloned() };
            let Some(label) = given else { return Ok(()) };
            note(file, &learn.rack, *port, &label)?;
        }
        there = now;
        if !learn.labels.is_empty() && labels.len() == 0 {
            return Ok(());
        }
    }
}

/// The physical ports with a settled module or bridge: its USB2 and USB3 sides are one place.
fn places(topology: &Arc<Topology>) -> BTreeSet<PortPath> {
    let modules = topology.modules.values();
    let fit = modules.filter(|module| module.settled && !matches!(module.kind, Kind::Foreign));
    fit.map(|module| topology.place(module.port)).collect()
}

/// Why `label` cannot be given.
fn check(file: &SlotsFile, label: &str) -> Result<(), String> {
    if label.chars().count() > LABEL || label.chars().any(char::is_control) {
        return Err(format!("label `{}`: at most {LABEL} printable characters", label.escape_debug()));
    }
    match file.known.iter().find(|(known, _)| known == label) {
        Some((_, place)) => Err(format!("label `{label}` is {place} already")),
        None => Ok(()),
    }
}

/// Asks for the label of what was plugged in; `None` when nothing more is to be learned.
async fn ask(file: &SlotsFile, port: PortPath) -> Result<Option<String>, Failure> {
    if let Some(label) = file.label_of(&port.to_string()) {
        print(&format!("{port} is {label} already\n"))?;
        return Ok(Some(String::new()));
    }
    let next = file.next_label();
    loop {
        print(&format!("{port}: label [{next}], - passes it over: "))?;
        let _flushed = std::io::stdout().flush();
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|count| (count > 0).then_some(line))
        });
        let line = line.await.map_err(std::io::Error::other).and_then(|read| read);
        let Some(line) = line.map_err(|error| Failure::environment(error.to_string()))? else {
            return Ok(None);
        };
        let label = match line.trim() {
            "" => next.clone(),
            "-" => return Ok(Some(String::new())),
            "done" => return Ok(None),
            label => label.to_owned(),
        };
        match check(file, &label) {
            Ok(()) => return Ok(Some(label)),
            Err(why) => print(&format!("{why}\n"))?,
        }
    }
}

fn note(file: &mut SlotsFile, path: &Path, port: PortPath, label: &str) -> Result<(), Failure> {
    if label.is_empty() {
        return Ok(());
    }
    file.add(label, &port.to_string());
    file.write(path)?;
    print(&format!("{port} is {label}: written to {}\n", path.display()))
}
