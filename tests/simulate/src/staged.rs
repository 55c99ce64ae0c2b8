//! Racks whose trouble is told, not drawn: what went wrong once, step by step.

use control::Policy;
use events::{Action, Checkpoint, Delivery, Event, Resolution, Verdict};
use sim::{Behaviour, ModuleSpec};

use crate::acts::Act;
use crate::life::{Life, play};
use crate::scenario::{Comer, Cue, Scenario, imei};
use crate::stock::{LINES, Way, for_batch};

const SIM7000: usize = 0;
const SIM7028: usize = 2;
const AG35: usize = 3;
const BG96: usize = 4;

/// A rack of `slots` in which nothing happens by chance, with a direct package for every model.
fn rack(slots: usize, delivery: Delivery) -> Scenario {
    let mut scenario = Scenario::new(4, slots);
    let lines: Vec<usize> = (0..5).collect();
    scenario.packages = lines.iter().flat_map(|line| for_batch(*line, Way::Direct)).collect();
    scenario.lines = lines;
    scenario.slots = vec![true; slots];
    scenario.own_ways.clear();
    scenario.comers.clear();
    scenario.policy = Policy { delivery: vec![delivery], attempts: 2, ..Policy::default() };
    (scenario.in_flight, scenario.per_hub, scenario.stagger_ms) = (slots, slots, 0);
    scenario
}

impl Scenario {
    /// One more module, which behaves but for `behaviours`.
    fn with(mut self, line: usize, place: Option<usize>, behaviours: &[Behaviour]) -> Self {
        let model = &LINES[line];
        let imei = imei(4, self.comers.len());
        let mut spec = ModuleSpec::new(model.family, model.model, &imei, model.old, 7);
        model.suffix.clone_into(&mut spec.suffix);
        if let Some(place) = place {
            self.slots[place] = model.family != events::Family::Sim7028;
        }
        self.comers.push(Comer { spec: spec.with(behaviours.iter().copied()), place });
        self
    }

    fn then(mut self, upon: fn(&Event) -> bool, after_ms: u64, act: Act) -> Self {
        self.cues.push(Cue { upon, after_ms, act });
        self
    }

    /// What comes of it, in which no rule is broken.
    fn play(self) -> Life {
        let life = play(self, true).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(life.divergences, [], "{}", life.log.join("\n"));
        life
    }
}

impl Life {
    /// How the units ended, in the order of time, each as it was told last.
    fn verdicts(&self) -> Vec<Verdict> {
        let mut ends: Vec<(String, Verdict)> = Vec::new();
        for stamped in &self.record {
            if let Event::UnitEnded { unit, verdict, .. } = &stamped.event {
                ends.retain(|(other, _)| other != unit);
                ends.push((unit.clone(), *verdict));
            }
        }
        ends.into_iter().map(|(_, verdict)| verdict).collect()
    }

    fn count(&self, of: fn(&Event) -> bool) -> usize {
        self.record.iter().filter(|stamped| of(&stamped.event)).count()
    }

    fn triggers(&self) -> Vec<u32> {
        self.modules.iter().map(|went| went.truth.triggers).collect()
    }

    fn story(&self) -> String {
        self.log.join("\n")
    }
}

fn lost(event: &Event) -> bool {
    matches!(event, Event::PortLost { .. })
}

fn triggered(event: &Event) -> bool {
    matches!(event, Event::Checkpointed { checkpoint: Checkpoint::Trigger, .. })
}

fn unknown(event: &Event) -> bool {
    matches!(event, Event::UnitEnded { verdict: Verdict::Unknown, .. })
}

#[test]
fn a_triggered_module_is_followed_up_in_the_slot_it_was_moved_to() {
    let mut rack = rack(2, Delivery::Http).with(BG96, Some(0), &[]);
    rack.policy.continuous = true;
    let life = rack.then(lost, 0, Act::Exchange(0, 1)).play();
    assert_eq!(life.verdicts().last(), Some(&Verdict::Passed), "{}", life.story());
    assert!(life.count(unknown) > 0, "it was waited for where it was triggered: {}", life.story());
    assert_eq!(life.triggers(), [1]);
}

#[test]
fn a_triggered_module_that_is_put_back_after_unknown_is_followed_up() {
    let rack =
        rack(2, Delivery::Http).with(BG96, Some(0), &[]).with(AG35, Some(1), &[Behaviour::RetriesForEver]);
    let life = rack.then(lost, 0, Act::TakeOut(0)).then(unknown, 1_000, Act::PutIn(0, 0)).play();
    assert_eq!(life.verdicts(), [Verdict::Passed, Verdict::Unknown], "{}", life.story());
}

#[test]
fn a_module_with_the_imei_of_a_triggered_one_is_not_taken_for_it_while_that_one_is_there() {
    let mut rack =
        rack(2, Delivery::Http).with(AG35, Some(0), &[Behaviour::RetriesForEver]).with(AG35, None, &[]);
    rack.comers[1].spec.imei = rack.comers[0].spec.imei.clone();
    rack.policy.continuous = true;
    let life = rack.then(lost, 0, Act::PutIn(1, 1)).play();
    let followed_there = |event: &Event| matches!(event, Event::PhaseStarted { slot, past_no_return: true, .. } if slot == "S01");
    assert!(life.count(unknown) > 0 && life.count(followed_there) == 0, "{}", life.story());
}

#[test]
fn no_trigger_goes_to_whoever_comes_after_the_port_has_vanished() {
    let rack = rack(1, Delivery::Http).with(BG96, Some(0), &[]).with(BG96, None, &[]);
    let life = rack.then(triggered, 0, Act::Swap(0)).play();
    assert_eq!((life.triggers(), life.verdicts()), (vec![0, 0], vec![Verdict::Failed]), "{}", life.story());
}

#[test]
fn a_module_behind_a_bridge_that_is_exchanged_while_it_waits_is_not_taken_for_the_first() {
    let mut rack = rack(4, Delivery::Serial).with(SIM7028, Some(1), &[]).with(SIM7028, Some(3), &[]).with(
        SIM7028,
        None,
        &[],
    );
    rack.in_flight = 1;
    let waits = |event: &Event| matches!(event, Event::UnitStarted { slot, .. } if slot == "S03");
    let life = rack.then(waits, 1_000, Act::Swap(3)).play();
    assert_eq!(life.triggers(), [1, 0, 0], "{}", life.story());
}

#[test]
fn in_quarantine_no_further_attempt_is_made() {
    let rack = rack(1, Delivery::Http).with(SIM7000, Some(0), &[Behaviour::ShortDownload]);
    let attempt = |event: &Event| matches!(event, Event::AttemptStarted { .. });
    let slot = "S00".to_owned();
    let life = rack.then(attempt, 0, Act::Wish(Action::Quarantine { slot })).play();
    assert_eq!((life.count(attempt), life.verdicts()), (1, vec![Verdict::Aborted]), "{}", life.story());
}

#[test]
fn a_module_that_is_tidied_up_when_the_rig_is_left_has_passed() {
    let rack = rack(1, Delivery::Serial).with(SIM7000, Some(0), &[]);
    let arrived = |event: &Event| matches!(event, Event::Resolved { resolution: Resolution::Target, .. });
    let life = rack.then(arrived, 0, Act::Wish(Action::Detach)).play();
    assert_eq!(life.verdicts(), [Verdict::Passed], "{}", life.story());
}
