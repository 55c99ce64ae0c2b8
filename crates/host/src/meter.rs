//! How many bytes each protocol has handed out.

use std::sync::atomic::{AtomicU64, Ordering};

use events::Delivery;

/// Bytes handed out since the start, by protocol.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    http: AtomicU64,
    https: AtomicU64,
    ftp: AtomicU64,
}

impl Meter {
    pub(crate) fn add(&self, protocol: Delivery, bytes: u64) {
        if let Some(counter) = self.counter(protocol) {
            counter.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    pub(crate) fn bytes(&self, protocol: Delivery) -> u64 {
        self.counter(protocol).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// `None` for deliveries that the host has no part in.
    fn counter(&self, protocol: Delivery) -> Option<&AtomicU64> {
        match protocol {
            Delivery::Http => Some(&self.http),
            Delivery::Https => Some(&self.https),
            Delivery::Ftp => Some(&self.ftp),
            Delivery::Serial | Delivery::Preloaded => None,
        }
    }
}
