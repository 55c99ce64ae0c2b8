//! The run of a batch: what it is called, what is expected of it, whether it stopped itself.

use events::Event;
use prometheus::{IntGauge, IntGaugeVec};

use crate::MetricsError;
use crate::label::clean;
use crate::register::Register;

/// The run that is under way, or the last one.
#[derive(Debug)]
pub(crate) struct Batch {
    info: IntGaugeVec,
    expected: IntGauge,
    halted: IntGauge,
}

impl Batch {
    pub(crate) fn new(register: &Register<'_>) -> Result<Self, MetricsError> {
        Ok(Self {
            info: register.numbers(
                "fotarig_batch_info",
                &["batch", "lot", "operator", "rack"],
                "Always 1: the batch of the run that is under way, or of the last one.",
            )?,
            expected: register.number(
                "fotarig_batch_expected_units",
                "Units that are to have a verdict at the end of this run; 0 while that is not known. Modules that passed in an \
                 earlier run of the batch are not among them, what that left without a verdict is.",
            )?,
            halted: register.number(
                "fotarig_batch_halted",
                "1 once the batch's policy has stopped this run; 0 again when the next one begins, also one of the same batch.",
            )?,
        })
    }

    pub(crate) fn apply(&self, event: &Event) {
        if let Event::RunStarted { batch, rack, lot, operator, .. } = event {
            let labels = [Some(batch), lot.as_ref(), operator.as_ref(), Some(rack)]
                .map(|text| text.map_or_else(String::new, |text| clean(text)));
            self.info.reset();
            self.info.with_label_values(&labels).set(1);
            self.expected.set(0);
            self.halted.set(0);
        } else if let Event::Expected { units } = event {
            self.expected.set(i64::try_from(*units).unwrap_or(i64::MAX));
        } else if let Event::Halted { .. } = event {
            self.halted.set(1);
        }
    }
}
