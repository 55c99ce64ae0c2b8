//! Preflight over the air, with the thresholds of `families.md`, "Deadlines" (preflight by delivery).

use at::{Command, Line};
use events::{Phase, What};
use procedure::{Judge, Judgement, Poll, Step};

use crate::job::{Deadlines, s};

/// How long a module may take until it is ready for the air, milliseconds.
const READY_MS: u64 = s(60);
/// Pause between two looks, milliseconds.
const LOOK_EVERY_MS: u64 = s(2);

fn look(commands: &[&'static str], judge: Judge, otherwise: What, deadlines: &Deadlines) -> Poll {
    Poll {
        commands: commands.iter().map(|text| Command::plain(text)).collect(),
        every_ms: LOOK_EVERY_MS,
        judge,
        idle_ms: READY_MS,
        timeout_ms: deadlines.command_ms,
        otherwise,
        unknown_is_good: false,
    }
}

/// `AT+CPIN?` says `READY`.
pub(crate) fn sim_ready(source: &'static str, deadlines: &Deadlines) -> Step {
    let judge = Judge::value("+CPIN", 0, "READY");
    Step::new(Phase::Preflight, source, look(&["AT+CPIN?"], judge, What::Sim, deadlines))
}

/// `AT+CSQ` is 10 or better; 99 is not known.
pub(crate) fn csq(source: &'static str, deadlines: &Deadlines) -> Step {
    let strong = |line: &Line| line.int(0).is_some_and(|rssi| (10..99).contains(&rssi));
    let judge = Judge::line("+CSQ", "10 or better", strong);
    Step::new(Phase::Preflight, source, look(&["AT+CSQ"], judge, What::Signal, deadlines))
}

/// `AT+CESQ` gives an rsrp of 20 or better, or an rxlev of 10 or better; 255 and 99 are not known.
pub(crate) fn cesq(source: &'static str, deadlines: &Deadlines) -> Step {
    let strong = |line: &Line| {
        let rsrp = line.int(5).is_some_and(|rsrp| (20..255).contains(&rsrp));
        rsrp || line.int(0).is_some_and(|rxlev| (10..99).contains(&rxlev))
    };
    let judge = Judge::line("+CESQ", "rsrp 20 or better", strong);
    Step::new(Phase::Preflight, source, look(&["AT+CESQ"], judge, What::Signal, deadlines))
}

/// Registered at home (1) or roaming (5) in any of the three registrations.
pub(crate) fn registered(source: &'static str, deadlines: &Deadlines) -> Step {
    let judge = Judge::new("CEREG, CGREG or CREG: 1 or 5", |line| {
        let named = ["+CEREG", "+CGREG", "+CREG"].iter().any(|name| line.is(name));
        let stat = line.int(usize::from(line.fields().len() > 1));
        let good = matches!(stat, Some(1 | 5));
        named.then_some(if good { Judgement::Good } else { Judgement::NotYet })
    });
    let commands = ["AT+CEREG?", "AT+CGREG?", "AT+CREG?"];
    Step::new(Phase::Preflight, source, look(&commands, judge, What::Registration, deadlines))
}

/// `command` says that PS service is attached.
pub(crate) fn attached(source: &'static str, deadlines: &Deadlines) -> Step {
    let judge = Judge::value("+CGATT", 0, "1");
    Step::new(Phase::Preflight, source, look(&["AT+CGATT?"], judge, What::Registration, deadlines))
}

/// `command` gives an address, in a line that `good` accepts.
pub(crate) fn bearer(
    source: &'static str,
    deadlines: &Deadlines,
    command: &'static str,
    name: &'static str,
    good: impl Fn(&Line) -> bool + Send + Sync + 'static,
) -> Step {
    let judge = Judge::line(name, "an address other than 0.0.0.0", good);
    Step::new(Phase::Preflight, source, look(&[command], judge, What::Bearer, deadlines))
}

/// Whether `text` is an address that can be used.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok_and(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use at::Line;
    use procedure::{Action, Judgement, Step};

    use super::{cesq, csq, is_address, registered, sim_ready};
    use crate::{Procedures, of};

    fn says(step: fn(&'static str, &crate::Deadlines) -> Step, line: &str) -> Option<Judgement> {
        let deadlines = of(events::Family::Bg96).map(Procedures::deadlines).unwrap();
        let Action::Poll(poll) = step("test", &deadlines).action else { panic!("a poll") };
        poll.judge.test(&Line::parse(line))
    }

    #[test]
    fn thresholds_are_those_of_families_md() {
        let (good, not) = (Some(Judgement::Good), Some(Judgement::NotYet));
        for (step, line, expected) in [
            (csq as fn(&'static str, &crate::Deadlines) -> Step, "+CSQ: 10,99", &good),
            (csq, "+CSQ: 9,99", &not),
            (csq, "+CSQ: 99,99", &not),
            (cesq, "+CESQ: 99,99,255,255,22,58", &good),
            (cesq, "+CESQ: 99,99,255,255,22,19", &not),
            (cesq, "+CESQ: 99,99,255,255,255,255", &not),
            (registered, "+CGREG: 0,4", &not),
            (registered, "+CEREG: 0,5", &good),
            (registered, "+CREG: 1", &good),
            (registered, "+COPS: 0,1", &None),
            (sim_ready, "+CPIN: SIM PIN", &not),
            (sim_ready, "+CPIN: READY", &good),
        ] {
            assert_eq!(&says(step, line), expected, "{line}");
        }
    }

    #[test]
    fn an_unspecified_address_is_none() {
        assert!(is_address("10.94.36.44") && is_address("fe80::1"));
        assert!(!is_address("0.0.0.0") && !is_address("::") && !is_address(""));
    }
}
