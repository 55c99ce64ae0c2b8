//! From how an attempt ended to what comes next.

use events::{AttemptOutcome, Fault, Phase, Retry, Verdict};
use procedure::End;

/// What an attempt that failed allows next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt by the same delivery.
    Again,
    /// Another attempt by the next delivery, where there is one.
    AgainOtherwise,
    /// Another attempt as soon as the record can be written; this one does not count.
    WhenMended,
    /// The unit ends with this verdict.
    End(Verdict),
}

/// What comes after `fault`, when `tries` of `attempts` have been made. A run that is stopping tries nothing again.
pub(crate) fn after(fault: &Fault, tries: u32, attempts: u32, stopping: bool) -> Next {
    if stopping {
        return Next::End(Verdict::Aborted);
    }
    let retry = fault.code.retry();
    if tries >= attempts && retry != Retry::WhenMended {
        return Next::End(final_verdict(fault));
    }
    match retry {
        Retry::Same => Next::Again,
        Retry::NextDelivery => Next::AgainOtherwise,
        Retry::WhenMended => Next::WhenMended,
        Retry::No => Next::End(final_verdict(fault)),
    }
}

/// A check before the update refuses; anything later fails.
pub(crate) fn final_verdict(fault: &Fault) -> Verdict {
    use events::What;
    match (fault.code.phase, fault.code.what) {
        (Phase::Preflight, _)
        | (
            Phase::Identify,
            What::Foreign | What::Imei | What::Revision | What::Held | What::Twin | What::Retest,
        ) => Verdict::Refused,
        _ => Verdict::Failed,
    }
}

/// The outcome of the attempt that ended so. `last` says whether its package leads to the batch's target.
pub(crate) fn outcome(end: &End, last: bool, stopping: bool) -> AttemptOutcome {
    match end {
        End::Reached if last => AttemptOutcome::Passed,
        End::Reached => AttemptOutcome::Advanced,
        End::Failed { resolution: Some(_), .. } if stopping => AttemptOutcome::Aborted,
        End::Failed { .. } | End::Completed => AttemptOutcome::Failed,
        End::Cancelled => AttemptOutcome::Aborted,
        End::Unresolved(_) => AttemptOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use events::{Fault, Phase, Verdict, What};

    use super::{Next, after, final_verdict};

    fn fault(phase: Phase, what: What) -> Fault {
        Fault::new(phase, what, "")
    }

    #[test]
    fn the_class_alone_decides_whether_it_is_tried_again() {
        let transient = fault(Phase::Deliver, What::Block);
        assert_eq!(after(&transient, 1, 3, false), Next::Again);
        assert_eq!(after(&transient, 3, 3, false), Next::End(Verdict::Failed));
        assert_eq!(after(&transient, 1, 3, true), Next::End(Verdict::Aborted));
        assert_eq!(after(&fault(Phase::Deliver, What::Stalled), 1, 3, false), Next::AgainOtherwise);
        for what in [What::Rev, What::Mismatch, What::Flood] {
            assert_eq!(
                after(&fault(Phase::Verify, what), 1, 3, false),
                Next::End(Verdict::Failed),
                "{what:?}"
            );
        }
    }

    #[test]
    fn what_the_record_is_to_blame_for_does_not_count() {
        let fault = fault(Phase::Trigger, What::Record);
        assert_eq!(after(&fault, 3, 3, false), Next::WhenMended);
        assert_eq!(after(&fault, 1, 3, true), Next::End(Verdict::Aborted));
    }

    #[test]
    fn a_check_before_the_update_refuses() {
        assert_eq!(final_verdict(&fault(Phase::Preflight, What::Signal)), Verdict::Refused);
        assert_eq!(final_verdict(&fault(Phase::Identify, What::Imei)), Verdict::Refused);
        assert_eq!(final_verdict(&fault(Phase::Identify, What::Silent)), Verdict::Failed);
        assert_eq!(final_verdict(&fault(Phase::Verify, What::Rev)), Verdict::Failed);
    }
}
