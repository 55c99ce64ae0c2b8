//! The rules by which a batch stops itself, as arithmetic: who may start, when to halt, which slot is suspected.

use std::collections::BTreeMap;

use events::{Imei, Rule, Verdict};

use crate::setup::Policy;

/// Modules of which the first ones are the canaries of the rest: model, and revision when it came.
pub(crate) type Kind = (String, String);

/// How the canaries of one kind are doing.
#[derive(Clone, Copy, Debug, Default)]
struct Canaries {
    under_way: usize,
    passed: usize,
    failed: usize,
}

/// How the batch is doing, by its own rules.
#[derive(Debug, Default)]
pub(crate) struct Conduct {
    canaries: BTreeMap<Kind, Canaries>,
    in_a_row: usize,
    finished: usize,
    failed: usize,
}

impl Conduct {
    /// `passed`: modules of each kind that passed in earlier runs of the batch; they were its canaries. `cut_off`: the
    /// verdicts of a run that was cut off; it goes on.
    pub(crate) fn new(passed: &BTreeMap<Kind, usize>, cut_off: &[Verdict]) -> Self {
        let canary = |(kind, passed): (&Kind, &usize)| {
            (kind.clone(), Canaries { passed: *passed, ..Canaries::default() })
        };
        let mut conduct = Self { canaries: passed.iter().map(canary).collect(), ..Self::default() };
        for verdict in cut_off {
            conduct.count(*verdict);
        }
        conduct
    }

    /// Whether one more module of `kind` may start: while the canaries are not all passed, only so many at once.
    pub(crate) fn may_start(&self, policy: &Policy, kind: &Kind) -> bool {
        let Some(wanted) = policy.canary else { return true };
        let canaries = self.canaries.get(kind).copied().unwrap_or_default();
        canaries.passed >= wanted || canaries.passed + canaries.under_way < wanted
    }

    /// A module of `kind` was started.
    pub(crate) fn started(&mut self, kind: Kind) {
        self.canaries.entry(kind).or_default().under_way += 1;
    }

    /// A module got its verdict; `kind` when it had been started. The rule that this breaks, and how.
    pub(crate) fn finished(
        &mut self,
        policy: &Policy,
        kind: Option<&Kind>,
        verdict: Verdict,
    ) -> Option<(Rule, String)> {
        let canary = kind.and_then(|kind| self.canary(policy, kind, verdict));
        if !self.count(verdict) {
            return None;
        }
        canary.or_else(|| self.in_a_row(policy)).or_else(|| self.rate(policy))
    }

    /// `true` when the verdict is a bad one.
    fn count(&mut self, verdict: Verdict) -> bool {
        let bad = matches!(verdict, Verdict::Failed | Verdict::Unknown);
        if bad || verdict == Verdict::Passed {
            self.finished += 1;
            self.failed += usize::from(bad);
            self.in_a_row = if bad { self.in_a_row + 1 } else { 0 };
        }
        bad
    }

    fn canary(&mut self, policy: &Policy, kind: &Kind, verdict: Verdict) -> Option<(Rule, String)> {
        let canaries = self.canaries.entry(kind.clone()).or_default();
        canaries.under_way = canaries.under_way.saturating_sub(1);
        canaries.passed += usize::from(verdict == Verdict::Passed);
        canaries.failed += usize::from(matches!(verdict, Verdict::Failed | Verdict::Unknown));
        let wanted = policy.canary?;
        let (model, from) = kind;
        let broken = canaries.passed < wanted && canaries.failed >= wanted;
        broken.then(|| {
            let text = format!(
                "{} of the first {model} with {from} failed before {wanted} had passed",
                canaries.failed
            );
            (Rule::Canary, text)
        })
    }

    fn in_a_row(&self, policy: &Policy) -> Option<(Rule, String)> {
        let limit = policy.stop_after_failures?;
        let text = || format!("{} modules failed in a row", self.in_a_row);
        (self.in_a_row >= limit).then(|| (Rule::FailuresInARow, text()))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of modules are far below 2^53")]
    fn rate(&self, policy: &Policy) -> Option<(Rule, String)> {
        let limit = policy.stop_at_failure_rate?;
        let rate = self.failed as f64 / self.finished.max(1) as f64;
        let text = || format!("{} of {} finished modules failed", self.failed, self.finished);
        (self.finished >= policy.stop_rate_after && rate >= limit).then(|| (Rule::FailureRate, text()))
    }
}

/// Failures of different modules in a row in one slot: then it is the slot that is suspected. A module that fails there
/// again and again says nothing of the slot.
#[derive(Debug, Default)]
pub(crate) struct Suspicion {
    failures: usize,
    last: Option<Imei>,
}

impl Suspicion {
    /// A module got its verdict in the slot; `true` when the slot is to be quarantined.
    pub(crate) fn finished(&mut self, policy: &Policy, imei: Option<&Imei>, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Passed => *self = Self::default(),
            Verdict::Failed | Verdict::Unknown if imei.is_none() || imei != self.last.as_ref() => {
                self.failures += 1;
                self.last = imei.cloned();
            }
            Verdict::Failed | Verdict::Unknown | Verdict::Already | Verdict::Refused | Verdict::Aborted => {}
        }
        policy.quarantine_slot_after.is_some_and(|limit| self.failures >= limit)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use events::{Imei, Rule, Verdict};

    use super::{Conduct, Kind, Suspicion};
    use crate::setup::Policy;

    fn kind() -> Kind {
        ("BG96".to_owned(), "A07".to_owned())
    }

    fn rule(conduct: &mut Conduct, policy: &Policy, verdict: Verdict) -> Option<Rule> {
        conduct.started(kind());
        conduct.finished(policy, Some(&kind()), verdict).map(|(rule, _)| rule)
    }

    #[test]
    fn the_rest_waits_for_the_canaries() {
        let policy = Policy { canary: Some(2), ..Policy::default() };
        let mut conduct = Conduct::default();
        for _ in 0..2 {
            assert!(conduct.may_start(&policy, &kind()));
            conduct.started(kind());
        }
        assert!(!conduct.may_start(&policy, &kind()));
        assert!(conduct.may_start(&policy, &("BG96".into(), "A08".into())), "another kind has its own");
        conduct.finished(&policy, Some(&kind()), Verdict::Passed);
        assert!(!conduct.may_start(&policy, &kind()), "one has passed, one is under way");
        conduct.finished(&policy, Some(&kind()), Verdict::Failed);
        assert!(conduct.may_start(&policy, &kind()), "another takes the place of the one that failed");
        conduct.started(kind());
        conduct.finished(&policy, Some(&kind()), Verdict::Passed);
        assert!((0..9).all(|_| conduct.may_start(&policy, &kind())));
    }

    #[test]
    fn as_many_failed_canaries_as_wanted_ones_halt() {
        let policy = Policy { canary: Some(2), ..Policy::default() };
        let mut conduct = Conduct::default();
        assert_eq!(rule(&mut conduct, &policy, Verdict::Failed), None);
        assert_eq!(rule(&mut conduct, &policy, Verdict::Refused), None);
        assert_eq!(rule(&mut conduct, &policy, Verdict::Unknown), Some(Rule::Canary));
    }

    #[test]
    fn canaries_of_an_earlier_run_count() {
        let policy = Policy { canary: Some(2), ..Policy::default() };
        let conduct = Conduct::new(&BTreeMap::from([(kind(), 2)]), &[]);
        assert!(conduct.may_start(&policy, &kind()));
    }

    #[test]
    fn only_a_pass_ends_a_row_of_failures() {
        let policy = Policy { stop_after_failures: Some(3), ..Policy::default() };
        let mut conduct = Conduct::default();
        for verdict in [Verdict::Failed, Verdict::Failed, Verdict::Passed, Verdict::Failed, Verdict::Refused]
        {
            assert_eq!(rule(&mut conduct, &policy, verdict), None);
        }
        assert_eq!(rule(&mut conduct, &policy, Verdict::Unknown), None);
        assert_eq!(rule(&mut conduct, &policy, Verdict::Already), None);
        assert_eq!(rule(&mut conduct, &policy, Verdict::Failed), Some(Rule::FailuresInARow));
    }

    #[test]
    fn a_row_of_failures_goes_on_after_a_run_that_was_cut_off() {
        let policy = Policy { stop_after_failures: Some(3), ..Policy::default() };
        let before = [Verdict::Failed, Verdict::Passed, Verdict::Failed, Verdict::Refused, Verdict::Unknown];
        let mut conduct = Conduct::new(&BTreeMap::new(), &before);
        assert_eq!(rule(&mut conduct, &policy, Verdict::Failed), Some(Rule::FailuresInARow));
    }

    #[test]
    fn the_rate_counts_from_a_minimum_on() {
        let policy = Policy { stop_at_failure_rate: Some(0.5), stop_rate_after: 4, ..Policy::default() };
        let mut conduct = Conduct::default();
        for verdict in [Verdict::Failed, Verdict::Failed, Verdict::Passed] {
            assert_eq!(rule(&mut conduct, &policy, verdict), None);
        }
        assert_eq!(rule(&mut conduct, &policy, Verdict::Failed), Some(Rule::FailureRate));
    }

    #[test]
    fn a_slot_is_suspected_by_different_modules() {
        let policy = Policy { quarantine_slot_after: Some(2), ..Policy::default() };
        let one = Imei::parse("490154203237518").unwrap();
        let other = Imei::parse("866349040000415");
        let mut suspicion = Suspicion::default();
        assert!(!suspicion.finished(&policy, Some(&one), Verdict::Failed));
        assert!(!suspicion.finished(&policy, Some(&one), Verdict::Failed), "the same module again");
        assert!(suspicion.finished(&policy, other.as_ref(), Verdict::Failed));
        let mut suspicion = Suspicion::default();
        assert!(!suspicion.finished(&policy, None, Verdict::Failed));
        assert!(suspicion.finished(&policy, None, Verdict::Failed), "nobody knows that it was the same");
    }
}
