//! How long the phases took, over all modules of a batch.

use std::collections::BTreeMap;

use events::{Event, Phase, Stamped};

/// How long one phase took, over the attempts (for identification: the units) that came through it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Durations {
    /// The phase.
    pub(crate) phase: Phase,
    /// Module time, milliseconds, in order; never empty.
    pub(crate) sorted_ms: Vec<u64>,
}

impl Durations {
    /// The duration that `percent` of a hundred do not exceed.
    pub(crate) fn quantile_ms(&self, percent: usize) -> u64 {
        let rank = (self.sorted_ms.len() * percent).div_ceil(100).max(1) - 1;
        self.sorted_ms.get(rank).or(self.sorted_ms.last()).copied().unwrap_or_default()
    }
}

/// Every phase of which `events` tell the end, in the order of the phases. A phase that an attempt came through more than
/// once counts with its sum.
pub(crate) fn durations(events: &[Stamped]) -> Vec<Durations> {
    let mut sums: BTreeMap<(Phase, &str), u64> = BTreeMap::new();
    for stamped in events {
        let Event::PhaseEnded { unit, attempt, phase, duration_ms, .. } = &stamped.event else { continue };
        let Some(whose) = attempt.as_deref().or(unit.as_deref()) else { continue };
        let sum = sums.entry((*phase, whose)).or_default();
        *sum = sum.saturating_add(*duration_ms);
    }
    let mut phases: BTreeMap<Phase, Vec<u64>> = BTreeMap::new();
    for ((phase, _), sum) in sums {
        phases.entry(phase).or_default().push(sum);
    }
    let sorted = |(phase, mut sorted_ms): (Phase, Vec<u64>)| {
        sorted_ms.sort_unstable();
        Durations { phase, sorted_ms }
    };
    phases.into_iter().map(sorted).collect()
}

/// A duration as people say it: `0.4 s`, `12 s`, `3:05`, `1:02:03`.
pub(crate) fn spoken(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{seconds}.{} s", ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use events::Phase;

    use super::{Durations, spoken};

    #[test]
    fn quantiles_are_durations_that_occurred() {
        let durations = |sorted_ms: Vec<u64>| Durations { phase: Phase::Verify, sorted_ms };
        assert_eq!(durations(vec![7]).quantile_ms(50), 7);
        let hundred = durations((1..=100).collect());
        assert_eq!([0, 1, 50, 90, 100].map(|percent| hundred.quantile_ms(percent)), [1, 1, 50, 90, 100]);
        assert_eq!(durations(vec![1, 9]).quantile_ms(90), 9);
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        let said = [0, 449, 9_999, 10_000, 59_999, 185_000, 3_723_000].map(spoken);
        assert_eq!(said, ["0.0 s", "0.4 s", "9.9 s", "10 s", "59 s", "3:05", "1:02:03"]);
    }
}
