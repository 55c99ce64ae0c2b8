//! What a seed stands for: a rack, its modules, the batch, and everything that happens to them.

use std::collections::BTreeMap;

use control::Policy;
use events::{Action, Delivery, Event, Family};
use sim::{Behaviour, ModuleSpec};

use crate::acts::Act;
use crate::chance::Chance;
use crate::stock::{LINES, Stocked, Way, for_batch, longer};

/// When the controller ends without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CrashAt {
    /// Never.
    Never,
    /// So many milliseconds after its start.
    Time(u64),
    /// With its nth trigger.
    Trigger(u32),
    /// With its nth durable checkpoint, before it learns of it.
    Checkpoint(u32),
    /// With its nth write to a port.
    Write(u32),
    /// With its nth event.
    Event(u32),
}

impl CrashAt {
    /// One more has happened; whether it was the last.
    pub(crate) fn count_down(&mut self) -> bool {
        match self {
            Self::Never | Self::Time(_) => false,
            Self::Trigger(left) | Self::Checkpoint(left) | Self::Write(left) | Self::Event(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
        }
    }
}

/// A module as it comes.
#[derive(Clone, Debug)]
pub(crate) struct Comer {
    pub(crate) spec: ModuleSpec,
    /// The slot it is in at the start.
    pub(crate) place: Option<usize>,
}

/// Something that happens as soon as an event of a kind is told.
#[derive(Clone, Debug)]
pub(crate) struct Cue {
    pub(crate) upon: fn(&Event) -> bool,
    pub(crate) after_ms: u64,
    pub(crate) act: Act,
}

/// Everything that a seed decides.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    /// For each slot, whether it is on USB.
    pub(crate) slots: Vec<bool>,
    /// Ways of delivery of a slot of its own.
    pub(crate) own_ways: BTreeMap<usize, Vec<Delivery>>,
    pub(crate) comers: Vec<Comer>,
    pub(crate) lines: Vec<usize>,
    pub(crate) packages: Vec<Stocked>,
    pub(crate) policy: Policy,
    pub(crate) in_flight: usize,
    pub(crate) per_hub: usize,
    pub(crate) stagger_ms: u64,
    pub(crate) apn: bool,
    pub(crate) root: bool,
    /// What happens, and how long after the start.
    pub(crate) acts: Vec<(u64, Act)>,
    /// What happens as soon as something is told: one after the other.
    pub(crate) cues: Vec<Cue>,
    /// How each run but the last ends.
    pub(crate) crashes: Vec<CrashAt>,
    /// Nothing goes wrong but the modules.
    pub(crate) healthy: bool,
}

/// The time in which people and the world act, milliseconds.
const BUSY_MS: u64 = 2 * 3_600_000;

impl Scenario {
    /// The one of `seed`, with so many slots.
    pub(crate) fn new(seed: u64, slots: usize) -> Self {
        let mut chance = Chance::new(seed, 1);
        let healthy = seed.is_multiple_of(4);
        let suffixed = chance.happens(250);
        let lines: Vec<usize> =
            (0..LINES.len()).filter(|line| *line != if suffixed { 4 } else { 5 }).collect();
        let ways: Vec<Way> =
            lines.iter().map(|_| if chance.happens(300) { Way::InTwo } else { Way::Direct }).collect();
        let packages =
            lines.iter().zip(&ways).flat_map(|(line, way)| for_batch(*line, *way)).collect::<Vec<_>>();
        let places: Vec<bool> = (0..slots).map(|_| !chance.happens(220)).collect();
        let policy = policy(&mut chance, healthy);
        let mut scenario = Self {
            seed,
            slots: places,
            own_ways: BTreeMap::new(),
            comers: Vec::new(),
            lines,
            packages,
            policy,
            in_flight: chance.pick(&[4, 16, 64, 64]),
            per_hub: chance.pick(&[2, 8, 64]),
            stagger_ms: chance.pick(&[0, 250, 1_000]),
            apn: chance.happens(700),
            root: chance.happens(500),
            acts: Vec::new(),
            cues: Vec::new(),
            crashes: Vec::new(),
            healthy,
        };
        scenario.people_the_rack(&mut chance);
        if !healthy {
            scenario.plan_trouble(&mut chance);
        }
        scenario
    }

    fn people_the_rack(&mut self, chance: &mut Chance) {
        for place in 0..self.slots.len() {
            if chance.happens(80) {
                let ways = delivery_ways(chance);
                self.own_ways.insert(place, ways);
            }
            if chance.happens(940) {
                let comer = self.comer(chance, Some(place));
                self.comers.push(comer);
            }
        }
        if !self.healthy {
            for _ in 0..self.slots.len() / 4 {
                let comer = self.comer(chance, None);
                self.comers.push(comer);
            }
        }
    }

    fn comer(&self, chance: &mut Chance, place: Option<usize>) -> Comer {
        let usb = place.map_or_else(|| !chance.happens(220), |place| self.slots[place]);
        let fitting: Vec<usize> = self
            .lines
            .iter()
            .copied()
            .filter(|line| (LINES[*line].family != Family::Sim7028) == usb)
            .collect();
        let number = chance.pick(&fitting);
        let line = &LINES[number];
        let revision = match chance.between(0, 99) {
            0..=4 => line.target.to_owned(),
            5..=7 => longer(line),
            8..=9 => line.between.to_owned(),
            10 => "9999X99UNKNOWN".to_owned(),
            _ => line.old.to_owned(),
        };
        let twin = self.comers.last().filter(|_| !self.healthy && chance.happens(8));
        let imei = twin.map_or_else(|| imei(self.seed, self.comers.len()), |twin| twin.spec.imei.clone());
        let imei = if chance.happens(5) { "000000000000000".to_owned() } else { imei };
        let (base, own) = revision
            .find('_')
            .map_or((revision.as_str(), None), |at| (&revision[..at], Some(revision[at..].to_owned())));
        let mut spec = ModuleSpec::new(line.family, line.model, &imei, base, chance.between(0, 1 << 40));
        spec.suffix = own.unwrap_or_else(|| line.suffix.to_owned());
        spec.preloaded = self.preloaded(number, &revision).filter(|_| chance.happens(900));
        spec.sim_card = !chance.happens(20);
        if chance.happens(20) {
            spec.network.csq = chance.pick(&[(99, 99), (4, 99), (255, 99)]);
        }
        let spec = spec.with(behaviours(chance, line.family));
        Comer { spec, place }
    }

    /// The package for a module with `revision`, as it may lie on it already.
    fn preloaded(&self, line: usize, revision: &str) -> Option<std::sync::Arc<[u8]>> {
        let model = LINES[line].model;
        let found = self
            .packages
            .iter()
            .find(|stocked| stocked.package.model == model && stocked.package.from == revision);
        found.map(|stocked| stocked.file.to_vec().into())
    }

    fn plan_trouble(&mut self, chance: &mut Chance) {
        for _ in 0..chance.between(0, self.slots.len() as u64 / 2) {
            let act = self.mishap(chance);
            self.acts.push((chance.between(0, BUSY_MS), act));
        }
        for _ in 0..chance.between(0, self.slots.len() as u64 / 4) {
            let at_ms = chance.between(0, BUSY_MS);
            let action = self.action(chance);
            if action == Action::Pause {
                self.acts.push((at_ms + chance.between(1_000, 900_000), Act::Wish(Action::Resume)));
            }
            self.acts.push((at_ms, Act::Wish(action)));
        }
        for _ in 0..chance.pick(&[0, 1, 1, 2, 3]) {
            let count = |chance: &mut Chance, most| u32::try_from(chance.between(1, most)).unwrap_or(1);
            let crash = match chance.between(0, 5) {
                0 => CrashAt::Trigger(count(chance, 12)),
                1 => CrashAt::Checkpoint(count(chance, 30)),
                2 => CrashAt::Write(count(chance, 6_000)),
                3 => CrashAt::Event(count(chance, 6_000)),
                _ => CrashAt::Time(chance.between(100, BUSY_MS)),
            };
            self.crashes.push(crash);
        }
    }

    fn mishap(&self, chance: &mut Chance) -> Act {
        let place = chance.index(self.slots.len());
        match chance.between(0, 19) {
            0..=4 => Act::Swap(place),
            5..=6 => Act::Exchange(place, chance.index(self.slots.len())),
            7 => Act::TakeOut(place),
            8..=9 => Act::CutPower(place),
            10..=12 => Act::ResetBus(place),
            13..=14 => Act::TakePort(place, chance.between(500, 60_000)),
            15..=16 => Act::FullDisk(chance.between(5_000, 600_000)),
            17..=18 => Act::SlowDisk(chance.between(50, 20_000), chance.between(5_000, 600_000)),
            _ => Act::ReleaseImei,
        }
    }

    fn action(&self, chance: &mut Chance) -> Action {
        let slot = label(chance.index(self.slots.len()));
        match chance.between(0, 19) {
            0..=1 => Action::Pause,
            2 => Action::Stop,
            3 => Action::Detach,
            4..=9 => Action::Retry { slot },
            10..=15 => Action::Abort { slot },
            16..=17 => Action::Quarantine { slot },
            _ => Action::Release { slot },
        }
    }
}

/// The label of a slot.
pub(crate) fn label(place: usize) -> String {
    format!("S{place:02}")
}

/// Fifteen digits with a right check digit.
pub(crate) fn imei(seed: u64, number: usize) -> String {
    let digits = format!("86{:06}{number:06}", seed % 1_000_000);
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 })
        .map(|digit| digit / 10 + digit % 10)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn delivery_ways(chance: &mut Chance) -> Vec<Delivery> {
    let mut ways = vec![chance.pick(&Delivery::ALL)];
    for _ in 0..chance.between(0, 4) {
        let way = chance.pick(&Delivery::ALL);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

fn policy(chance: &mut Chance, healthy: bool) -> Policy {
    let mut all = Delivery::ALL.to_vec();
    let mut delivery = Vec::new();
    while !all.is_empty() {
        delivery.push(all.remove(chance.index(all.len())));
    }
    if chance.happens(300) {
        delivery.truncate(2);
    }
    let mut policy =
        Policy { delivery, attempts: u32::try_from(chance.between(1, 3)).unwrap_or(1), ..Policy::default() };
    if healthy {
        return policy;
    }
    policy.continuous = chance.happens(300);
    policy.units = chance.happens(100).then(|| chance.index(32) + 1);
    policy.canary = chance.happens(250).then(|| chance.index(3) + 1);
    policy.stop_after_failures = chance.happens(150).then(|| chance.index(6) + 2);
    policy.stop_at_failure_rate = chance.happens(150).then_some(0.5);
    policy.stop_rate_after = 10;
    policy.quarantine_slot_after = chance.happens(300).then(|| chance.index(3) + 1);
    policy.retest_limit = chance.happens(300).then(|| chance.between(1, 4));
    policy
}

/// How a module of `family` misbehaves: often not at all.
fn behaviours(chance: &mut Chance, family: Family) -> Vec<Behaviour> {
    let fitting: Vec<Behaviour> =
        Behaviour::ALL.into_iter().filter(|behaviour| behaviour.applies_to(family)).collect();
    let count = chance.pick(&[0, 0, 1, 1, 1, 2, 3]);
    let mut shown = Vec::new();
    for _ in 0..count {
        let behaviour = chance.pick(&fitting);
        // Ten megabytes a second are a lot to compute.
        if behaviour != Behaviour::Flood || chance.happens(20) {
            shown.push(behaviour);
        }
    }
    shown
}
