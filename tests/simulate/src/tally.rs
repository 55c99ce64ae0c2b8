//! What many racks' lives add up to, and the table that shows it.

use std::collections::BTreeMap;
use std::fmt;

use events::{Family, Verdict};
use sim::Behaviour;

use crate::life::{Life, Went};
use crate::model::{Divergence, Kind};

/// Divergences that are told in full.
const TOLD: usize = 20;

/// Sums over racks.
#[derive(Debug, Default)]
pub struct Tally {
    /// Racks.
    pub racks: u64,
    runs: u64,
    modules: u64,
    triggers: u64,
    transfers: u64,
    downloads: u64,
    simulated_ms: u128,
    shown: BTreeMap<Behaviour, u64>,
    divergences: BTreeMap<Kind, u64>,
    verdicts: BTreeMap<Verdict, u64>,
    /// How many units ended so although the module did reach its target, and the first seed with one.
    there_all_the_same: BTreeMap<(Verdict, String), (u64, u64)>,
    units: u64,
    /// Slots of each rack, to replay it.
    slots: usize,
    /// Seeds that diverge, with the first ones' divergences.
    pub bad: Vec<(u64, Vec<Divergence>)>,
}

impl Tally {
    /// Of racks with so many slots.
    pub fn new(slots: usize) -> Self {
        Self { slots, ..Self::default() }
    }

    /// One more rack.
    pub fn add(&mut self, seed: u64, life: &Life) {
        self.racks += 1;
        self.runs += life.runs as u64;
        self.modules += life.modules.len() as u64;
        self.simulated_ms += u128::from(life.lasted_ms);
        for went in &life.modules {
            let [_, transfers, triggers, downloads] = went.counts;
            self.transfers += u64::from(transfers);
            self.triggers += u64::from(triggers);
            self.downloads += u64::from(downloads);
            for behaviour in went.behaviours.iter().filter(|behaviour| shows(**behaviour, went)) {
                *self.shown.entry(*behaviour).or_default() += 1;
            }
        }
        for unit in &life.units {
            self.units += 1;
            let Some(verdict) = unit.verdict else { continue };
            *self.verdicts.entry(verdict).or_default() += 1;
            if unit.there_all_the_same {
                let class = self.there_all_the_same.entry((verdict, unit.code.clone())).or_insert((0, seed));
                class.0 += 1;
            }
        }
        for divergence in &life.divergences {
            *self.divergences.entry(divergence.kind).or_default() += 1;
        }
        if !life.divergences.is_empty() {
            self.bad.push((seed, life.divergences.clone()));
        }
    }

    /// A rack whose life ended in a panic outside of the controller.
    pub fn add_panic(&mut self, seed: u64, text: String) {
        self.racks += 1;
        *self.divergences.entry(Kind::Panic).or_default() += 1;
        self.bad.push((seed, vec![Divergence { kind: Kind::Panic, at_ms: 0, text }]));
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        self.racks += other.racks;
        self.runs += other.runs;
        self.modules += other.modules;
        self.triggers += other.triggers;
        self.transfers += other.transfers;
        self.downloads += other.downloads;
        self.simulated_ms += other.simulated_ms;
        self.units += other.units;
        add_up(&mut self.shown, other.shown);
        add_up(&mut self.divergences, other.divergences);
        add_up(&mut self.verdicts, other.verdicts);
        for (class, (count, seed)) in other.there_all_the_same {
            let ours = self.there_all_the_same.entry(class).or_insert((0, seed));
            *ours = (ours.0 + count, ours.1.min(seed));
        }
        self.bad.extend(other.bad);
        self.bad.sort_by_key(|(seed, _)| *seed);
    }

    /// Simulated time, seconds.
    pub fn simulated_s(&self) -> u128 {
        self.simulated_ms / 1000
    }
}

fn add_up<K: Ord>(sum: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *sum.entry(key).or_default() += count;
    }
}

/// Whether the module came to where `behaviour` shows.
fn shows(behaviour: Behaviour, went: &Went) -> bool {
    use Behaviour as B;
    let [commands, transfers, triggers, downloads] = went.counts;
    match behaviour {
        B::EndOfFile
        | B::StubbornEcho
        | B::ErrorSpellings
        | B::FsHeld
        | B::StalePackage
        | B::SameSerial
        | B::Asleep
        | B::SecondWriter
        | B::Mute
        | B::Flood
        | B::UrcsElsewhere => commands > 0,
        B::UploadTrouble | B::DownloadThenError | B::BlockInDoubt | B::Overrun => transfers > 0,
        B::ShortDownload => downloads > 0,
        B::FileSystemFull => transfers > 0 || downloads > 0,
        B::LateDownloadError | B::NoProgress => {
            let simcom = matches!(went.family, Family::Sim7000 | Family::Sim7080);
            if simcom { commands > 20 && downloads == 0 } else { triggers > 0 && downloads == 0 }
        }
        B::OtherProduct => went.truth.updates_done > 0,
        B::PortDropsBeforeOk
        | B::OtherNumber
        | B::MoreReenumerations
        | B::StartLost
        | B::EndLost
        | B::SilentRecovery
        | B::Repeats
        | B::ChecksFailFirst
        | B::FiveFailures
        | B::RetriesForEver
        | B::NeverHundred
        | B::PercentSpellings
        | B::JoinedAndSplit
        | B::UnrelatedUrcs
        | B::ResetUnanswered
        | B::TwoStatuses
        | B::LoaderGarbage
        | B::PowerCut
        | B::DeltaRejected
        | B::OldVersionStays
        | B::VersionNotReady
        | B::EmergencyDownload
        | B::ComesAndGoes
        | B::ImeiLost
        | B::Unplugged => triggers > 0,
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.simulated_s() / 3600;
        writeln!(f, "{:>10}  racks", self.racks)?;
        writeln!(f, "{:>10}  controllers started (crashes and new runs)", self.runs)?;
        writeln!(f, "{:>10}  modules", self.modules)?;
        writeln!(f, "{:>10}  units", self.units)?;
        for (verdict, count) in &self.verdicts {
            writeln!(f, "{count:>10}    {}", verdict.name())?;
        }
        writeln!(f, "{:>10}  triggers", self.triggers)?;
        writeln!(f, "{:>10}  data modes", self.transfers)?;
        writeln!(f, "{:>10}  downloads", self.downloads)?;
        writeln!(f, "{hours:>10}  hours of simulated time")?;
        writeln!(f)?;
        for kind in Kind::ALL {
            let count = self.divergences.get(&kind).copied().unwrap_or_default();
            writeln!(f, "{count:>10}  {}", kind.name())?;
        }
        writeln!(f, "\nunits that ended otherwise although the module did reach its target")?;
        for ((verdict, code), (count, seed)) in &self.there_all_the_same {
            writeln!(f, "{count:>10}  {} {code}, as with seed {seed}", verdict.name())?;
        }
        writeln!(f, "\nbehaviours, by modules that came to where they show")?;
        for behaviour in Behaviour::ALL {
            let count = self.shown.get(&behaviour).copied().unwrap_or_default();
            writeln!(f, "{count:>10}  {behaviour}")?;
        }
        for (seed, divergences) in self.bad.iter().take(TOLD) {
            writeln!(f, "\nseed {seed}: replay with `make simulate SEED={seed} SLOTS={}`", self.slots)?;
            for divergence in divergences.iter().take(5) {
                writeln!(f, "  {divergence}")?;
            }
        }
        if self.bad.len() > TOLD {
            writeln!(f, "\nand {} more seeds", self.bad.len() - TOLD)?;
        }
        Ok(())
    }
}
