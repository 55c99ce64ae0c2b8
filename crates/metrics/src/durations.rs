//! How long it took: phases, absences of ports, answers. Module time, by family.

use events::{Event, Family, Phase};
use prometheus::HistogramVec;

use crate::MetricsError;
use crate::label::UNIDENTIFIED;
use crate::register::Register;
use crate::roster::Roster;

/// Seconds that a phase may take: half a second to half an hour, a download or an update up to two hours.
const PHASE_BUCKETS: [f64; 15] =
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0];
/// Seconds that a port may be away.
const REPLUG_BUCKETS: [f64; 12] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0];
/// Seconds that the answer to a command may take.
const ANSWER_BUCKETS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 300.0];

/// The histograms.
#[derive(Debug)]
pub(crate) struct Durations {
    phases: HistogramVec,
    replugs: HistogramVec,
    answers: HistogramVec,
}

impl Durations {
    pub(crate) fn new(register: &Register<'_>) -> Result<Self, MetricsError> {
        let durations = Self {
            phases: register.histograms(
                "fotarig_phase_duration_seconds",
                &["family", "phase"],
                &PHASE_BUCKETS,
                "How long each stay in a phase took, in the modules' time.",
            )?,
            replugs: register.histograms(
                "fotarig_replug_duration_seconds",
                &["family"],
                &REPLUG_BUCKETS,
                "How long a slot's port was away while its module restarted.",
            )?,
            answers: register.histograms(
                "fotarig_at_command_duration_seconds",
                &["family"],
                &ANSWER_BUCKETS,
                "How long a module took to answer a command.",
            )?,
        };
        for family in Family::ALL {
            for phase in Phase::ALL {
                durations.phases.with_label_values(&[family.name(), phase.name()]);
            }
            durations.replugs.with_label_values(&[family.name()]);
            durations.answers.with_label_values(&[family.name()]);
        }
        Ok(durations)
    }

    pub(crate) fn apply(&self, event: &Event, roster: &Roster) {
        if let Event::PhaseEnded { slot, unit, phase, duration_ms, .. } = event {
            let family = roster.family(unit.as_deref(), slot);
            self.phases.with_label_values(&[family, phase.name()]).observe(seconds(*duration_ms));
        } else if let Event::PortBack { slot, away_ms } = event {
            self.replugs.with_label_values(&[roster.family(None, slot)]).observe(seconds(*away_ms));
        } else if let Event::Answered { family, duration_ms, .. } = event {
            let family = family.map_or(UNIDENTIFIED, Family::name);
            self.answers.with_label_values(&[family]).observe(seconds(*duration_ms));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact for longer than any module lives")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1e3
}
