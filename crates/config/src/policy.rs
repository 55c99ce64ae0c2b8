//! `[policy]`: how hard a batch tries, and when it stops.

use events::Delivery;

use crate::section::{Item, Section};
use crate::{ConfigError, suggest};

/// How hard a batch tries, and when it stops. A rule that is not given does not apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Ways of delivery in order of preference, each at most once; `http`, then `serial` when not given.
    pub delivery: Vec<Delivery>,
    /// Attempts per package and run; 3 when not given.
    pub attempts: u32,
    /// So many modules per model and from-revision must pass before the rest of them may start.
    pub canary: Option<u32>,
    /// Stop after so many failed or unknown modules in a row; refused and already do not count.
    pub stop_after_failures: Option<u32>,
    /// Stop when this share of the finished modules failed: more than 0, at most 1.
    pub stop_at_failure_rate: Option<f64>,
    /// So many modules must be finished before the rate counts; 20 when not given.
    pub stop_rate_after: u32,
    /// Set a slot aside after so many failures in a row in it.
    pub quarantine_slot_after: Option<u32>,
    /// Runs ever, per IMEI and target.
    pub retest_limit: Option<u32>,
    /// Whether each package must carry a signature.
    pub require_signature: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            delivery: vec![Delivery::Http, Delivery::Serial],
            attempts: 3,
            canary: None,
            stop_after_failures: None,
            stop_at_failure_rate: None,
            stop_rate_after: 20,
            quarantine_slot_after: None,
            retest_limit: None,
            require_signature: false,
        }
    }
}

const KEYS: [&str; 9] = [
    "delivery",
    "attempts",
    "canary",
    "stop_after_failures",
    "stop_at_failure_rate",
    "stop_rate_after",
    "quarantine_slot_after",
    "retest_limit",
    "require_signature",
];
const HELP: &str = "write `[policy]`, and below it `attempts = 3`";
const COUNT: &str = "write a number without quotes; a rule that is left out does not apply";
const DELIVERY: &str = "write a list in order of preference, such as [\"http\", \"serial\"]";

/// Reads `[policy]`.
pub(crate) fn policy(item: &Item<'_>) -> Result<Policy, ConfigError> {
    let section = item.section(&KEYS, HELP)?;
    let default = Policy::default();
    let count = |key| section.maybe(key, |item| item.whole_or(1..=1_000_000, COUNT));
    let policy = Policy {
        delivery: section.maybe("delivery", delivery)?.unwrap_or(default.delivery),
        attempts: section.maybe("attempts", |item| item.whole(1..=100))?.unwrap_or(default.attempts),
        canary: count("canary")?,
        stop_after_failures: count("stop_after_failures")?,
        stop_at_failure_rate: section.maybe("stop_at_failure_rate", rate)?,
        stop_rate_after: count("stop_rate_after")?.unwrap_or(default.stop_rate_after),
        quarantine_slot_after: count("quarantine_slot_after")?,
        retest_limit: count("retest_limit")?,
        require_signature: section
            .maybe("require_signature", Item::flag)?
            .unwrap_or(default.require_signature),
    };
    rate_is_given(&section, &policy)?;
    Ok(policy)
}

fn rate_is_given(section: &Section<'_>, policy: &Policy) -> Result<(), ConfigError> {
    if section.item("stop_rate_after").is_some() && policy.stop_at_failure_rate.is_none() {
        let message = "[policy] stop_rate_after: there is no `stop_at_failure_rate` for it to delay";
        return Err(section.fail_at(
            "stop_rate_after",
            message,
            "add `stop_at_failure_rate`, or leave it out",
        ));
    }
    Ok(())
}

pub(crate) fn delivery(item: &Item<'_>) -> Result<Vec<Delivery>, ConfigError> {
    let mut ways: Vec<Delivery> = Vec::new();
    for item in item.list(DELIVERY)? {
        let name = item.text()?;
        let Ok(way) = name.parse() else {
            let help = suggest::one_of(&Delivery::ALL.map(Delivery::name), name);
            return Err(item.wrong("a way of delivery", help));
        };
        if ways.contains(&way) {
            return Err(
                item.fail(format!("`{way}` is in the list twice"), "the first place counts; drop this one")
            );
        }
        ways.push(way);
    }
    Ok(ways)
}

fn rate(item: &Item<'_>) -> Result<f64, ConfigError> {
    let help = "write a share, more than 0 and at most 1: for 20 % write 0.2";
    item.number()
        .filter(|rate| *rate > 0.0 && *rate <= 1.0)
        .ok_or_else(|| item.wrong("a share of the finished modules", help))
}
