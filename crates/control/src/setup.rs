//! What a run is set up with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::{Delivery, Family, Imei, Package, Resolution, SlotPlace, Target, Verdict};
use families::{Network, Preloaded, Settings};

/// Everything a run needs to know, apart from what is outside.
#[derive(Clone, Debug)]
pub struct Setup {
    /// UUIDv7 of the run.
    pub run: String,
    /// Name of the rack.
    pub rack: String,
    /// Name of the batch.
    pub batch: String,
    /// Lot, for the record.
    pub lot: Option<String>,
    /// Who runs it, for the record.
    pub operator: Option<String>,
    /// Version of the program, for the record.
    pub version: String,
    /// The slots, in the order of the rack's file.
    pub slots: Vec<SlotSetup>,
    /// Cells in a row on the screen.
    pub columns: Option<u16>,
    /// Where the slots are, for the screen.
    pub places: Vec<SlotPlace>,
    /// How a port that the rack's file does not name is treated; `None` leaves it alone.
    pub unlabelled: Option<SlotSetup>,
    /// How often the controller says how it is; `None` when nobody wants to know.
    pub vitals_every: Option<Duration>,
    /// Target revision per model.
    pub targets: Vec<Target>,
    /// The packages.
    pub packages: Vec<Package>,
    /// Packages that lie on the modules already, by SHA-256.
    pub preloaded: BTreeMap<String, Preloaded>,
    /// Policy of the batch.
    pub policy: Policy,
    /// Limits of the rack.
    pub limits: Limits,
    /// Per family.
    pub families: BTreeMap<Family, FamilySettings>,
    /// What the record says of earlier runs.
    pub history: History,
}

/// One slot.
#[derive(Clone, Debug)]
pub struct SlotSetup {
    /// Its label.
    pub label: String,
    /// Whether its port is a USB port of the module itself; a UART otherwise.
    pub usb: bool,
    /// Line rates in baud, in the order in which they are tried.
    pub baud: Vec<u32>,
    /// The data network for this slot.
    pub network: Network,
    /// Ways of delivery for this slot, instead of the policy's.
    pub delivery: Option<Vec<Delivery>>,
}

/// A family's part of the rack's file.
#[derive(Clone, Debug)]
pub struct FamilySettings {
    /// Settings and deadlines.
    pub settings: Settings,
    /// Other names of models: normalised as answered, and as meant.
    pub aliases: BTreeMap<String, String>,
}

/// Policy of a batch. A rule that is `None` does not apply.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Ways of delivery, in order of preference.
    pub delivery: Vec<Delivery>,
    /// Attempts per package and run.
    pub attempts: u32,
    /// End after so many units.
    pub units: Option<usize>,
    /// Go on until stopped: a finished module is taken out, the next one put in starts by itself.
    pub continuous: bool,
    /// So many per model and from-revision must pass before the rest of them may start. As many failures before that
    /// halt the batch.
    pub canary: Option<usize>,
    /// Failed or unknown in a row that halt the batch.
    pub stop_after_failures: Option<usize>,
    /// Part of the finished modules (passed, failed, unknown) that failed, which halts the batch.
    pub stop_at_failure_rate: Option<f64>,
    /// Finished modules before the rate counts.
    pub stop_rate_after: usize,
    /// Failures of different modules in a row in one slot that put it in quarantine.
    pub quarantine_slot_after: Option<usize>,
    /// Runs ever, per IMEI and target.
    pub retest_limit: Option<u64>,
}

/// Limits of a rack.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Modules being updated at one time.
    pub in_flight: usize,
    /// Of those, behind one hub.
    pub per_hub: usize,
    /// Pause between two starts, milliseconds.
    pub stagger_ms: u64,
}

/// What the record says of earlier runs.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Triggers that are not resolved, whatever the batch.
    pub open_triggers: Vec<OpenTrigger>,
    /// Slots in which a module may still count raw bytes.
    pub open_data_modes: Vec<OpenDataMode>,
    /// IMEIs that passed in this batch.
    pub passed: BTreeSet<Imei>,
    /// Units of this batch that were cut off before a trigger.
    pub orphans: Vec<Orphan>,
    /// Modules that passed in this batch, by model and revision when they came.
    pub canaries: BTreeMap<(String, String), usize>,
    /// Verdicts since the batch was begun or a run of it ended, in their order: a run that was cut off is gone on with.
    pub cut_off: Vec<Verdict>,
    /// Runs ever towards each of the batch's targets, by IMEI and target.
    pub runs: BTreeMap<(Imei, String), u64>,
}

/// A trigger that is not resolved: what its checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of product.md")]
pub struct OpenTrigger {
    pub unit: String,
    pub attempt: String,
    pub slot: String,
    pub family: Family,
    pub model: String,
    pub imei: Imei,
    pub from: String,
    pub to: String,
    pub target: String,
    pub delivery: Delivery,
    /// The revision that an earlier package of the unit led to, if one did.
    pub reached: Option<String>,
    /// It is another batch's: that one's record gets its end, and this one takes up the module afterwards.
    pub foreign: bool,
}

/// A slot in which a module may still count raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDataMode {
    /// The attempt that began it.
    pub attempt: OpenTrigger,
    /// The module's own time-out, milliseconds.
    pub timeout_ms: u64,
}

/// A unit that was cut off with no trigger open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Its id.
    pub unit: String,
    /// Label of its slot.
    pub slot: String,
    /// Its IMEI.
    pub imei: Option<Imei>,
    /// The revision it was to reach.
    pub target: Option<String>,
    /// The revision that its last resolved package led to, if one did.
    pub reached: Option<String>,
    /// The attempt that has no end on record.
    pub open: Option<OpenAttempt>,
}

/// An attempt that has no end on record, and no open trigger either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its id.
    pub attempt: String,
    /// The revision its package leads to.
    pub to: String,
    /// How its trigger was resolved, if there was one.
    pub resolution: Option<Resolution>,
}
