//! The reader of the stream.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::{Event, Stamped};
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

use crate::MetricsError;
use crate::book::Book;
use crate::label::clean;
use crate::pulse::Pulse;
use crate::register::Register;
use crate::shown::Shown;

/// The instruments of one controller. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    shown: Arc<Shown>,
    book: Mutex<Book>,
    pulse: Pulse,
}

impl Metrics {
    /// Instruments at 0, for the rack of that name and this version of fotarig.
    ///
    /// # Errors
    /// [`MetricsError::Instruments`] when two instruments clash, which the tests rule out.
    pub fn new(rack: &str, version: &str) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let register = Register(&registry);
        let info = register.numbers(
            "fotarig_build_info",
            &["rack", "version"],
            "Always 1: the version of fotarig that controls the rack.",
        )?;
        info.with_label_values(&[clean(rack), clean(version)]).set(1);
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let shown = Arc::new(Shown::default());
        let book = Mutex::new(Book::new(&register, Arc::clone(&shown))?);
        Ok(Self(Arc::new(Inner { registry, shown, book, pulse: Pulse::default() })))
    }

    /// Takes a live event; to be given every one, from the first on. One that was taken before, by its number, changes
    /// nothing; so after a gap a snapshot can be given as it is, and what it no longer tells one by one is not counted
    /// again. It takes microseconds, also while somebody scrapes: that reads one metric after the other.
    pub fn apply(&self, stamped: &Stamped) {
        let new = self.book().apply(stamped);
        if let (true, Event::Vitals(vitals)) = (new, &stamped.event) {
            self.0.pulse.take(vitals);
        }
    }

    /// Keeps in mind, and does not count, how an earlier run began what it left unfinished: a unit, an attempt, a
    /// trigger. To be given before the first event of the run that ends it, which does not say it again: else that end
    /// counts for the model `unidentified`, and the age of the trigger is not shown.
    pub fn resume(&self, earlier: &Stamped) {
        self.book().resume(earlier);
    }

    /// The controller lives although it has nothing to tell: between two batches of a service.
    pub fn beat(&self) {
        self.0.pulse.beat();
    }

    /// Everything in Prometheus' text format.
    ///
    /// # Errors
    /// [`MetricsError::Instruments`] when a collector fails.
    pub fn render(&self) -> Result<String, MetricsError> {
        let mut text = TextEncoder::new().encode_to_string(&self.0.registry.gather())?;
        self.0.shown.write(&mut text);
        Ok(text)
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
