//! The model itself: wires, units, what is told, what is durable.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use events::{Checkpoint, Event, Family, Level, Module, Resolution, Stamped, Target, Verdict};
use sim::Truth;

use super::divergence::{Divergence, Kind};
use super::window::{Armed, Proof, Window};
use super::wire::{Context, Wire};
use crate::record::DISK_FULL;

/// One unit as it was told.
#[derive(Debug)]
struct Unit {
    imei: Option<String>,
    target: Option<String>,
    /// Updates that the modules with its IMEI had finished when it was identified.
    updates_before: u32,
    /// Units are judged by their first verdict.
    verdict: Option<Verdict>,
    code: String,
}

/// How a unit ended, for the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitEnd {
    /// Its verdict; `None` when it has none.
    pub verdict: Option<Verdict>,
    /// Its fault's code, empty without one.
    pub code: String,
    /// It ended `unknown` or `failed`, it is the last unit of its IMEI, and a module with that IMEI runs the target.
    pub there_all_the_same: bool,
}

/// What the modules say of themselves, by their place in the list.
pub(crate) type Truths<'a> = &'a dyn Fn(usize) -> Truth;

/// The reference model of one rack.
#[derive(Debug)]
pub(crate) struct Model {
    targets: Vec<Target>,
    files: Vec<Bytes>,
    pub(crate) wires: Vec<Wire>,
    armed: BTreeMap<String, Option<Armed>>,
    units: BTreeMap<String, Unit>,
    order: Vec<String>,
    /// Attempts that a person has released, or that were resolved on record.
    settled: BTreeSet<String>,
    /// Modules of which a person has released the IMEI.
    pub(crate) released: BTreeSet<String>,
    pub(crate) divergences: Vec<Divergence>,
}

impl Model {
    /// Of a batch with these targets, whose files are `files`.
    pub(crate) fn new(targets: Vec<Target>, files: Vec<Bytes>) -> Self {
        Self {
            targets,
            files,
            wires: Vec::new(),
            armed: BTreeMap::new(),
            units: BTreeMap::new(),
            order: Vec::new(),
            settled: BTreeSet::new(),
            released: BTreeSet::new(),
            divergences: Vec::new(),
        }
    }

    /// One more module.
    pub(crate) fn module(&mut self, family: Family, imei: &str) {
        self.wires.push(Wire::new(family, imei.to_owned()));
    }

    /// Something was broken.
    pub(crate) fn diverge(&mut self, kind: Kind, at_ms: u64, text: String) {
        self.divergences.push(Divergence { kind, at_ms, text });
    }

    /// Bytes go to module `index`, which is in `slot`.
    pub(crate) fn sent(&mut self, index: usize, slot: &str, now_ms: u64, bytes: &[u8]) {
        self.take_for_its_twin(index);
        let wire = &mut self.wires[index];
        let armed = self.armed.entry(wire.imei.clone()).or_default();
        let mut context = Context { now_ms, files: &self.files, armed, slot };
        for (kind, text) in wire.sent(bytes, &mut context) {
            let text = format!("{slot}, IMEI {}: {text}", self.wires[index].imei);
            self.diverge(kind, now_ms, text);
        }
    }

    /// Who has not been asked since the controller is a new one may be anybody: a module that bears its IMEI is taken
    /// for it, and what that one says counts, until both have been asked.
    fn take_for_its_twin(&mut self, index: usize) {
        let twins: Vec<usize> = self.modules(&self.wires[index].imei).filter(|twin| *twin != index).collect();
        let window = |twin: &usize| self.wires[*twin].window.as_ref();
        if self.wires[index].window.is_none() {
            let unasked = twins.iter().filter_map(window).find(|window| window.unasked());
            self.wires[index].window = unasked.map(Window::of_its_twin);
        } else if self.wires[index].window.as_ref().is_some_and(|window| !window.twins()) {
            for twin in twins {
                self.wires[twin].window.take_if(|window| window.twins());
            }
        }
    }

    /// Module `index` is put into `slot`.
    pub(crate) fn put_in(&mut self, index: usize, slot: &str) {
        let others = self.wires.iter_mut().enumerate().filter(|(other, _)| *other != index);
        for window in others.filter_map(|(_, wire)| wire.window.as_mut()) {
            window.displaced(slot);
        }
    }

    /// Bytes come from module `index`.
    pub(crate) fn heard(&mut self, index: usize, now_ms: u64, bytes: &[u8]) {
        self.wires[index].heard(now_ms, bytes, self.files.len());
    }

    /// The controller is gone; what it had armed, no other one may use.
    pub(crate) fn crashed(&mut self) {
        self.armed.clear();
    }

    /// A new controller begins.
    pub(crate) fn restarted(&mut self, now_ms: u64) {
        for wire in &mut self.wires {
            wire.restarted(now_ms);
        }
    }

    /// An event is on disk.
    pub(crate) fn durable(&mut self, stamped: &Stamped) {
        if let Event::Checkpointed {
            unit, attempt, imei, from, to, checkpoint: Checkpoint::Trigger, ..
        } = &stamped.event
        {
            let (unit, attempt) = (unit.clone(), attempt.clone());
            let armed = Armed { unit, attempt, from: from.clone(), to: to.clone() };
            self.armed.insert(imei.to_string(), Some(armed));
        }
    }

    /// Something is told.
    pub(crate) fn told(&mut self, now_ms: u64, stamped: &Stamped, truths: Truths<'_>) {
        if let Event::UnitStarted { unit, module, .. } = &stamped.event {
            self.started(unit, module.as_ref(), truths);
        } else if let Event::Resolved { attempt, unit, imei, resolution, slot } = &stamped.event {
            let place = format!("{slot}, unit {unit}, IMEI {imei}");
            self.resolved(now_ms, attempt, imei.as_str(), *resolution, &place, truths);
        } else if let Event::AttemptEnded { attempt, .. } = &stamped.event {
            for armed in self.armed.values_mut() {
                armed.take_if(|armed| armed.attempt == *attempt);
            }
        } else if let Event::UnitEnded { unit, slot, verdict, fault, .. } = &stamped.event {
            let code = fault.as_ref().map(|fault| fault.code.to_string()).unwrap_or_default();
            self.ended(now_ms, unit, slot, (*verdict, &code), truths);
        } else if let Event::Note { slot, level: Level::Error, text } = &stamped.event
            && !text.contains(DISK_FULL)
        {
            let kind = if text.contains("PANIC") { Kind::Panic } else { Kind::ErrorNote };
            self.diverge(kind, now_ms, format!("{slot:?}: {text}"));
        }
    }

    fn started(&mut self, unit: &str, module: Option<&Module>, truths: Truths<'_>) {
        let imei = module.map(|module| module.imei.to_string());
        let updates_before = imei.as_ref().map_or(0, |imei| self.updates(imei, truths));
        let target = module.and_then(|module| self.target(&module.model));
        let (verdict, code) = (None, String::new());
        self.units.insert(unit.to_owned(), Unit { imei, target, updates_before, verdict, code });
        self.order.push(unit.to_owned());
    }

    fn target(&self, model: &str) -> Option<String> {
        let target = self.targets.iter().find(|target| target.model == model);
        target.map(|target| target.revision.clone())
    }

    fn modules<'a>(&'a self, imei: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.wires.len()).filter(move |index| self.wires[*index].imei == imei)
    }

    fn updates(&self, imei: &str, truths: Truths<'_>) -> u32 {
        self.modules(imei).map(|index| truths(index).updates_done).sum()
    }

    /// Whether a module that still has `imei` runs `revision`.
    fn runs(&self, imei: &str, revision: &str, truths: Truths<'_>) -> bool {
        self.modules(imei).map(truths).any(|truth| truth.imei_now == imei && runs(&truth, revision))
    }

    fn resolved(
        &mut self,
        now_ms: u64,
        attempt: &str,
        imei: &str,
        resolution: Resolution,
        place: &str,
        truths: Truths<'_>,
    ) {
        self.settled.insert(attempt.to_owned());
        let modules: Vec<usize> = self.modules(imei).collect();
        let mut windows = Vec::new();
        for index in modules {
            let window = self.wires[index].window.take_if(|window| window.attempt == attempt);
            windows.extend(window.map(|window| (index, window)));
        }
        if resolution == Resolution::Released {
            self.released.extend((!windows.is_empty()).then(|| imei.to_owned()));
            return;
        }
        let holds = |(index, window): &(usize, Window)| match resolution {
            Resolution::Target => {
                window.proof == Some(Proof::Target) && runs(&truths(*index), window.target())
            }
            Resolution::NotStarted => window.proof == Some(Proof::Rejected),
            Resolution::FailedBack | Resolution::QuietBack => {
                matches!(window.proof, Some(Proof::Rejected | Proof::FailedBack | Proof::QuietBack))
            }
            Resolution::Released => true,
        };
        if !windows.is_empty() && !windows.iter().any(holds) {
            let proofs: Vec<Option<Proof>> = windows.iter().map(|(_, window)| window.proof).collect();
            self.diverge(
                Kind::FalseResolution,
                now_ms,
                format!("{place}: {resolution:?}, the wire shows {proofs:?}"),
            );
        }
    }

    fn ended(
        &mut self,
        now_ms: u64,
        id: &str,
        slot: &str,
        (verdict, code): (Verdict, &str),
        truths: Truths<'_>,
    ) {
        let Some(unit) = self.units.get_mut(id) else {
            let text = format!("{slot}: a verdict for unit {id}, which was never told of");
            return self.diverge(Kind::UntruthfulRecord, now_ms, text);
        };
        if unit.verdict.is_none() {
            (unit.verdict, unit.code) = (Some(verdict), code.to_owned());
        }
        let (imei, target, before) = (unit.imei.clone(), unit.target.clone(), unit.updates_before);
        let place = format!("{slot}, unit {id}, IMEI {imei:?}");
        let Some(imei) = imei else {
            if verdict.good() {
                self.diverge(Kind::FalsePass, now_ms, format!("{place}: {verdict:?} without an IMEI"));
            }
            return;
        };
        if verdict.good() {
            let there = target.as_ref().is_some_and(|target| self.runs(&imei, target, truths));
            if !there {
                self.diverge(Kind::FalsePass, now_ms, format!("{place}: {verdict:?}, wanted {target:?}"));
            }
            return;
        }
        if matches!(verdict, Verdict::Aborted | Verdict::Refused) {
            let open = self.wires.iter().filter_map(|wire| wire.window.as_ref());
            let open = open.filter(|window| window.unit == id && window.proof.is_none()).count();
            let flashed = self.updates(&imei, truths) > before;
            if open > 0 || flashed {
                let text = format!("{place}: {verdict:?} {code}, {open} triggers open, flashed: {flashed}");
                self.diverge(Kind::UntruthfulRecord, now_ms, text);
            }
        }
    }

    /// What is left to judge when all is over. `held`: attempts whose triggers the record holds.
    pub(crate) fn conclude(
        &mut self,
        now_ms: u64,
        recorded: &BTreeMap<String, Option<Verdict>>,
        held: &BTreeSet<String>,
        truths: Truths<'_>,
    ) -> Vec<UnitEnd> {
        for (unit, verdict) in recorded.iter().filter(|(_, verdict)| verdict.is_none()) {
            self.diverge(Kind::UntruthfulRecord, now_ms, format!("unit {unit}: {verdict:?}"));
        }
        let open: Vec<(String, String)> = self
            .wires
            .iter()
            .filter_map(|wire| Some((wire.imei.clone(), wire.window.as_ref()?)))
            .filter(|(_, window)| window.proof.is_none() && !held.contains(&window.attempt))
            .map(|(imei, window)| (imei, window.attempt.clone()))
            .collect();
        for (imei, attempt) in open {
            self.diverge(Kind::ForgottenTrigger, now_ms, format!("IMEI {imei}, attempt {attempt}"));
        }
        for index in 0..self.wires.len() {
            let (truth, imei) = (truths(index), self.wires[index].imei.clone());
            if truth.triggers_while_updating > 0 && !self.released.contains(&imei) {
                let text = format!("IMEI {imei}: the module saw {} of them", truth.triggers_while_updating);
                self.diverge(Kind::DoubleTrigger, now_ms, text);
            }
        }
        let last: BTreeMap<&str, &String> =
            self.order.iter().filter_map(|id| Some((self.units[id].imei.as_deref()?, id))).collect();
        let ends = self.order.iter().filter(|id| recorded.contains_key(*id)).map(|id| {
            let unit = &self.units[id];
            let bad = matches!(unit.verdict, Some(Verdict::Failed | Verdict::Unknown));
            let there = |imei: &str, target: &str| {
                last.get(imei) == Some(&id) && self.modules(imei).all(|index| runs(&truths(index), target))
            };
            let there_all_the_same = match (&unit.imei, &unit.target) {
                (Some(imei), Some(target)) => bad && there(imei, target),
                _ => false,
            };
            UnitEnd { verdict: unit.verdict, code: unit.code.clone(), there_all_the_same }
        });
        ends.collect()
    }
}

/// Whether a module of this truth runs exactly `revision`: with a `_` suffix the whole is compared, without one the part
/// before it.
fn runs(truth: &Truth, revision: &str) -> bool {
    if revision.contains('_') {
        truth.revision == revision
    } else {
        truth.revision.split('_').next() == Some(revision)
    }
}
