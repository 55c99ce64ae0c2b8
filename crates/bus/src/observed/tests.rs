//! Whatever happens between two looks, the picture is right after the second.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Observed;
use super::model::{HUB, PORTS, Rack, SERIAL, Step, observed, port, settled, steps};
use crate::observed::{Seen, SeenDevice};
use crate::path::PortPath;
use crate::topology::{Kind, UsbModule, Warning};

const BG96: (u16, u16) = (0x2c7c, 0x0296);
const SIM7080: (u16, u16) = (0x1e0e, 0x9206);

fn module(observed: &Observed, at: PortPath) -> UsbModule {
    observed.topology(Vec::new()).modules.remove(&at).unwrap()
}

/// What was there at each port when it was looked at last, and under which generation.
#[derive(Default)]
struct Past(BTreeMap<PortPath, (SeenDevice, u64)>);

impl Past {
    /// Generations tell exactly whether something was lost between two looks.
    fn judge(&mut self, observed: &Observed) {
        for (at, present) in &observed.devices {
            let generation = observed.generations[at];
            if let Some((old, before)) = self.0.insert(*at, (present.seen.clone(), generation)) {
                let kept = |tty| present.seen.ttys.contains(tty);
                let lost = old.identity != present.seen.identity || !old.ttys.iter().all(kept);
                if lost {
                    assert!(generation > before, "{at}: lost, but still generation {generation}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_reconciling_it_is_as_if_read_afresh(steps in steps()) {
        let (mut rack, mut observed) = (Rack::default(), observed());
        for step in &steps {
            rack.step(step, &mut observed);
        }
        rack.step(&Step::Reconcile, &mut observed);
        prop_assert_eq!(settled(&mut observed, rack.now_ms), rack.afresh());
    }

    #[test]
    fn after_every_port_has_been_looked_at_it_is_as_if_read_afresh(steps in steps()) {
        let (mut rack, mut observed) = (Rack::default(), observed());
        for step in &steps {
            rack.step(step, &mut observed);
        }
        let gone: Vec<PortPath> = observed.devices.keys().chain(observed.hubs.keys()).copied().collect();
        for at in gone.into_iter().chain(rack.there.keys().copied()) {
            rack.look(at, &mut observed);
        }
        prop_assert_eq!(settled(&mut observed, rack.now_ms), rack.afresh());
    }

    #[test]
    fn generations_grow_with_every_loss(steps in steps()) {
        let (mut rack, mut observed, mut past) = (Rack::default(), observed(), Past::default());
        let mut before = observed.generations.clone();
        for step in &steps {
            rack.step(step, &mut observed);
            past.judge(&observed);
            prop_assert!(before.iter().all(|(at, before)| observed.generations[at] >= *before));
            before.clone_from(&observed.generations);
        }
    }

    #[test]
    fn nothing_grows_while_nothing_is_lost(steps in steps()) {
        let (mut rack, mut observed) = (Rack::default(), observed());
        for step in &steps {
            rack.step(step, &mut observed);
        }
        rack.step(&Step::Reconcile, &mut observed);
        let generations = observed.generations.clone();
        for at in PORTS {
            rack.tty_comes_beside(port(at));
            rack.look(port(at), &mut observed);
        }
        rack.step(&Step::Reconcile, &mut observed);
        prop_assert_eq!(&observed.generations, &generations);
    }
}

#[test]
fn a_replug_that_nobody_saw_is_a_new_generation() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    for generation in 1..=300 {
        rack.plug(at, BG96);
        rack.tty_comes(at, 2);
        rack.look(at, &mut observed);
        assert_eq!(module(&observed, at).generation, generation);
    }
}

#[test]
fn a_tty_that_came_back_by_itself_is_a_new_generation() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, BG96);
    rack.tty_comes(at, 2);
    rack.look(at, &mut observed);
    rack.tty_comes(at, 2);
    rack.look(at, &mut observed);
    assert_eq!(module(&observed, at).generation, 2);
}

#[test]
fn generations_outlive_absence() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, BG96);
    rack.look(at, &mut observed);
    rack.unplug(at);
    rack.look(at, &mut observed);
    assert!(observed.topology(Vec::new()).modules.is_empty());
    rack.plug(at, (0x05c6, 0x9008));
    rack.look(at, &mut observed);
    let module = module(&observed, at);
    assert_eq!((module.generation, module.kind), (2, Kind::Emergency));
}

#[test]
fn similar_ports_and_equal_serials_are_different_modules() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    for at in ["1-1.4", "1-14"] {
        rack.plug(port(at), BG96);
        rack.tty_comes(port(at), 2);
    }
    rack.step(&Step::Reconcile, &mut observed);
    rack.unplug(port("1-1.4"));
    rack.look(port("1-1.4"), &mut observed);
    let topology = observed.topology(Vec::new());
    let ports: Vec<String> = topology.modules.keys().map(ToString::to_string).collect();
    assert_eq!(ports, ["1-14"]);
    rack.plug(port("1-1.4"), BG96);
    rack.look(port("1-1.4"), &mut observed);
    let topology = observed.topology(Vec::new());
    assert!(topology.modules.values().all(|module| module.serial.as_deref() == Some(SERIAL)));
    let generations: Vec<u64> = topology.modules.values().map(|module| module.generation).collect();
    assert_eq!(generations, [2, 1]);
}

#[test]
fn a_complete_set_is_there_at_once_in_any_order() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, BG96);
    for interface in [3, 0, 1] {
        rack.tty_comes(at, interface);
        rack.look(at, &mut observed);
        assert!(!module(&observed, at).settled);
    }
    rack.tty_comes(at, 2);
    rack.look(at, &mut observed);
    assert!(module(&observed, at).settled);
    assert_eq!(observed.settle(rack.now_ms), None);
}

#[test]
fn an_unknown_set_is_there_when_it_has_been_quiet() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, SIM7080);
    rack.look(at, &mut observed);
    assert_eq!(observed.settle(999), Some(1_000));
    rack.now_ms = 999;
    rack.tty_comes(at, 2);
    rack.look(at, &mut observed);
    assert_eq!(observed.settle(1_998), Some(1_999));
    assert!(!module(&observed, at).settled);
    assert_eq!(observed.settle(1_999), None);
    assert!(module(&observed, at).settled);
    // A later one still appears, and it stays there.
    rack.now_ms = 5_000;
    rack.tty_comes(at, 3);
    rack.look(at, &mut observed);
    let module = module(&observed, at);
    assert!(module.settled);
    assert_eq!((module.ttys.len(), module.generation), (2, 1));
}

#[test]
fn slow_reading_settles_nothing() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    rack.plug(port("1-1.4"), SIM7080);
    // Changes were heard of at 0; reading took until 5000, and what came meanwhile has not been heard of yet.
    observed.reconcile(5_000, rack.there.clone());
    assert_eq!(observed.settle(0), Some(6_000));
    assert!(!module(&observed, port("1-1.4")).settled);
    assert_eq!(observed.settle(6_000), None);
}

#[test]
fn the_next_to_settle_is_told() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    rack.plug(port("1-1.4"), SIM7080);
    rack.plug(port("3-1"), (0x05c6, 0x9008));
    rack.plug(port("1-14"), SIM7080);
    rack.step(&Step::Reconcile, &mut observed);
    assert_eq!(observed.settle(100), Some(300));
    assert_eq!(observed.settle(300), Some(1_000));
    assert_eq!(observed.settle(1_000), None);
}

#[test]
fn reading_the_same_again_does_not_put_off_settling() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, SIM7080);
    for now_ms in (0..=1_000).step_by(100) {
        rack.now_ms = now_ms;
        rack.look(at, &mut observed);
    }
    assert!(module(&observed, at).settled);
}

#[test]
fn few_ttys_settle_sooner() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    rack.plug(port("3-1"), (0x05c6, 0x900e));
    rack.look(port("3-1"), &mut observed);
    assert_eq!(observed.settle(0), Some(300));
    rack.plug(port("3-1"), (0x10c4, 0xea60));
    rack.tty_comes(port("3-1"), 0);
    rack.look(port("3-1"), &mut observed);
    assert_eq!(observed.settle(0), None);
}

#[test]
fn what_udevd_never_finishes_is_told_and_what_it_still_does_is_not() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    let at = port("1-1.4");
    rack.plug(at, BG96);
    rack.device(at).unwrap().waiting = 4;
    rack.look(at, &mut observed);
    assert_eq!(observed.topology(Vec::new()).warnings, []);
    observed.settle(1_000);
    assert_eq!(observed.topology(Vec::new()).warnings, [Warning::Uninitialised { ttys: 4 }]);
}

#[test]
fn with_a_hub_goes_all_below_it() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    rack.plug_hub(port(HUB));
    rack.plug(port("1-1.4.2"), BG96);
    rack.plug(port("1-14"), BG96);
    rack.step(&Step::Reconcile, &mut observed);
    assert_eq!(observed.topology(Vec::new()).place(port("7-1.3")), port("1-1.3"));
    rack.unplug(port(HUB));
    rack.look(port(HUB), &mut observed);
    let topology = observed.topology(Vec::new());
    assert_eq!(topology.modules.keys().copied().collect::<Vec<_>>(), [port("1-14")]);
    assert!(topology.hubs.is_empty() && topology.siblings.is_empty());
}

#[test]
fn a_module_in_place_of_a_hub() {
    let (mut rack, mut observed) = (Rack::default(), observed());
    rack.plug(port("1-1.9"), BG96);
    rack.step(&Step::Reconcile, &mut observed);
    rack.plug(port(HUB), BG96);
    rack.look(port(HUB), &mut observed);
    let topology = observed.topology(Vec::new());
    assert!(topology.hubs.is_empty());
    assert_eq!(topology.modules.len(), 1, "what was below the hub is gone with it");
    assert!(matches!(rack.there[&port(HUB)], Seen::Device(_)));
    assert_eq!(topology.modules[&port(HUB)].generation, 1);
}
