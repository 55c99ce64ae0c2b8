//! Every plan against the simulated module, in memory, over seeds and misbehaviours: what may be concluded, what may be
//! sent, what may not.

use events::{Checkpoint, Delivery, Family};
use families::{Job, Procedures};
use procedure::{End, Input, Machine};
use sim::{Behaviour, ModuleSpec, Random};

use crate::bench::{Bench, specimen};
use crate::job;

/// Seeds for each cell of the matrix; more by `FOTARIG_SEEDS`.
const SEEDS: u64 = 100;

/// Commands that may be sent past the point of no return, by `families.md`.
const PROBES: [&str; 10] =
    ["AT", "ATE0", "ATI", "AT+CGMM", "AT+CGSN", "AT+GMR", "AT+CGMR", "AT+QGMR", "AT+CFOTA?", "AT+LFOTA?"];

fn cells() -> Vec<(&'static dyn Procedures, Delivery)> {
    families::ALL
        .into_iter()
        .flat_map(|procedures| procedures.deliveries().iter().map(move |delivery| (procedures, *delivery)))
        .collect()
}

/// The cells that work with every module.
fn certain_cells() -> Vec<(&'static dyn Procedures, Delivery)> {
    let uncertain = |of: &&dyn Procedures, delivery: &Delivery| {
        of.family() == Family::Bg96 && *delivery == Delivery::Serial
    };
    cells().into_iter().filter(|(of, delivery)| !uncertain(of, delivery)).collect()
}

/// Identifies, surveys and flashes, as the executor does. Tells how the flashing ended.
fn flash(
    bench: &mut Bench,
    procedures: &dyn Procedures,
    job: &mut Job,
    cancel_ms: Option<u64>,
) -> Option<End> {
    let found = bench.run(families::identify_plan((*job.identify).clone()), |_| Ok(()), None);
    job.module = found.identity?.module()?;
    if job.module.runs(&job.package.to) {
        return None;
    }
    let survey = bench.run(procedures.survey(5_000, job.delivery), |_| Ok(()), None);
    if survey.end != End::Completed {
        return Some(survey.end);
    }
    job.facts = survey.facts;
    let Ok(plan) = procedures.plan(job) else {
        // C30: not every BG96 shows that its /fota can be written through the port.
        assert_eq!((job.package.family, job.delivery), (Family::Bg96, Delivery::Serial));
        return Some(End::Cancelled);
    };
    Some(bench.run(plan, |_| Ok(()), cancel_ms.map(|ms| bench.now_ms + ms)).end)
}

/// Module and job of one cell.
fn cell(family: Family, delivery: Delivery, seed: u64) -> (ModuleSpec, Vec<u8>, &'static str, Job) {
    let (mut spec, file, to) = specimen(family, seed);
    let mut job = job::job(family, delivery, &[]);
    job.usb = false;
    job.package.size = file.len() as u64;
    job.file = file.clone().into();
    if delivery == Delivery::Preloaded {
        spec.preloaded = Some(file.clone().into());
    }
    (spec, file, to, job)
}

/// One module of one cell, taken to its end with retries; what must hold is checked on the way.
fn one(procedures: &dyn Procedures, delivery: Delivery, seed: u64, behaviours: &[Behaviour]) -> Option<End> {
    let family = procedures.family();
    let (spec, file, to, mut job) = cell(family, delivery, seed);
    let mut bench = Bench::new(spec.with(behaviours.iter().copied()), file, seed);
    let context = format!("{family} by {delivery}, seed {seed}, {behaviours:?}");
    let mut end = None;
    for _ in 0..3 {
        let (triggers_before, recorded_before) = (bench.module.truth().triggers, bench.recorded.len());
        end = flash(&mut bench, procedures, &mut job, None);
        let truth = bench.module.truth();
        let triggered = truth.triggers - triggers_before;
        let recorded = bench.recorded[recorded_before..].contains(&Checkpoint::Trigger);
        assert!(triggered <= 1 && (triggered == 0 || recorded), "{context}: {truth:?}");
        if end == Some(End::Reached) {
            let right = truth.imei_now == truth.imei && truth.revision.starts_with(to);
            assert!(right, "passed wrongly: {context}: {truth:?}");
        }
        if matches!(end, None | Some(End::Reached | End::Unresolved(_) | End::Cancelled)) {
            break;
        }
    }
    let truth = bench.module.truth();
    assert_eq!(truth.triggers_while_updating, 0, "{context}: {truth:?} {end:?}");
    // A module that loses bytes by itself has a corrupt file without our doing.
    let loses = behaviours.contains(&Behaviour::Overrun);
    assert!(loses || truth.corrupt_files == 0, "foreign bytes in data mode: {context}: {truth:?}");
    let foreign: Vec<&String> = bench.past_no_return.iter().filter(|line| !allowed(line)).collect();
    assert!(foreign.is_empty(), "past the point of no return: {context}: {foreign:?}");
    end
}

/// A probe, or the trigger itself with what belongs to it.
fn allowed(line: &str) -> bool {
    let trigger = ["AT+CFOTA=", "AT+QFOTADL=", "AT+LFOTA=1,", "AT+QCRST"];
    PROBES.contains(&line) || trigger.iter().any(|start| line.starts_with(start))
}

fn seeds() -> u64 {
    std::env::var("FOTARIG_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS)
}

/// The module showed no way into `/fota`, or refused the one it showed (C30).
fn refused(end: Option<&End>) -> bool {
    match end {
        Some(End::Cancelled) => true,
        Some(End::Failed { fault, .. }) => fault.code.what == events::What::Unsupported,
        None | Some(End::Completed | End::Reached | End::Unresolved(_)) => false,
    }
}

#[test]
fn every_cell_passes_with_a_module_that_behaves() {
    for (procedures, delivery) in cells() {
        for seed in 0..seeds() {
            let end = one(procedures, delivery, seed, &[]);
            let unfit =
                procedures.family() == Family::Bg96 && delivery == Delivery::Serial && refused(end.as_ref());
            assert!(
                end == Some(End::Reached) || unfit,
                "{} by {delivery}, seed {seed}: {end:?}",
                procedures.family()
            );
        }
    }
}

#[test]
fn nothing_is_concluded_or_sent_that_may_not_be_whatever_the_module_does() {
    let endless = [Behaviour::Flood];
    let mut ends = std::collections::BTreeMap::new();
    for (procedures, delivery) in cells() {
        let family = procedures.family();
        let fitting: Vec<Behaviour> = Behaviour::ALL
            .into_iter()
            .filter(|behaviour| behaviour.applies_to(family) && !endless.contains(behaviour))
            .collect();
        for seed in 0..seeds() {
            let mut random = Random::new(seed);
            let mut pick = || fitting[usize::try_from(random.between(0, fitting.len() as u64 - 1)).unwrap()];
            let behaviours = if seed % 2 == 0 { vec![pick()] } else { vec![pick(), pick()] };
            let end = one(procedures, delivery, seed, &behaviours);
            let name = match end {
                None => "already",
                Some(End::Reached) => "reached",
                Some(End::Failed { .. }) => "failed",
                Some(End::Unresolved(_)) => "unresolved",
                Some(End::Completed | End::Cancelled) => "other",
            };
            *ends.entry((family, delivery, name)).or_insert(0u32) += 1;
        }
    }
    for ((family, delivery, end), count) in ends {
        println!("{family} by {delivery}: {count} {end}");
    }
}

#[test]
fn through_the_port_and_preloaded_no_sim_card_is_wanted() {
    for (procedures, delivery) in certain_cells().into_iter().filter(|(_, delivery)| !delivery.over_the_air())
    {
        let (mut spec, file, _, mut job) = cell(procedures.family(), delivery, 2);
        spec.sim_card = false;
        let end = flash(&mut Bench::new(spec, file, 2), procedures, &mut job, None);
        assert_eq!(end, Some(End::Reached), "{} by {delivery}", procedures.family());
    }
}

#[test]
fn a_failed_record_refuses_the_trigger() {
    for (procedures, delivery) in certain_cells() {
        let (spec, file, _, job) = cell(procedures.family(), delivery, 1);
        let mut bench = Bench::new(spec, file, 1);
        let record = |checkpoint: &Checkpoint| match checkpoint {
            Checkpoint::Trigger => Err("disk full".to_owned()),
            Checkpoint::DataMode { .. } | Checkpoint::DataModeOver => Ok(()),
        };
        let plan = procedures.plan(&job).unwrap();
        let end = bench.run(plan, record, None).end;
        let End::Failed { fault, resolution: None } = end else { panic!("{end:?}") };
        assert_eq!(fault.code.to_string(), "E-TRIGGER-RECORD");
        assert_eq!(bench.module.truth().triggers, 0);
        assert!(bench.past_no_return.is_empty());
    }
}

#[test]
fn a_failed_record_of_data_mode_sends_no_byte_of_the_file() {
    for family in [Family::Sim7000, Family::Sim7080, Family::Sim7028, Family::Ag35] {
        let procedures = families::of(family).unwrap();
        let (spec, file, _, job) = cell(family, Delivery::Serial, 1);
        let mut bench = Bench::new(spec, file, 1);
        let record = |checkpoint: &Checkpoint| match checkpoint {
            Checkpoint::DataMode { .. } => Err("disk full".to_owned()),
            Checkpoint::Trigger | Checkpoint::DataModeOver => Ok(()),
        };
        let end = bench.run(procedures.plan(&job).unwrap(), record, None).end;
        let End::Failed { fault, .. } = end else { panic!("{end:?}") };
        assert_eq!(fault.code.what, events::What::Record, "{fault}");
        assert_eq!(bench.module.truth().triggers, 0);
    }
}

#[test]
fn after_an_ok_amid_the_bytes_nothing_is_said_until_the_module_counts_no_more() {
    for family in [Family::Sim7028, Family::Ag35] {
        let (spec, file, _, mut job) = cell(family, Delivery::Serial, 1);
        let mut bench = Bench::new(spec, file, 1);
        bench.early_ok = true;
        let end = flash(&mut bench, families::of(family).unwrap(), &mut job, None);
        let data_mode_ms = bench.recorded.iter().find_map(|checkpoint| match checkpoint {
            Checkpoint::DataMode { timeout_ms } => Some(*timeout_ms),
            Checkpoint::Trigger | Checkpoint::DataModeOver => None,
        });
        assert!(
            bench.silence_ms >= data_mode_ms && data_mode_ms.is_some(),
            "{family}: {:?}",
            bench.silence_ms
        );
        assert_ne!(end, Some(End::Reached), "{family}: half a package");
        assert!(
            bench.past_no_return.iter().all(|line| allowed(line)),
            "{family}: {:?}",
            bench.past_no_return
        );
    }
}

#[test]
fn another_module_after_the_reboot_is_not_touched_and_the_first_is_unknown() {
    for (procedures, delivery) in certain_cells().into_iter().filter(|(of, _)| of.family() != Family::Sim7028)
    {
        let (spec, file, _, mut job) = cell(procedures.family(), delivery, 3);
        let mut newcomer = spec.clone();
        newcomer.imei = "866345031004171".to_owned();
        let mut bench = Bench::new(spec, file, 3);
        bench.newcomer = Some(newcomer);
        let end = flash(&mut bench, procedures, &mut job, None);
        let Some(End::Unresolved(fault)) = end else { panic!("{end:?}") };
        assert_eq!(fault.code.to_string(), "E-VERIFY-SWAPPED");
        assert_eq!(bench.module.truth().triggers, 0, "the newcomer");
    }
}

#[test]
fn a_cancel_at_any_moment_ends_it_before_the_trigger_and_changes_nothing_after() {
    for (procedures, delivery) in certain_cells() {
        for seed in 0..seeds() {
            let (spec, file, to, mut job) = cell(procedures.family(), delivery, seed);
            let mut bench = Bench::new(spec, file, seed);
            let cancel_ms = Random::new(seed).between(0, 60_000);
            let end = flash(&mut bench, procedures, &mut job, Some(cancel_ms));
            let truth = bench.module.truth();
            let context = format!("{} by {delivery}, seed {seed}: {end:?}, {truth:?}", procedures.family());
            match end {
                Some(End::Cancelled) => {
                    assert!(truth.triggers == 0 && !bench.recorded.contains(&Checkpoint::Trigger));
                }
                Some(End::Reached) => assert!(truth.revision.starts_with(to), "{context}"),
                None | Some(End::Completed | End::Failed { .. } | End::Unresolved(_)) => panic!("{context}"),
            }
            assert_eq!(truth.corrupt_files, 0, "{context}");
            let foreign: Vec<&String> = bench.past_no_return.iter().filter(|line| !allowed(line)).collect();
            assert!(foreign.is_empty(), "{context}: {foreign:?}");
        }
    }
}

#[test]
fn after_done_a_machine_stays_silent() {
    let plan = procedure::Plan::default();
    let mut machine = Machine::new(plan, at::Masker::default());
    assert!(!machine.handle(0, Input::Start).is_empty());
    assert!(machine.handle(1, Input::Timeout).is_empty() && machine.handle(2, Input::Cancel).is_empty());
}
