//! The series of the slots. They are three quarters of a scrape, so each is written once, up to its value: a rack of
//! 256 slots is to be scraped within two milliseconds, and the `prometheus` crate copies every label for every scrape.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use events::{Phase, Verdict};

/// The directions in which bytes go, seen from the rig.
pub(crate) const DIRECTIONS: [&str; 2] = ["received", "sent"];

/// Name, type and meaning of each metric by slot, in the order in which they are written.
const METRICS: [(&str, &str, &str); 5] = [
    ("fotarig_slot_phase", "gauge", "1 for the phase that the slot's module is in, 0 for the others."),
    (
        "fotarig_slot_progress_ratio",
        "gauge",
        "How far the slot's phase is, from 0 to 1; 0 where it is not known.",
    ),
    (
        "fotarig_slot_verdicts_total",
        "counter",
        "Verdicts given in the slot; an unknown and its later resolution are two. Counted since this process began, at 0.",
    ),
    (
        "fotarig_serial_bytes_total",
        "counter",
        "Bytes through the slot's port, received from the module or sent to it. Counted since this process began, at 0.",
    ),
    (
        "fotarig_slot_trigger_timestamp_seconds",
        "gauge",
        "When the slot's oldest unresolved trigger was recorded, by this process or an earlier one, seconds since 1970; absent without one.",
    ),
];

/// A series: its name with its labels, and a value. Only the book writes it.
#[derive(Debug)]
pub(crate) struct Series {
    head: String,
    bits: AtomicU64,
}

impl Series {
    /// `label` is the one beside `slot`. Labels stand in their order, as in the rest of the scrape.
    fn new(metric: usize, slot: &str, label: Option<(&str, &str)>, value: f64) -> Self {
        let (name, _, _) = METRICS[metric];
        let slot = escaped(slot);
        let head = match label {
            Some((label, of)) if label > "slot" => format!("{name}{{slot=\"{slot}\",{label}=\"{of}\"}} "),
            Some((label, of)) => format!("{name}{{{label}=\"{of}\",slot=\"{slot}\"}} "),
            None => format!("{name}{{slot=\"{slot}\"}} "),
        };
        Self { head, bits: AtomicU64::new(value.to_bits()) }
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.bits.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, value: f64) {
        self.bits.store(value.to_bits(), Ordering::Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "exact up to nine thousand terabytes")]
    pub(crate) fn add(&self, more: u64) {
        self.set(self.get() + more as f64);
    }
}

/// The series of one slot.
#[derive(Debug)]
pub(crate) struct OfSlot {
    pub(crate) phases: [Series; Phase::ALL.len()],
    pub(crate) progress: Series,
    pub(crate) verdicts: [Series; Verdict::ALL.len()],
    pub(crate) bytes: [Series; DIRECTIONS.len()],
    /// Not a number where no trigger is unresolved: then it is not written.
    pub(crate) trigger: Series,
}

impl OfSlot {
    fn new(slot: &str) -> Self {
        Self {
            phases: Phase::ALL.map(|phase| Series::new(0, slot, Some(("phase", phase.name())), 0.0)),
            progress: Series::new(1, slot, None, 0.0),
            verdicts: Verdict::ALL
                .map(|verdict| Series::new(2, slot, Some(("verdict", verdict.name())), 0.0)),
            bytes: DIRECTIONS.map(|direction| Series::new(3, slot, Some(("direction", direction)), 0.0)),
            trigger: Series::new(4, slot, None, f64::NAN),
        }
    }

    fn of(&self, metric: usize) -> &[Series] {
        match metric {
            0 => &self.phases,
            1 => std::slice::from_ref(&self.progress),
            2 => &self.verdicts,
            3 => &self.bytes,
            _ => std::slice::from_ref(&self.trigger),
        }
    }
}

/// The slots that are scraped. The book changes it, a scrape copies the list and reads.
#[derive(Debug, Default)]
pub(crate) struct Shown(RwLock<BTreeMap<String, Arc<OfSlot>>>);

impl Shown {
    /// Its series begin at 0.
    pub(crate) fn admit(&self, slot: &str) -> Arc<OfSlot> {
        let of_slot = Arc::new(OfSlot::new(slot));
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(slot.to_owned(), Arc::clone(&of_slot));
        of_slot
    }

    /// Its series end.
    pub(crate) fn forget(&self, slot: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(slot);
    }

    /// Writes them in Prometheus' text format.
    pub(crate) fn write(&self, text: &mut String) {
        let slots: Vec<Arc<OfSlot>> =
            self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for (metric, (name, kind, help)) in METRICS.into_iter().enumerate() {
            let mut series =
                slots.iter().flat_map(|slot| slot.of(metric)).filter(|one| !one.get().is_nan()).peekable();
            if series.peek().is_some() {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            }
            for one in series {
                text.push_str(&one.head);
                let _ = writeln!(text, "{}", one.get());
            }
        }
    }
}

/// A label value as the text format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{Shown, escaped};

    #[test]
    fn a_label_is_escaped() {
        assert_eq!(escaped("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
    }

    #[test]
    fn nothing_is_written_of_no_slots() {
        let (shown, mut text) = (Shown::default(), String::new());
        shown.write(&mut text);
        assert_eq!(text, "");
        shown.admit("A1");
        shown.write(&mut text);
        assert!(
            !text.contains("trigger_timestamp")
                && text.contains("fotarig_slot_progress_ratio{slot=\"A1\"} 0\n")
        );
    }
}
