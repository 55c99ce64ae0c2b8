//! `fotarig demo`: a simulated rack in this process, run exactly as a real one, its own truth compared at the end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use events::{UnitReport, Verdict};
use sim::{Rack, Truth};

use crate::cli::{Demo, Files};
use crate::command::report::print;
use crate::command::run::{exit_code, runtime};
use crate::failure::{Failure, chain};
use crate::parts::{Extent, Job};
use crate::scenario::{BATCH, Scenario};
use crate::watch::flash;

pub(crate) fn run(demo: &Demo) -> Result<ExitCode, Failure> {
    let folder = Folder::new(demo.keep.as_deref())?;
    let scenario = Scenario::new(&demo.simulated)?;
    scenario.write(&folder.path)?;
    let (rack, batch) = (folder.path.join("rack.toml"), folder.path.join("batch.toml"));
    let speed = demo.simulated.speed;
    runtime()?.block_on(async {
        let started = Rack::start(&folder.path.join("ports"), scenario.modules, speed);
        let rack_of_modules = started.map_err(|error| Failure::environment(chain(&error)))?;
        let job = Job::load(&Files { rack, batch })?;
        let ears = job.ears(speed);
        let ledger = ears.ledger.clone();
        let parts = job.into_parts(Extent::default(), speed)?;
        let summary = flash(parts, ears, &demo.watching).await?;
        let truths = rack_of_modules.truths();
        rack_of_modules.stop().await;
        let events = ledger::Reader::open(&ledger)?.events_of_batch(BATCH)?;
        let comparison = Comparison::new(&events::Report::of(&events), &truths);
        print(&format!("{comparison}\n"))?;
        if demo.keep.is_some() {
            print(&format!("more: fotarig report {BATCH} --ledger {}\n", ledger.display()))?;
        }
        if comparison.lies() {
            return Err(Failure::environment(
                "the record contradicts what really happened: this is a defect of fotarig",
            )
            .hint("run it again with the same --seed and --keep DIR, and report it with the ledger"));
        }
        Ok(exit_code(&summary))
    })
}

/// Where the demonstration keeps its files; removed at the end unless it was asked for.
struct Folder {
    path: PathBuf,
    remove: bool,
}

impl Folder {
    fn new(keep: Option<&Path>) -> Result<Self, Failure> {
        let path = keep.map_or_else(
            || std::env::temp_dir().join(format!("fotarig-demo-{}", std::process::id())),
            Path::to_path_buf,
        );
        if keep.is_some() && path.join("fotarig.sqlite").exists() {
            let message = format!("{} has the ledger of an earlier demonstration", path.display());
            return Err(Failure::usage(message).hint("name another folder for --keep, or remove it"));
        }
        let refused = |error| Failure::environment(format!("cannot create {}: {error}", path.display()));
        std::fs::create_dir_all(&path).map_err(refused)?;
        let path = path.canonicalize().map_err(refused)?;
        Ok(Self { path, remove: keep.is_none() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.remove {
            // Left-overs in the temporary folder are a nuisance, no fault.
            let _left = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The record beside what the modules know of themselves.
struct Comparison {
    modules: usize,
    at_target: usize,
    false_passes: Vec<String>,
    double_triggers: Vec<String>,
    missed: Vec<String>,
}

impl Comparison {
    fn new(report: &events::Report, truths: &[Truth]) -> Self {
        let mut all = Self {
            modules: truths.len(),
            at_target: 0,
            false_passes: Vec::new(),
            double_triggers: Vec::new(),
            missed: Vec::new(),
        };
        for truth in truths {
            all.take(report.units.iter().rev().find(|unit| unit.slot == truth.label), truth);
        }
        all
    }

    fn take(&mut self, unit: Option<&UnitReport>, truth: &Truth) {
        let target = Scenario::target(&truth.model);
        let revision = truth.revision.split('_').next().unwrap_or_default();
        let reached = revision == target;
        self.at_target += usize::from(reached);
        let verdict = unit.and_then(|unit| unit.resolved_later.or(unit.verdict));
        let good = verdict.is_some_and(Verdict::good);
        if good && !reached {
            self.false_passes.push(truth.label.clone());
        }
        if truth.triggers_while_updating > 0 {
            self.double_triggers.push(truth.label.clone());
        }
        if reached && !good {
            let verdict = verdict.map_or("open", Verdict::name);
            self.missed.push(format!("{} ({verdict})", truth.label));
        }
    }

    fn lies(&self) -> bool {
        !self.false_passes.is_empty() || !self.double_triggers.is_empty()
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |labels: &[String]| match labels {
            [] => "0".to_owned(),
            labels => format!("{}: {}", labels.len(), labels.join(", ")),
        };
        write!(
            f,
            "the modules' own truth: {} of {} run their target; passed wrongly {}; triggered during an update {}; \
             at the target but not proved {}",
            self.at_target,
            self.modules,
            list(&self.false_passes),
            list(&self.double_triggers),
            list(&self.missed)
        )
    }
}
