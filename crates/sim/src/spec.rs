//! What a simulated module is at its start.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::Family;
use serde::{Deserialize, Serialize};

use crate::behaviour::Behaviour;

/// A module as it comes to the rack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSpec {
    /// The family that it plays.
    pub family: Family,
    /// Its model as a package names it: `SIM7000G`, `SIM7028`, `BG96`.
    pub model: String,
    /// Its IMEI, 15 digits.
    pub imei: String,
    /// Its firmware revision: `1529B04SIM7000G`, `BG96MAR02A07M1G`.
    pub revision: String,
    /// What `AT+QGMR` adds to the revision, with its underscore: `_01.007.01.007`. Quectel only; may be empty.
    #[serde(default)]
    pub suffix: String,
    /// How it misbehaves.
    #[serde(default)]
    pub behaviours: BTreeSet<Behaviour>,
    /// Chooses its jitter, and which of the forms its vendor leaves open it uses; 0 answers as the notes print.
    #[serde(default)]
    pub seed: u64,
    /// Whether it has a SIM card.
    #[serde(default = "yes")]
    pub sim_card: bool,
    /// What it says about its network.
    #[serde(default)]
    pub network: Network,
    /// A package that lies already where the family's updater looks for it.
    #[serde(skip)]
    pub preloaded: Option<Arc<[u8]>>,
}

const fn yes() -> bool {
    true
}

/// What a module says about its network; the defaults are the values that the notes print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// `CSQ`: signal and bit error rate.
    pub csq: (u8, u8),
    /// `CESQ`: its six numbers.
    pub cesq: [u8; 6],
    /// `CREG?` state.
    pub creg: u8,
    /// `CGREG?` state.
    pub cgreg: u8,
    /// `CEREG?` state.
    pub cereg: u8,
    /// `COPS?` operator.
    pub operator: String,
    /// `COPS?` access technology: 8 Cat-M, 9 NB-IoT.
    pub access: u8,
    /// The APN that the network delivers.
    pub apn: String,
    /// The address of the bearer.
    pub address: String,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            csq: (27, 99),
            cesq: [99, 99, 255, 255, 22, 58],
            creg: 1,
            cgreg: 1,
            cereg: 1,
            operator: "CHN-CT".to_owned(),
            access: 9,
            apn: "ctnb".to_owned(),
            address: "10.94.36.44".to_owned(),
        }
    }
}

impl ModuleSpec {
    /// A well-behaved module with a SIM card and the notes' network.
    pub fn new(family: Family, model: &str, imei: &str, revision: &str, seed: u64) -> Self {
        Self {
            family,
            model: model.to_owned(),
            imei: imei.to_owned(),
            revision: revision.to_owned(),
            suffix: String::new(),
            behaviours: BTreeSet::new(),
            seed,
            sim_card: true,
            network: Network::default(),
            preloaded: None,
        }
    }

    /// The same with these behaviours too.
    pub fn with(mut self, behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        self.behaviours.extend(behaviours);
        self
    }

    /// The revision with its suffix.
    pub fn full_revision(&self) -> String {
        format!("{}{}", self.revision, self.suffix)
    }
}
