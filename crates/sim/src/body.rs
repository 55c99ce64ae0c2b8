//! What every simulated module has, whatever its family: a port, a clock, memory, files, and its counters.

use events::Family;

use crate::behaviour::Behaviour;
use crate::filesystem::FileSystem;
use crate::io::Output;
use crate::random::Random;
use crate::raw::RawMode;
use crate::spec::ModuleSpec;
use crate::timeline::{Effect, Ending, Script, Timeline};
use crate::truth::{COMMANDS_KEPT, Truth};
use crate::update::{Finding, Identity, Stage, examine};
use crate::usb::Usb;

/// Room for files, in bytes.
const CAPACITY: usize = 16 * 1024 * 1024;
/// The USB serial number under behaviour 39 (`families.md`, "USB identity").
const SERIAL_OF_ALL: &str = "0123456789ABCDEF";
/// Room under behaviour 23.
const CRAMPED: usize = 24 * 1024;

/// State that the parts of a module share.
#[expect(clippy::struct_excessive_bools, reason = "facts of a module that hold independently of each other")]
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) spec: ModuleSpec,
    pub(crate) imei: String,
    pub(crate) revision: String,
    pub(crate) suffix: String,
    pub(crate) now_ms: u64,
    pub(crate) booted_at: u64,
    pub(crate) random: Random,
    pub(crate) timeline: Timeline,
    pub(crate) files: FileSystem,
    pub(crate) port_up: bool,
    pub(crate) deaf: bool,
    /// It will never do anything again (behaviours 37 and unplugged).
    pub(crate) gone: bool,
    /// It is on the bus in emergency download mode (behaviour 36).
    pub(crate) emergency: bool,
    pub(crate) echo: bool,
    pub(crate) cmee: u8,
    pub(crate) errors_said: usize,
    pub(crate) radio: bool,
    pub(crate) fetching: bool,
    pub(crate) raw: Option<RawMode>,
    pub(crate) stage: Stage,
    /// The revision that the running update leads to.
    pub(crate) target: Option<String>,
    pub(crate) power_cuts_left: u8,
    pub(crate) outputs: Vec<Output>,
    truth: Truth,
}

impl Body {
    pub(crate) fn new(spec: ModuleSpec) -> Self {
        let full = spec.behaviours.contains(&Behaviour::FileSystemFull)
            && Behaviour::FileSystemFull.applies_to(spec.family);
        let truth = Truth {
            label: String::new(),
            family: spec.family,
            model: spec.model.clone(),
            imei: spec.imei.clone(),
            imei_now: spec.imei.clone(),
            revision_at_start: spec.full_revision(),
            revision: spec.full_revision(),
            triggers: 0,
            triggers_while_updating: 0,
            triggers_in_a_dead_download: 0,
            updates_done: 0,
            updates_failed: 0,
            corrupt_files: 0,
            commands_while_updating: Vec::new(),
            busy: false,
        };
        Self {
            imei: spec.imei.clone(),
            revision: spec.revision.clone(),
            suffix: spec.suffix.clone(),
            now_ms: 0,
            booted_at: 0,
            random: Random::new(spec.seed),
            timeline: Timeline::default(),
            files: FileSystem::new(if full { CRAMPED } else { CAPACITY }),
            port_up: true,
            deaf: false,
            gone: false,
            emergency: false,
            echo: true,
            cmee: default_cmee(&spec),
            errors_said: 0,
            radio: true,
            fetching: false,
            raw: None,
            stage: Stage::Idle,
            target: None,
            power_cuts_left: 1,
            outputs: Vec::new(),
            truth,
            spec,
        }
    }

    pub(crate) fn truth(&self) -> Truth {
        let revision = format!("{}{}", self.revision, self.suffix);
        Truth { revision, imei_now: self.imei.clone(), busy: self.is_updating(), ..self.truth.clone() }
    }

    /// What it is on the bus, as it is now.
    pub(crate) fn usb(&self) -> Usb {
        if self.emergency {
            return Usb::emergency(self.even_seed());
        }
        let serial = if self.shows(Behaviour::SameSerial) { SERIAL_OF_ALL } else { &self.spec.imei };
        // The new firmware boots, and with it the port comes back, before the update counts as done.
        let boots_it = self.stage == Stage::Rebooting && self.target.is_some();
        let runs_it = self.truth.updates_done > 0 || (boots_it && !self.shows(Behaviour::OldVersionStays));
        Usb::of(self.spec.family, runs_it && self.shows(Behaviour::OtherProduct), serial)
    }

    /// Whether it shows `behaviour`, and its family can.
    pub(crate) fn shows(&self, behaviour: Behaviour) -> bool {
        self.spec.behaviours.contains(&behaviour) && behaviour.applies_to(self.spec.family)
    }

    /// The `count` forms that a vendor leaves open: which one this module uses. Seed 0 uses form 0.
    pub(crate) const fn form(&self, count: u64) -> u64 {
        self.spec.seed % count
    }

    pub(crate) const fn even_seed(&self) -> bool {
        self.spec.seed.is_multiple_of(2)
    }

    // --- output ---

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if !self.port_up || bytes.is_empty() || self.shows(Behaviour::Mute) {
            return;
        }
        if let Some(Output::Write(last)) = self.outputs.last_mut() {
            last.extend_from_slice(bytes);
        } else {
            self.outputs.push(Output::Write(bytes.to_vec()));
        }
    }

    /// Lays out `script` from now on.
    pub(crate) fn play(&mut self, script: Script) {
        self.play_from(self.now_ms, script);
    }

    pub(crate) fn play_from(&mut self, from_ms: u64, script: Script) {
        for (after_ms, effect) in script.into_effects() {
            self.timeline.add(from_ms + after_ms, effect);
        }
    }

    /// A line of its own accord, at once.
    pub(crate) fn urc(&mut self, line: &str) {
        self.write(format!("\r\n{line}\r\n").as_bytes());
    }

    pub(crate) fn stop_fetching(&mut self) {
        if std::mem::take(&mut self.fetching) {
            self.outputs.push(Output::StopFetch);
        }
    }

    // --- the update, as the module knows it ---

    pub(crate) fn is_updating(&self) -> bool {
        self.stage != Stage::Idle
    }

    /// A trigger command has been accepted.
    pub(crate) const fn accept_trigger(&mut self, stage: Stage) {
        self.truth.triggers += 1;
        self.stage = stage;
    }

    /// A trigger command came while an update was under way.
    pub(crate) fn count_second_trigger(&mut self) {
        if self.stage == Stage::Downloading && self.shows(Behaviour::NoProgress) {
            self.truth.triggers_in_a_dead_download += 1;
        } else {
            self.truth.triggers_while_updating += 1;
        }
    }

    /// A command line came while an update was under way.
    pub(crate) fn record_command(&mut self, line: &str) {
        if self.truth.commands_while_updating.len() < COMMANDS_KEPT {
            self.truth.commands_while_updating.push(line.to_owned());
        }
    }

    /// Examines a package and counts a corrupt one.
    pub(crate) fn examine(&mut self, file: Option<&[u8]>) -> Finding {
        let identity = Identity {
            family: self.spec.family,
            model: &self.spec.model,
            revision: &self.revision,
            suffix: &self.suffix,
        };
        let finding = examine(file, identity);
        match &finding {
            Finding::Damaged { full_size: true } => self.truth.corrupt_files += 1,
            Finding::Fits(_) if self.shows(Behaviour::DeltaRejected) => return Finding::Mismatch,
            Finding::Absent | Finding::Damaged { .. } | Finding::Mismatch | Finding::Fits(_) => {}
        }
        finding
    }

    /// [`Body::examine`] for the file at `path`.
    pub(crate) fn examine_file(&mut self, path: &str) -> Finding {
        let file = self.files.get(path).map(<[u8]>::to_vec);
        self.examine(file.as_deref())
    }

    /// The update has ended.
    pub(crate) fn end_update(&mut self, ending: Ending) {
        self.stage = Stage::Idle;
        let target = self.target.take();
        let stays = self.shows(Behaviour::OldVersionStays);
        match (ending, target) {
            (Ending::Done, Some(target)) if !stays => {
                let (revision, suffix) = split_revision(&target);
                revision.clone_into(&mut self.revision);
                if !suffix.is_empty() {
                    suffix.clone_into(&mut self.suffix);
                }
                if self.shows(Behaviour::ImeiLost) {
                    self.imei = if self.even_seed() { "0".repeat(15) } else { String::new() };
                }
                self.truth.updates_done += 1;
            }
            (Ending::Done | Ending::Failed, _) => self.truth.updates_failed += 1,
        }
    }

    /// The revision as it is answered now: not yet right for some seconds after a boot under behaviour 35.
    pub(crate) fn revision_shown(&self) -> String {
        let young = self.booted_at > 0 && self.now_ms < self.booted_at + 12_000;
        if !young || !self.shows(Behaviour::VersionNotReady) {
            return self.revision.clone();
        }
        if self.even_seed() { String::new() } else { format!("{}.00.000", self.revision) }
    }

    /// Whether behaviour 32's one cut of the power comes during a download: one seed in four.
    pub(crate) fn plan_power_cut_in_download(&mut self, script: &mut Script) {
        if self.form(4) == 3 && self.power_cuts_left > 0 && self.shows(Behaviour::PowerCut) {
            self.power_cuts_left -= 1;
            let at_ms = script.length_ms() + self.random.between(200, 2_500);
            script.add_at(at_ms, Effect::PowerCut);
        }
    }

    /// When behaviour 32's one cut of the power comes in a script of this length, if it does.
    pub(crate) fn plan_power_cut(&mut self, script: &mut Script) {
        if self.power_cuts_left == 0 || !self.shows(Behaviour::PowerCut) {
            return;
        }
        self.power_cuts_left -= 1;
        let at_ms = self.random.between(0, script.length_ms());
        script.add_at(at_ms, Effect::PowerCut);
    }
}

/// `CMEE` after a boot: 0 as the notes print errors, 1 on Quectel's modules with odd seeds.
pub(crate) fn default_cmee(spec: &ModuleSpec) -> u8 {
    u8::from(matches!(spec.family, Family::Ag35 | Family::Bg96) && !spec.seed.is_multiple_of(2))
}

/// `BG96MAR02A07M1G_01.007.01.007` as revision and suffix.
fn split_revision(full: &str) -> (&str, &str) {
    full.find('_').map_or((full, ""), |place| full.split_at(place))
}
