//! A rack's life from the first run to the last: runs, crashes, what is concluded at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use control::{Clock, FamilySettings, History, Limits, Setup, SlotSetup};
use events::{Action, Delivery, Event, Family, Report, Stamped};
use families::{Network, Preloaded, default_settings};
use sim::Truth;
use tokio::time::sleep;

use crate::acts::Act;
use crate::bus::Bus;
use crate::chance::Chance;
use crate::host::{Host, Hosted};
use crate::log::Log;
use crate::model::{Divergence, Kind, Model, UnitEnd};
use crate::place::Place;
use crate::rack::Rack;
use crate::record::Ledger;
use crate::scenario::{CrashAt, Scenario, label};
use crate::stock::target;
use crate::world::World;

/// The batch of every rack.
pub const BATCH: &str = "simulated";
/// No run lasts longer, milliseconds.
const ENDLESS_MS: u64 = 72 * 3_600_000;
/// After so long the operators of a run in the end only let it end, milliseconds.
const WORK_MS: u64 = 3 * 3_600_000;

/// What one module went through.
#[derive(Clone, Debug)]
pub struct Went {
    /// Its behaviours.
    pub behaviours: Vec<sim::Behaviour>,
    /// Its family.
    pub family: Family,
    /// What it knows of itself.
    pub truth: Truth,
    /// Commands, transfers through the port, triggers, downloads.
    pub counts: [u32; 4],
}

/// What a rack's life brought.
#[derive(Debug)]
pub struct Life {
    /// Rules that were broken.
    pub divergences: Vec<Divergence>,
    /// How each unit ended.
    pub units: Vec<UnitEnd>,
    /// The modules.
    pub modules: Vec<Went>,
    /// How long it was, milliseconds.
    pub lasted_ms: u64,
    /// Controllers that ran.
    pub runs: usize,
    /// What happened, if it was wanted.
    pub log: Vec<String>,
    /// What is on record.
    pub record: Vec<Arc<Stamped>>,
    /// The history that the record gives.
    pub history: History,
}

/// The life of the rack of `seed` with so many slots, on a virtual clock of its own.
///
/// # Errors
/// When there is no runtime.
pub fn live(seed: u64, slots: usize, logged: bool) -> std::io::Result<Life> {
    play(Scenario::new(seed, slots), logged)
}

/// The life that `scenario` gives.
pub(crate) fn play(scenario: Scenario, logged: bool) -> std::io::Result<Life> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(whole(scenario, logged)))
}

async fn whole(scenario: Scenario, logged: bool) -> Life {
    let world = World::new(furnish(&scenario, logged));
    let living = tokio::spawn(world.clone().live());
    let mut runs = 0;
    let mut crashes = scenario.crashes.iter();
    loop {
        runs += 1;
        let crash_at = crashes.next();
        let ended = run(&world, &scenario, crash_at.cloned().unwrap_or(CrashAt::Never)).await;
        // A controller that ended before its crash leaves the rest to the next one, which has none.
        if !ended || crash_at.is_none() {
            break;
        }
        let pause_ms = world.lock().chance.between(500, 900_000);
        sleep(Duration::from_millis(pause_ms)).await;
    }
    written(&world).await;
    living.abort();
    conclude(&world, runs)
}

/// The rack with its modules, and what will happen to them.
fn furnish(scenario: &Scenario, logged: bool) -> Rack {
    let mut chance = Chance::new(scenario.seed, 2);
    let place = |(index, usb): (usize, &bool)| {
        let hub = usb.then(|| format!("1-{}", index / 8 + 1));
        let stays = hub.is_none() && index % 2 == 1;
        Place { stays, ..Place::new(label(index), hub, 115_200) }
    };
    let places = scenario.slots.iter().enumerate().map(place).collect();
    let root = scenario.root.then(|| Bytes::from(vec![b'R'; 1_837]));
    let files: BTreeMap<String, Bytes> = scenario
        .packages
        .iter()
        .map(|stocked| (stocked.package.sha256.clone(), stocked.file.clone()))
        .collect();
    let known = files.values().cloned().chain(root.clone()).collect();
    let mut ways = vec![Delivery::Http, Delivery::Https, Delivery::Ftp];
    if chance.happens(200) {
        ways.remove(chance.index(3));
    }
    let model = Model::new(scenario.lines.iter().map(|line| target(*line)).collect(), known);
    let hosted = Hosted { files, root, ways, ..Hosted::default() };
    let mut rack = Rack::new(places, hosted, model, chance, Log::new(logged));
    for comer in &scenario.comers {
        rack.add(comer.spec.clone(), comer.place);
    }
    rack.faulty = !scenario.healthy;
    rack.cues = scenario.cues.clone().into();
    for (after_ms, act) in &scenario.acts {
        rack.plan(*after_ms, act.clone());
    }
    rack
}

/// One controller, from its start to its end; `false` when it has no end.
async fn run(world: &Arc<World>, scenario: &Scenario, crash_at: CrashAt) -> bool {
    let (setup, crash) = {
        let mut rack = world.lock();
        rack.crashed = false;
        let now_ms = rack.now_ms;
        rack.model.restarted(now_ms);
        if let CrashAt::Time(ms) = crash_at {
            rack.plan(ms, Act::Crash);
        }
        rack.plan(WORK_MS, Act::Wish(Action::Resume));
        if scenario.policy.continuous {
            rack.plan(WORK_MS, Act::Wish(Action::Stop));
        }
        rack.crash_at = crash_at;
        (setup(scenario, History::of(rack.record.on_record())), rack.crash.clone())
    };
    let bus: Arc<dyn control::Bus> = Arc::new(Bus(world.clone()));
    let host: Arc<dyn control::Host> = Arc::new(Host(world.clone()));
    let ledger = Arc::new(Ledger(world.clone()));
    let (controller, wishes) = control::start(setup, &bus, &host, ledger, Clock::new(1.0));
    world.lock().wishes = Some(wishes);
    world.changed();
    let mut running = tokio::spawn(controller.run());
    let ended = tokio::select! {
        biased;
        () = crash.notified() => None,
        ended = &mut running => Some(ended.map(|_| ()).map_err(|error| error.to_string())),
        () = sleep(Duration::from_millis(ENDLESS_MS)) => Some(Err("72 h have passed".to_owned())),
    };
    after(world, running, ended).await
}

/// What is left when a controller is gone.
async fn after<T>(
    world: &Arc<World>,
    running: tokio::task::JoinHandle<T>,
    ended: Option<Result<(), String>>,
) -> bool {
    let crashed = ended.is_none();
    world.lock().crashed = true;
    running.abort();
    drop(running);
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    let mut rack = world.lock();
    let now_ms = rack.now_ms;
    rack.wishes = None;
    // A crash that was planned for it is not one for the next.
    rack.acts.retain(|_, act| !matches!(act, Act::Crash));
    rack.crash_at = CrashAt::Never;
    rack.log.note(now_ms, "-", &format!("the controller ended: {ended:?}"));
    if crashed {
        let waits = rack.record.waits();
        let kept = rack.chance.index(waits + 1);
        rack.record.crash(kept);
        rack.model.crashed();
        if rack.faulty && rack.chance.happens(100) {
            rack.move_a_triggered_module();
        }
    }
    let circle = rack.model.divergences.iter().any(|divergence| divergence.kind == Kind::Endless);
    if let Some(Err(why)) = ended {
        rack.model.diverge(Kind::Endless, now_ms, why);
        return false;
    }
    // What it had told before it ended by itself is still being written.
    rack.crashed = crashed;
    !circle
}

/// Waits until the last events are on disk.
async fn written(world: &Arc<World>) {
    world.lock().record.full_until_ms = 0;
    world.lock().crashed = false;
    for _ in 0..100 {
        if world.lock().record.waits() == 0 {
            return;
        }
        world.changed();
        sleep(Duration::from_secs(30)).await;
    }
}

fn setup(scenario: &Scenario, history: History) -> Setup {
    let network = if scenario.apn {
        let text = |text: &str| Some(text.to_owned());
        Network { apn: text("iot.example"), user: text("user"), password: text("secret") }
    } else {
        Network::default()
    };
    let slot = |(place, usb): (usize, &bool)| SlotSetup {
        label: label(place),
        usb: *usb,
        baud: if !usb && place % 3 == 0 { vec![9_600, 115_200] } else { vec![115_200] },
        network: network.clone(),
        delivery: scenario.own_ways.get(&place).cloned(),
    };
    let preloaded = Preloaded { name: "update.zip".to_owned(), trusted: true };
    let packages: Vec<_> = scenario.packages.iter().map(|stocked| stocked.package.clone()).collect();
    let family = |family: Family| {
        let settings = default_settings(family);
        (family, FamilySettings { settings, aliases: BTreeMap::new() })
    };
    Setup {
        run: control::new_id(),
        rack: "in-memory".to_owned(),
        batch: BATCH.to_owned(),
        lot: None,
        operator: None,
        version: "simulated".to_owned(),
        slots: scenario.slots.iter().enumerate().map(slot).collect(),
        columns: None,
        places: Vec::new(),
        unlabelled: None,
        vitals_every: None,
        targets: scenario.lines.iter().map(|line| target(*line)).collect(),
        preloaded: packages.iter().map(|package| (package.sha256.clone(), preloaded.clone())).collect(),
        packages,
        policy: scenario.policy.clone(),
        limits: Limits {
            in_flight: scenario.in_flight,
            per_hub: scenario.per_hub,
            stagger_ms: scenario.stagger_ms,
        },
        families: Family::ALL.into_iter().map(family).collect(),
        history,
    }
}

fn conclude(world: &Arc<World>, runs: usize) -> Life {
    let mut rack = world.lock();
    let truths: Vec<Truth> = (0..rack.modules.len()).map(|index| rack.truth(index)).collect();
    let on_record = rack.record.on_record();
    let report = Report::of(&on_record.batch);
    let recorded = report.units.iter().map(|unit| (unit.unit.clone(), unit.verdict)).collect();
    let held: BTreeSet<String> = on_record
        .open_triggers
        .iter()
        .filter_map(|stamped| {
            if let Event::Checkpointed { attempt, .. } = &stamped.event {
                Some(attempt.clone())
            } else {
                None
            }
        })
        .collect();
    let now_ms = rack.now_ms;
    let units = rack.model.conclude(now_ms, &recorded, &held, &|index| truths[index].clone());
    let went = |(index, truth): (usize, &Truth)| {
        let (unit, wire) = (&rack.modules[index], &rack.model.wires[index]);
        Went {
            behaviours: unit.module.spec().behaviours.iter().copied().collect(),
            family: wire.family,
            truth: truth.clone(),
            counts: [wire.commands, wire.transfers, wire.triggers, unit.fetches],
        }
    };
    let modules = truths.iter().enumerate().map(went).collect();
    Life {
        divergences: std::mem::take(&mut rack.model.divergences),
        units,
        modules,
        lasted_ms: now_ms,
        runs,
        log: std::mem::take(&mut rack.log).into_lines(),
        record: std::mem::take(&mut rack.record.durable),
        history: History::of(on_record),
    }
}
