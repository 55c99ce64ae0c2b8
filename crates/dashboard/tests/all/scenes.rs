//! Every state that a slot can be in.

use events::{AttemptOutcome, Event, Fault, Level, Phase, Resolution, SlotState, Verdict, What};

use crate::script::{Script, label, unit};

/// How a slot is left by [`Script::scene`].
pub(crate) const SCENES: [&str; 20] = [
    "passed",
    "update",
    "deliver",
    "failed",
    "empty",
    "reboot",
    "trigger",
    "waiting",
    "identify",
    "verify",
    "preflight",
    "taken out",
    "already",
    "refused",
    "unknown",
    "cleanup",
    "quarantined",
    "aborted",
    "second attempt",
    "unlabelled",
];

impl Script {
    /// Leaves `slot` as one of [`SCENES`] says.
    pub(crate) fn scene(&mut self, slot: &str, number: usize, scene: &str) {
        match scene {
            "empty" => self.slot(slot, SlotState::Empty),
            "waiting" => {
                self.insert(slot, number);
                self.slot(slot, SlotState::Waiting { reason: "waits for hub 1-1.2".into() });
            }
            "identify" => {
                self.slot(slot, SlotState::Busy);
                self.phase(slot, Phase::Identify, false);
            }
            "preflight" => self.until(slot, number, Phase::Preflight),
            "deliver" => {
                self.until(slot, number, Phase::Deliver);
                self.progress(slot, Phase::Deliver, 1_323_356, 3_892_224);
            }
            "trigger" => self.until(slot, number, Phase::Trigger),
            "update" => {
                self.until(slot, number, Phase::Update);
                self.progress(slot, Phase::Update, 71, 100);
            }
            "reboot" => {
                self.until(slot, number, Phase::Reboot);
                self.tell(Event::PortLost { slot: slot.into() });
            }
            "verify" => self.until(slot, number, Phase::Verify),
            "cleanup" => self.until(slot, number, Phase::Cleanup),
            "second attempt" => {
                self.until(slot, number, Phase::Deliver);
                let (attempt, unit) = (format!("a1-{slot}"), unit(slot));
                let fault =
                    Some(Fault::new(Phase::Deliver, What::Stalled, "no byte for 60 s at 118784 of 3892224"));
                let outcome = AttemptOutcome::Failed;
                self.tell(Event::AttemptEnded { attempt, unit, slot: slot.into(), outcome, fault });
                self.attempt(slot, number, 2);
                self.phase(slot, Phase::Preflight, false);
            }
            over => self.scene_over(slot, number, over),
        }
    }

    fn scene_over(&mut self, slot: &str, number: usize, scene: &str) {
        let fault = |phase, what, text: &str| Some(Fault::new(phase, what, text));
        match scene {
            "passed" => self.pass(slot, number),
            "taken out" => {
                self.pass(slot, number);
                self.slot(slot, SlotState::Empty);
            }
            "already" => {
                self.insert(slot, number);
                self.end(slot, Verdict::Already, None, number);
            }
            "refused" => {
                self.insert(slot, number);
                let fault =
                    fault(Phase::Preflight, What::Route, "no route from BG96MAR02A05M1G to BG96MAR02A09M1G");
                self.end(slot, Verdict::Refused, fault, number);
            }
            "failed" => {
                self.until(slot, number, Phase::Verify);
                self.resolved(slot, number, Resolution::FailedBack);
                let text = "module came back with BG96MAR02A07M1G after END 0";
                self.end(slot, Verdict::Failed, fault(Phase::Verify, What::Rev, text), number);
            }
            "unknown" => {
                self.until(slot, number, Phase::Reboot);
                let text = "nothing was seen of it for 10 minutes";
                self.end(slot, Verdict::Unknown, fault(Phase::Reboot, What::Away, text), number);
                self.slot(slot, SlotState::Held { reason: "an earlier trigger is unresolved".into() });
            }
            "aborted" => {
                self.until(slot, number, Phase::Deliver);
                let text = "stopped by an operator";
                self.end(slot, Verdict::Aborted, fault(Phase::Deliver, What::Interrupted, text), number);
            }
            "quarantined" => {
                self.scene(slot, number, "failed");
                self.slot(slot, SlotState::Quarantined { reason: "3 failures in a row".into() });
            }
            "unlabelled" => self.slot(slot, SlotState::Unlabelled),
            other => panic!("no scene {other}"),
        }
    }

    /// `slots` slots, each as the scenes say in turn, and the controller well.
    pub(crate) fn all_scenes(slots: usize) -> Self {
        let mut script = Self::begun(slots);
        for number in 0..slots {
            script.wait(1_700);
            let scene = SCENES[number % SCENES.len()];
            script.scene(&label(number), number, scene);
        }
        script.tell(Event::Expected { units: 3 * slots as u64 });
        let text = "the package host serves on 203.0.113.5:8000".into();
        script.tell(Event::Note { slot: None, level: Level::Info, text });
        script.vitals(true);
        script.wait(60_000);
        script.vitals(true);
        script
    }
}
