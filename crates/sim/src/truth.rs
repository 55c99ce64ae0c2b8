//! What a module knows of itself: the witness against which a controller's verdicts are held.

use events::Family;
use serde::{Deserialize, Serialize};

/// How many command lines [`Truth::commands_while_updating`] keeps at most.
pub const COMMANDS_KEPT: usize = 200;

/// What really happened to one simulated module, whatever it said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The place it was started in; empty for a module in memory until its owner fills it in.
    pub label: String,
    /// The family it plays.
    pub family: Family,
    /// Its model, as in its spec.
    pub model: String,
    /// Its IMEI at the start.
    pub imei: String,
    /// The IMEI that it answers now: none, or zeros, once it has lost its own (behaviour 38).
    #[serde(default)]
    pub imei_now: String,
    /// The revision it was started with, with its suffix where the family has one.
    pub revision_at_start: String,
    /// The revision it runs now, with its suffix where the family has one.
    pub revision: String,
    /// Trigger commands that started an update.
    pub triggers: u32,
    /// Trigger commands that arrived after an accepted one and before that update had ended.
    pub triggers_while_updating: u32,
    /// Trigger commands that it refused because it hung in a download of which not one byte ever came (behaviour 20):
    /// by rule 4 of `families.md`, "When is a trigger resolved?", the first one was resolved long before.
    #[serde(default)]
    pub triggers_in_a_dead_download: u32,
    /// Updates that ended with the new revision running.
    pub updates_done: u32,
    /// Updates that ended with the old revision running.
    pub updates_failed: u32,
    /// Files of full size whose payload did not have the hash their header promises, each time one was checked.
    pub corrupt_files: u32,
    /// Command lines that arrived between an accepted trigger and the end of that update; at most
    /// [`COMMANDS_KEPT`].
    pub commands_while_updating: Vec<String>,
    /// An update is under way now.
    pub busy: bool,
}
