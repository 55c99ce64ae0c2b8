//! How the controller itself is, and where its slots are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Delivery;

/// How the controller itself is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vitals {
    /// How late its loop came to something that was due, the worst since the last time, microseconds of real time.
    pub loop_lag_us: u64,
    /// Whether the last write to the ledger succeeded.
    pub ledger_ok: bool,
    /// Whether what is plugged in is being watched, and can be read.
    #[serde(default = "watched")]
    pub bus_ok: bool,
    /// What each write to the ledger since the last time took, microseconds of real time; 1,000 at most.
    pub ledger_write_us: Vec<u64>,
    /// Room on the ledger's disk, bytes; `None` when it cannot be told.
    pub ledger_free_bytes: Option<u64>,
    /// Bytes that the package host has handed out since the start, by protocol.
    pub hosted_bytes: BTreeMap<Delivery, u64>,
    /// Modules that are being flashed, and how many may be at one time; 0 and 0 where it is not said.
    #[serde(default)]
    pub in_flight: u64,
    /// See `in_flight`.
    #[serde(default)]
    pub in_flight_limit: u64,
    /// Bytes through the ports since the start, by slot.
    pub serial: BTreeMap<String, Traffic>,
}

/// What vitals that say nothing of the bus mean.
const fn watched() -> bool {
    true
}

/// Bytes through one slot's port since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// From the module.
    pub received: u64,
    /// To the module.
    pub sent: u64,
}

/// Where a slot is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotPlace {
    /// Its label.
    pub slot: String,
    /// The port path (`1-1.4.2`), or the path of its tty.
    pub place: String,
    /// The port path of its hub (`1-1.4`); `None` for a fixed tty.
    pub hub: Option<String>,
}
