//! Whether the controller is alive, as its vitals tell.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use events::Vitals;

/// How many signs of life came, and what the last vitals said of the ledger and the bus.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    beats: AtomicU64,
    ledger_ok: AtomicBool,
    bus_ok: AtomicBool,
}

impl Pulse {
    pub(crate) fn take(&self, vitals: &Vitals) {
        self.ledger_ok.store(vitals.ledger_ok, Ordering::Relaxed);
        self.bus_ok.store(vitals.bus_ok, Ordering::Relaxed);
        self.beat();
    }

    pub(crate) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How many came.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// The last ones said that the ledger can be written; `false` before the first.
    pub(crate) fn ledger_ok(&self) -> bool {
        self.ledger_ok.load(Ordering::Relaxed)
    }

    /// The last ones said that the bus is being watched; `false` before the first.
    pub(crate) fn bus_ok(&self) -> bool {
        self.bus_ok.load(Ordering::Relaxed)
    }
}
